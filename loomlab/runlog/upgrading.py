"""Bringing a log of an older schema up to date: a backup of the folder first, then rows in place of those that lack.

Nothing that is there is rewritten: a row with the key of an earlier one takes its place, as always. So a process that
dies on the way leaves a log that reads as before, and the next one does it again. The marker of the log changes last.

| schema | what changed |
|---|---|
| 1 | runs may lack ``ended`` |
| 2 | every run that is over says why it ended |
"""

import os
import shutil
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic_core import from_json, to_json

from loomlab.core.errors import ConfigError
from loomlab.core.upgrading import UpgradeNotice, backup_of, backups_of, draft_of, drafts_of
from loomlab.runlog.compaction import sync
from loomlab.runlog.home import Home
from loomlab.runlog.manifest import Manifest
from loomlab.runlog.packages import duckdb_module
from loomlab.runlog.schema import SCHEMA_VERSION, TABLES
from loomlab.runlog.scrub import locked
from loomlab.runlog.segment import SegmentWriter, segment_files

_RUN = b'{"t":"runs"'
_ENDED = {"answered": "answered", "cancelled": "cancelled", "error": "error"}
_WAIT_S = 600.0
"""So long another process may take to copy a big log."""

_NOT_KEPT = ("compact.lock", "*.tmp", "*.new")


def upgrade(home: Home) -> UpgradeNotice | None:
    """Bring the log up to date where it is older; what to say of it, None where there was nothing to do.

    Processes that open it at once wait for the first. ConfigError, and nothing was changed, where no backup can be
    written. Where the compacted part can't be read here (DuckDB is missing) the log stays as it is for now.
    """
    before = home.version()
    if before is None or before >= SCHEMA_VERSION or not _can_read(home):
        return None
    try:
        fd = locked(home, _WAIT_S)
        try:
            before = home.version()
            if before is None or before >= SCHEMA_VERSION:
                return None
            backup = _back_up(home, before)
            _write(home, [_line(row) for row in _repaired(home)])
            done = {"from": before, "at": datetime.now(UTC).isoformat(timespec="seconds"), "backup": backup.name}
            home.mark(upgrades=[*home.upgrades(), done])
            return UpgradeNotice("the run log", home.folder, before, SCHEMA_VERSION, backup)
        finally:
            os.close(fd)
    except OSError as error:
        raise ConfigError(
            f"the run log {home.path} is of the schema {before}, and no backup of it can be written "
            f"({error.strerror or error}); make room or make it writable, or only look at it with "
            "RunLog.open(path, read_only=True). Nothing was changed"
        ) from None


def format_of(path: str | os.PathLike[str] | None = None) -> list[str]:
    """What a person may want to know of a log's schema and of backups beside it, a sentence each; often nothing."""
    home = Home.find(path)
    version = home.version()
    said = []
    if version is not None and version < SCHEMA_VERSION:
        said.append(f"of the schema {version}; brought to {SCHEMA_VERSION}, with a backup, when it is next written to")
    for one in home.upgrades():
        backup = home.path / str(one.get("backup"))
        kept = f"as it was: {backup}" if backup.exists() else "its backup was removed"
        said.append(f"brought from schema {one.get('from')} up to date at {one.get('at')}; {kept}")
    return said


def _can_read(home: Home) -> bool:
    if Manifest.read(home).parquet(home, "runs") is None:
        return True
    try:
        duckdb_module()
    except ConfigError:
        return False
    return True


def _back_up(home: Home, before: int) -> Path:
    """Copy the folder. One that an earlier try has left is the older, and stays."""
    for left in drafts_of(home.folder):  # nobody writes one now: that takes the lock that is held here
        shutil.rmtree(left, ignore_errors=True)
    wanted = backup_of(home.folder, before)
    start = f"{home.folder.name}.format{before}-"
    found = next((one for one in backups_of(home.folder) if one.name.startswith(start)), None)
    if found is not None:
        return found
    draft = draft_of(home.folder)
    try:
        draft.mkdir(mode=0o700)  # prompts are private also while they are copied
        shutil.copytree(home.folder, draft, dirs_exist_ok=True, ignore=shutil.ignore_patterns(*_NOT_KEPT))
        for file in draft.rglob("*"):
            sync(file)
        draft.rename(wanted)
        sync(home.path)
    except BaseException as error:
        shutil.rmtree(draft, ignore_errors=True)
        if isinstance(error, shutil.Error):
            raise OSError(f"{error.args[0][0][2]}" if error.args and error.args[0] else str(error)) from error
        raise
    return wanted


def _repaired(home: Home) -> Iterator[dict[str, Any]]:
    """The newest row of each run that is over and does not say why, with the reason."""
    newest: dict[str, dict[str, Any]] = {}
    for row in (*_compacted(home), *_appended(home)):
        run_id = row.get("run_id")
        if isinstance(run_id, str) and _at(row) >= _at(newest.get(run_id, {})):
            newest[run_id] = row
    for row in newest.values():
        reason = _reason(row)
        if row.get("ended") is None and reason is not None:
            yield {**row, "ended": reason, "_at": _at(row) + 1}


def _reason(row: Mapping[str, Any]) -> str | None:
    status, why = row.get("status"), str(row.get("interruption_reason") or "")
    if status == "interrupted":
        known = {"max_turns_exceeded": "turn_cap", "cancelled": "cancelled"}
        return "budget" if why.startswith("budget") else known.get(why)
    return _ENDED.get(str(status))


def _appended(home: Home) -> Iterator[dict[str, Any]]:
    for file in segment_files(home):
        with file.open("rb") as lines:
            for line in lines:
                if line.startswith(_RUN) and line.endswith(b"\n"):
                    try:
                        row = from_json(line)
                    except ValueError:  # a line that no reader can read either
                        continue
                    if isinstance(row, dict):
                        yield row


def _compacted(home: Home) -> Iterator[dict[str, Any]]:
    file = Manifest.read(home).parquet(home, "runs")
    if file is None:
        return
    columns = TABLES["runs"].by_name
    with duckdb_module().connect(":memory:") as connection:
        connection.execute("SET TimeZone = 'UTC'")
        rows = connection.execute("SELECT to_json(t)::VARCHAR FROM read_parquet(?) t", [str(file)]).fetchall()
    for (text,) in rows:
        row: dict[str, Any] = from_json(text)
        row.pop("_segment", None)
        for name, value in row.items():
            if name in columns and columns[name].type == "JSON" and isinstance(value, str):
                row[name] = from_json(value)
        yield row


def _at(row: Mapping[str, Any]) -> int:
    at = row.get("_at")
    return at if isinstance(at, int) else 0


def _line(row: Mapping[str, Any]) -> bytes:
    return to_json({"t": "runs", **{name: value for name, value in row.items() if name != "t"}})


def _write(home: Home, lines: list[bytes]) -> None:
    if not lines:
        return
    writer = SegmentWriter(home)
    writer.add(lines)
    writer.close()
