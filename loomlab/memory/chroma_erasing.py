"""Erasing for good: what was erased in Chroma stays readable in its file until something else is written over it."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing, suppress
from pathlib import Path

_LOG = "embeddings_queue"
_BATCH = 500


def wipe(database: Path, names: Sequence[str]) -> None:
    """Have the text of erased rows leave the file: out of the log, and out of the pages that are free now.

    Best effort: while somebody else writes it can't be done, and the next erasure tries again.
    """
    if not database.exists():
        return
    with suppress(sqlite3.Error), closing(sqlite3.connect(database, timeout=1.0)) as connection:
        columns = {one[1] for one in connection.execute(f"PRAGMA table_info({_LOG})")}
        if {"id", "metadata"} <= columns:
            for start in range(0, len(names), _BATCH):
                some = names[start : start + _BATCH]
                places = ", ".join("?" * len(some))
                # The rows themselves stay: Chroma brings its index of vectors up to date with them.
                connection.execute(f"UPDATE {_LOG} SET metadata = NULL WHERE id IN ({places})", some)
            connection.commit()
        connection.execute("VACUUM")
