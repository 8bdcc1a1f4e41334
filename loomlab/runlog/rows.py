"""Rows that others add (evaluations, trials, scores, labels, facts): checked by the schema before they are written."""

import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from loomlab.core.errors import ConfigError
from loomlab.core.nearest import did_you_mean
from loomlab.runlog.clip import dumps, safe
from loomlab.runlog.schema import TABLES, Column, Table

_EXPECTED = {
    "VARCHAR": "a text",
    "BIGINT": "a whole number",
    "DOUBLE": "a number",
    "BOOLEAN": "True or False",
    "TIMESTAMPTZ": "a datetime with a time zone",
}
_ACCEPTED: dict[str, tuple[type, ...]] = {
    "VARCHAR": (str,),
    "BIGINT": (int,),
    "DOUBLE": (int, float),
    "BOOLEAN": (bool,),
}


def lines(name: str, rows: Sequence[Mapping[str, Any]]) -> list[bytes]:
    """The rows as lines of a segment. ConfigError where table, column or value do not fit; then none is written."""
    appendable = [table.name for table in TABLES.values() if table.made_by != "events"]
    if name not in TABLES:
        raise ConfigError(f"the run log has no table {name!r}; {did_you_mean(name, appendable)}")
    if name not in appendable:
        raise ConfigError(f"rows of {name} are made from events; append takes {', '.join(appendable)}")
    return [_line(TABLES[name], row) for row in rows]


def _line(table: Table, row: Mapping[str, Any]) -> bytes:
    made: dict[str, Any] = {"t": table.name}
    if table.key:
        made["_at"] = time.time_ns() // 1000
    for name, value in row.items():
        column = table.by_name.get(name)
        if column is None:
            raise ConfigError(f"{table.name} has no column {name!r}; {did_you_mean(name, table.by_name)}")
        made[name] = None if value is None else _value(table, column, value)
    if missing := [name for name in table.needs if made.get(name) is None]:
        raise ConfigError(f"a row of {table.name} needs {' and '.join(missing)}")
    return dumps(made)


def _value(table: Table, column: Column, value: Any) -> Any:
    if column.type == "JSON":
        return safe(value)
    if not isinstance(value, (str, datetime)) and callable(item := getattr(value, "item", None)):
        value = item()  # a scalar of numpy
    if column.type == "TIMESTAMPTZ":
        instant = _instant(value)
        if instant is not None:
            return instant
    elif isinstance(value, _ACCEPTED[column.type]) and not (column.type != "BOOLEAN" and isinstance(value, bool)):
        return safe(str(value)) if column.type == "VARCHAR" else value
    raise ConfigError(f"{table.name}.{column.name} takes {_EXPECTED[column.type]}, not {type(value).__name__}")


def _instant(value: Any) -> str | None:
    try:
        when = datetime.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        return None
    return when.isoformat() if isinstance(when, datetime) and when.tzinfo is not None else None
