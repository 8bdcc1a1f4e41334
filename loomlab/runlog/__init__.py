"""Every run as rows: append-only files on disk, one a process, and DuckDB to ask. Open ``log.py`` first.

``schema.py`` lists the tables. Writing goes ``log.py`` → ``recorder.py`` (events to rows) → ``segment.py`` (rows to the
disk); asking goes ``log.py`` → ``asking.py`` → ``snapshot.py`` (the disk to DuckDB).
"""

from loomlab.runlog.log import RunLog
from loomlab.runlog.record import RunRecord
from loomlab.runlog.recording import record_process, recording
from loomlab.runlog.schema import SCHEMA_VERSION, TABLES, Column, Table, describe_schema

__all__ = [
    "SCHEMA_VERSION",
    "TABLES",
    "Column",
    "RunLog",
    "RunRecord",
    "Table",
    "describe_schema",
    "record_process",
    "recording",
]
