"""The Parquet half of scrubbing: the files of a generation written anew, without one user's words.

The manifest that makes the new files count is written by ``scrub.py``; until then they are nobody's.
"""

from pathlib import Path
from typing import Any

from loomlab.core.ids import new_id
from loomlab.runlog.compaction import sync
from loomlab.runlog.home import Home
from loomlab.runlog.manifest import Manifest
from loomlab.runlog.owner import Owner, is_text
from loomlab.runlog.packages import duckdb_module
from loomlab.runlog.schema import TABLES, Table
from loomlab.runlog.statements import text as literal

Parameters = dict[str, list[str]]


def compacted_pairs(home: Home, manifest: Manifest) -> list[tuple[Any, ...]]:
    """The run and the user of every compacted run."""
    file = manifest.parquet(home, "runs")
    return [] if file is None else _query(f"SELECT run_id, user_id FROM read_parquet({literal(str(file))})")


def scrub_compacted(home: Home, manifest: Manifest, owner: Owner, *, dry_run: bool) -> tuple[int, str]:
    """How many compacted rows of the owner had texts, and the generation in which they have none."""
    files = {table: file for table in TABLES.values() if (file := manifest.parquet(home, table.name)) is not None}
    changed = sum(_File(table, file, owner).texts() for table, file in files.items())
    if dry_run or not changed:
        return changed, manifest.generation
    generation = new_id()
    folder = home.compacted / generation
    folder.mkdir(parents=True)
    for table, file in files.items():
        _File(table, file, owner).copy_to(folder / file.name)
        sync(folder / file.name)
    sync(folder)
    return changed, generation


class _File:
    """One table's compacted rows. Names of users and runs go in as parameters."""

    def __init__(self, table: Table, file: Path, owner: Owner) -> None:
        self._table = table
        self._rows = f"read_parquet({literal(str(file))})"
        self._columns = [str(row[0]) for row in _query(f"SELECT column_name FROM (DESCRIBE FROM {self._rows})")]
        self._texts = [name for name in self._columns if name in table.by_name and is_text(table, name)]
        self._mine, self._parameters = self._whose(owner)

    def texts(self) -> int:
        """How many rows of the owner have a text."""
        full = " OR ".join(f'"{name}" IS NOT NULL' for name in self._texts)
        query = f"SELECT count(*) FROM {self._rows} WHERE {self._mine} AND ({full})"
        return int(_query(query, self._parameters)[0][0])

    def copy_to(self, target: Path) -> None:
        """All rows into a file, those of the owner without texts."""
        columns = [
            f'CASE WHEN {self._mine} THEN NULL ELSE "{name}" END AS "{name}"' if name in self._texts else f'"{name}"'
            for name in self._columns
        ]
        query = f"SELECT {', '.join(columns)} FROM {self._rows} ORDER BY {self._table.order}"
        _query(f"COPY ({query}) TO {literal(str(target))} (FORMAT parquet, COMPRESSION zstd)", self._parameters)

    def _whose(self, owner: Owner) -> tuple[str, Parameters]:
        """``Owner.owns`` in SQL."""
        has_run = "run_id" in self._columns
        if owner.forms:
            named = "coalesce(list_contains($forms::VARCHAR[], user_id), false)"
            if not has_run:
                return named, {"forms": sorted(owner.forms)}
            theirs = "(user_id IS NULL AND coalesce(list_contains($runs::VARCHAR[], run_id), false))"
            return f"({named} OR {theirs})", {"forms": sorted(owner.forms), "runs": sorted(owner.runs)}
        if not has_run:
            return "user_id IS NULL", {}
        others = "coalesce(list_contains($others::VARCHAR[], run_id), false)"
        return f"(user_id IS NULL AND NOT {others})", {"others": sorted(owner.others)}


def _query(query: str, params: Parameters | None = None) -> list[tuple[Any, ...]]:
    connection = duckdb_module().connect(":memory:")
    try:
        connection.execute("SET GLOBAL TimeZone = 'UTC'")
        rows: list[tuple[Any, ...]] = connection.execute(query, params or None).fetchall()
        return rows
    finally:
        connection.close()
