"""Questions to the log, answered as data frames. Values go in as parameters; names only when the schema knows them."""

import contextlib
import threading
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from loomlab.core.errors import ConfigError
from loomlab.core.nearest import did_you_mean
from loomlab.runlog.home import Home
from loomlab.runlog.manifest import Manifest
from loomlab.runlog.packages import duckdb_module, pandas_module
from loomlab.runlog.schema import TABLES, Table
from loomlab.runlog.snapshot import Snapshot
from loomlab.runlog.sqlerrors import explained

if TYPE_CHECKING:
    import duckdb
    import pandas as pd

Parameters = Sequence[Any] | Mapping[str, Any] | None
_T = TypeVar("_T")
_READING = {"SELECT", "EXPLAIN", "MULTI"}
"""Kinds of statement that only read. A dynamic PIVOT counts as several."""
_converting = threading.Lock()
"""Filters of warnings belong to the process, so one thread at a time changes them."""
_INTEGERS = {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UBIGINT", "HUGEINT"}


class Asking:
    """The reading half of a log. Safe for threads: they share what was read and ask at the same time."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._lock = threading.Lock()
        self._snapshot = Snapshot(home)

    def sql(self, query: str, params: Parameters = None) -> "pd.DataFrame":
        """One statement of a user. ConfigError where it does more than read, or is wrong."""

        def checked(cursor: "duckdb.DuckDBPyConnection") -> "pd.DataFrame":
            found = cursor.extract_statements(query)
            if len(found) != 1:
                raise ConfigError(
                    "one query at a time, please" if found else "the query is empty; try SELECT * FROM runs"
                )
            kind = str(found[0].type).rsplit(".", 1)[-1]
            if kind not in _READING:
                raise ConfigError(f"the run log is only read by queries: SELECT …, not {kind}")
            return _frame(cursor.execute(found[0], _parameters(params)))

        return self._ask(checked, query)

    def frame(self, query: str, params: Parameters = None) -> "pd.DataFrame":
        """One query of ours, as a data frame."""
        return self._ask(lambda cursor: _frame(cursor.execute(query, _parameters(params))), query)

    def fetch(self, query: str, params: Parameters = None) -> list[tuple[Any, ...]]:
        """One query of ours, as rows. It must not ask for times: DuckDB needs one more package for those."""
        return self._ask(lambda cursor: cursor.execute(query, _parameters(params)).fetchall(), query)

    def rows(self, name: str, filters: Mapping[str, Any], limit: int | None, *, newest_first: bool) -> "pd.DataFrame":
        """The rows of a table that have these values, in order of time; at most the ``limit`` newest."""
        table = TABLES[name]
        where, params = conditions(table, filters)
        ties = [column for column in ("seq", *table.key, "fact_id") if column in table.by_name]
        order = ", ".join(f'"{column}" {{0}} NULLS LAST' for column in (table.order, *ties))
        query = f"FROM {name}{where}"
        if limit is not None:
            if limit < 0:
                raise ConfigError(f"limit is a number of rows, not {limit}")
            query = f"FROM ({query}) ORDER BY {order.format('DESC')} LIMIT {int(limit)}"
        way = "DESC" if newest_first else "ASC"
        return self.frame(f"FROM ({query}) ORDER BY {order.format(way)}", params)

    def problems(self) -> "pd.DataFrame":
        """Lines that could not be read."""
        with self._lock:
            self._snapshot.refresh()
            found = self._snapshot.problems
        frame: pd.DataFrame = pandas_module().DataFrame(found, columns=["segment", "line", "problem"])
        return frame

    def _ask(self, ask: "Callable[[duckdb.DuckDBPyConnection], _T]", query: str) -> _T:
        duckdb = duckdb_module()
        while True:
            with self._lock:
                self._snapshot.refresh()
                cursor, state = self._snapshot.connection.cursor(), self._snapshot.manifest
            try:
                cursor.execute("BEGIN TRANSACTION READ ONLY")
                return ask(cursor)
            except duckdb.Error as error:
                # A compacted file that has gone meanwhile is one that may not be read, or that can't be.
                gone = isinstance(error, (duckdb.IOException, duckdb.PermissionException))
                if not gone or Manifest.read(self._home) == state:
                    raise explained(error, query) from None
            finally:
                cursor.close()


def conditions(table: Table, filters: Mapping[str, Any], of: str = "") -> tuple[str, list[Any]]:
    """A WHERE clause and its parameters: a value, None (no value), or several values to choose from."""
    parts, params = [], []
    for name, value in filters.items():
        if name not in table.by_name:
            raise ConfigError(f"{table.name} has no column {name!r}; {did_you_mean(name, table.by_name)}")
        column = f'{of}"{name}"'
        if value is None:
            parts.append(f"{column} IS NULL")
        elif isinstance(value, (list, tuple, set, frozenset)):
            parts.append(f"{column} IN (SELECT unnest(?::{_comparable(table, name)}[]))")
            params.append(list(value))
        else:
            parts.append(f"{column} = ?::{_comparable(table, name)}")
            params.append(value)
    return (" WHERE " + " AND ".join(parts) if parts else ""), params


def _comparable(table: Table, name: str) -> str:
    return table.by_name[name].type


def _parameters(params: Parameters) -> Any:
    if params is None or isinstance(params, Mapping):
        return dict(params) if params else None
    if isinstance(params, (str, bytes)):
        raise ConfigError("params is a list of values or a dict of names, not a text")
    return list(params)


def _frame(cursor: "duckdb.DuckDBPyConnection") -> "pd.DataFrame":
    pandas_module()
    with _converting, warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of pandas, about how DuckDB uses it
        frame = cursor.df()
    for index, (name, kind, *_) in enumerate(cursor.description or ()):
        if str(kind) in _INTEGERS and frame.dtypes.iloc[index].kind == "f" and frame.columns.is_unique:
            with contextlib.suppress(TypeError, ValueError, OverflowError):  # a sum too large stays as it is
                frame[name] = frame[name].astype("Int64")
    return frame
