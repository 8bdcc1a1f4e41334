"""Every run as rows: append-only files on disk, one a process, and DuckDB to ask. Open ``log.py`` first.

``schema.py`` lists the tables. Writing goes ``log.py`` → ``recorder.py`` (events to rows) → ``segment.py`` (rows to the
disk); asking goes ``log.py`` → ``asking.py`` → ``snapshot.py`` (the disk to DuckDB). ``browse.py`` lists
runs page by page; ``spans.py`` and ``trajectory.py`` read runs as trees, and side by side.
"""

from loomlab.runlog.browse import Extent, RunsPage
from loomlab.runlog.cost import Spent
from loomlab.runlog.log import RunLog
from loomlab.runlog.record import RunRecord
from loomlab.runlog.recording import record_process, recording
from loomlab.runlog.schema import SCHEMA_VERSION, TABLES, Column, Table, describe_schema
from loomlab.runlog.spans import TraceSpan, spans
from loomlab.runlog.trajectory import AlignedRow, Alignment, TrajectoryStep, align, steps_of
from loomlab.runlog.upgrading import format_of

__all__ = [
    "SCHEMA_VERSION",
    "TABLES",
    "AlignedRow",
    "Alignment",
    "Column",
    "Extent",
    "RunLog",
    "RunRecord",
    "RunsPage",
    "Spent",
    "Table",
    "TraceSpan",
    "TrajectoryStep",
    "align",
    "describe_schema",
    "format_of",
    "record_process",
    "recording",
    "spans",
    "steps_of",
]
