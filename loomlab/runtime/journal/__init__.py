"""Runs that outlive their process: a journal of steps, kept in memory, SQLite or PostgreSQL. Open ``runtime.py`` first.

``store.py`` says what a journal is kept in, ``codec.py`` how values become JSON, ``session.py`` what one session knows.
The public names are those of ``loomlab.runtime``.
"""

__all__: list[str] = []
