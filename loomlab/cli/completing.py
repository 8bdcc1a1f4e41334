"""What a shell may complete: files, models, architectures, datasets, and users and runs of the log.

A shell reads what is offered here as words of its own, so only texts without any sign that a shell reads are offered.
Nothing here may fail, hang or say a word: what can't be found out is not offered.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from loomlab.architecture.resolve import ARCHITECTURES
from loomlab.cli.completion import SHELLS
from loomlab.evals import load_suite
from loomlab.model.resolve import KNOWN
from loomlab.runlog import RunLog

if TYPE_CHECKING:
    from typer import Context

_SAFE = re.compile(r"(?!-)[\w.@+:/-]+")
_MOST = 100
_LOOKED_AT = 2_000
"""Entries of folders that one question looks at."""
_READ = 32 * 1024 * 1024
"""Bytes of a log's segments up to which it is asked; to read more takes longer than somebody waits for a word."""
_SKIPPED = {"__pycache__", "node_modules", "venv", "build", "dist"}

Found = Callable[["Context", str], list[str]]


def _offered(find: Callable[["Context", str], Iterable[str]]) -> Found:
    """``find`` as a shell may hear it: what begins so and is safe, whatever happens on the way."""

    def offer(ctx, incomplete):  # type: ignore[no-untyped-def]  # typer reads types here and knows the names by themselves
        found: dict[str, None] = {}
        with suppress(Exception):
            for one in find(ctx, incomplete):
                if one.startswith(incomplete) and _SAFE.fullmatch(one):
                    found[one] = None
                if len(found) == _MOST:
                    break
        return list(found)

    return offer


@_offered
def models(ctx: "Context", incomplete: str) -> Iterable[str]:
    """Names of models."""
    return KNOWN


@_offered
def architectures(ctx: "Context", incomplete: str) -> Iterable[str]:
    """Ways to think that a name alone makes."""
    return ARCHITECTURES


@_offered
def fetched(ctx: "Context", incomplete: str) -> Iterable[str]:
    """What can be fetched."""
    return ("local", "embedder")


@_offered
def shells(ctx: "Context", incomplete: str) -> Iterable[str]:
    """Shells that complete."""
    return SHELLS


@_offered
def agent_files(ctx: "Context", incomplete: str) -> Iterable[str]:
    """Files that may describe an agent."""
    return (path for path in _files(incomplete, ".toml", ".json", ".yaml", ".yml") if not _is_suite(path))


@_offered
def suites(ctx: "Context", incomplete: str) -> Iterable[str]:
    """Files that are suites."""
    return filter(_is_suite, _files(incomplete, ".toml"))


@_offered
def audit_logs(ctx: "Context", incomplete: str) -> Iterable[str]:
    """Files that may be audit logs."""
    return _files(incomplete, ".jsonl")


@_offered
def datasets(ctx: "Context", incomplete: str) -> Iterable[str]:
    """The datasets of the suite that was named before."""
    # Where the last option still has no value, what stood before it is not sorted into parameters.
    given = ctx.params.get("suite") or ctx.args[0]
    return (part.dataset_name for part in load_suite(Path(given)).parts)


@_offered
def users(ctx: "Context", incomplete: str) -> Iterable[str]:
    """Users with runs in the log; not those whom evaluations invent, one a trial."""
    return (user for user in _column(ctx, "user_id", {}) if not user.startswith("eval_"))


@_offered
def runs(ctx: "Context", incomplete: str) -> Iterable[str]:
    """Runs in the log, newest first."""
    user = ctx.params.get("user")
    yield "last"
    yield from _column(ctx, "run_id", {} if user is None else {"user_id": user})


def _column(ctx: "Context", column: str, filters: dict[str, Any]) -> Iterator[str]:
    params = [one.params for one in (ctx, ctx.parent) if one is not None]
    home = next((found for one in params if (found := one.get("home")) is not None), None)
    log = RunLog.open(home, read_only=True)
    segments = (log.path / "runlog" / "segments").glob("*.jsonl")
    if sum(file.stat().st_size for file in segments) > _READ:
        return
    for row in log.runs(limit=1000, **filters).to_dict("records"):
        if isinstance(row[column], str):
            yield row[column]


def _is_suite(path: str) -> bool:
    with suppress(OSError, UnicodeDecodeError):
        return "[suite]" in Path(path).read_text(encoding="utf-8") or "[[arm]]" in Path(path).read_text("utf-8")
    return False


def _files(incomplete: str, *endings: str) -> Iterator[str]:
    """The files that begin so: those of the folder named so far, then those of folders below, up to a bound."""
    folder = incomplete.rpartition("/")[0]
    start = Path(f"{folder}/") if folder or incomplete.startswith("/") else Path()
    prefix = f"{folder}/" if "/" in incomplete else ""
    looked, waiting = 0, [(start, prefix)]
    while waiting and looked < _LOOKED_AT:
        here, said = waiting.pop(0)
        try:
            entries = sorted(here.iterdir())
        except OSError:
            continue
        looked += len(entries)
        for entry in entries:
            name = f"{said}{entry.name}"
            if entry.name.startswith(".") or not (name.startswith(incomplete) or incomplete.startswith(f"{name}/")):
                continue
            if entry.is_dir():
                if entry.name not in _SKIPPED and said.count("/") - prefix.count("/") < 2:
                    waiting.append((entry, f"{name}/"))
            elif entry.suffix in endings and entry.is_file():  # reading a pipe would wait for whoever writes to it
                yield name
