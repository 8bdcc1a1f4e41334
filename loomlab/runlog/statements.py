"""The SQL of the readers, made from the schema alone: no text of a user, a model or a file name is ever part of it."""

from collections.abc import Iterable

from pydantic_core import to_json

from loomlab.runlog.schema import TABLES, Column, Table

_SEGMENT = Column("_segment", "VARCHAR", "the segment that the row was written to")
_AT = Column("_at", "BIGINT", "when it was written, in microseconds since 1970")
LOST = "the process ended before this did"


def stored(table: Table) -> tuple[Column, ...]:
    """The columns of a table and those that only readers use."""
    return (*table.columns, _AT, _SEGMENT) if table.key else (*table.columns, _SEGMENT)


def names(columns: Iterable[Column], of: str = "") -> str:
    """Column names as a list in SQL."""
    return ", ".join(f'{of}"{column.name}"' for column in columns)


def text(value: str) -> str:
    """A literal, for the few places where SQL takes no parameter (paths)."""
    return "'" + value.replace("'", "''") + "'"


def create() -> list[str]:
    """The tables that rows are read into, and the views over them."""
    made = ["CREATE SCHEMA store", "CREATE TEMP TABLE incoming (line VARCHAR, n BIGINT, t VARCHAR)"]
    for table in TABLES.values():
        columns = ", ".join(f'"{column.name}" {column.type}' for column in stored(table))
        made.append(f"CREATE TABLE store.{table.name} ({columns})")
    return made


def view(table: Table, compacted: bool) -> list[str]:
    """The view ``store.all_T`` over everything, and the documented one over that."""
    columns = names(stored(table))
    if not compacted:
        body = f"SELECT {columns} FROM store.{table.name}"
    elif not table.key:
        body = f"SELECT {columns} FROM store.{table.name} UNION ALL SELECT {columns} FROM store.old_{table.name}"
    else:
        same = _same(table, "a", "b")
        body = " UNION ALL ".join(
            f"SELECT {columns} FROM store.{this} a WHERE NOT EXISTS "
            f"(SELECT 1 FROM store.{other} b WHERE {same} AND b._at {newer} a._at)"
            for this, other, newer in (
                (table.name, f"old_{table.name}", ">"),
                (f"old_{table.name}", table.name, ">="),
            )
        )
    return [
        f"CREATE OR REPLACE VIEW store.all_{table.name} AS {body}",
        f"CREATE OR REPLACE VIEW {table.name} AS SELECT {names(table.columns)} FROM store.all_{table.name}",
    ]


def old(table: Table, file: str, present: set[str]) -> str:
    """The view over the compacted rows; a column that the file does not have is null."""
    columns = ", ".join(
        f'"{column.name}"' if column.name in present else f'CAST(NULL AS {column.type}) AS "{column.name}"'
        for column in stored(table)
    )
    return f"CREATE OR REPLACE VIEW store.old_{table.name} AS SELECT {columns} FROM read_parquet({text(file)})"


# A row begins with its table: reading that as text spares parsing every line once more.
INCOMING = (
    "INSERT INTO incoming SELECT line, n, CASE WHEN json_valid(line) THEN "
    """nullif(regexp_extract(line, '^\\{"t":"([a-z_]+)"', 1), '') END FROM """
    "(SELECT unnest(a) AS line, $first + generate_subscripts(a, 1) AS n FROM (SELECT $lines::VARCHAR[] AS a))"
)


def take(table: Table) -> list[str]:
    """From ``incoming`` into the table; of rows with one key the newest stays. One parameter: ``$segment``."""
    spec = {column.name: column.type for column in stored(table) if column is not _SEGMENT}
    parsed = (
        f"SELECT r.*, $segment AS _segment, n FROM (SELECT from_json(line, {text(to_json(spec).decode())}) AS r, n "
        f"FROM incoming WHERE t = {text(table.name)})"
    )
    insert = f"INSERT INTO store.{table.name} SELECT {names(stored(table))} FROM"
    if not table.key:
        return [f"{insert} ({parsed})"]
    key = ", ".join(f'"{name}"' for name in table.key)
    same = _same(table, f"store.{table.name}", "staged")
    return [
        f"CREATE OR REPLACE TEMP TABLE staged AS FROM ({parsed}) "
        f"QUALIFY row_number() OVER (PARTITION BY {key} ORDER BY _at DESC, n DESC) = 1",
        f"DELETE FROM staged USING store.{table.name} WHERE {same} AND store.{table.name}._at > staged._at",
        f"DELETE FROM store.{table.name} USING staged WHERE {same}",
        f"{insert} staged",
    ]


def lose() -> list[str]:
    """What was going on when its process ended. One parameter: ``$segment``."""
    return [
        f"UPDATE store.runs SET status = 'lost', error = {text(LOST)} WHERE status = 'running' AND _segment = $segment",
        "UPDATE store.evaluations SET status = 'lost' WHERE status = 'running' AND _segment = $segment",
    ]


def _same(table: Table, one: str, other: str) -> str:
    return " AND ".join(f'{one}."{name}" IS NOT DISTINCT FROM {other}."{name}"' for name in table.key)
