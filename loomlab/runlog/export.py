"""The whole log as one DuckDB file that any other tool reads, its tables and columns commented."""

import os
from pathlib import Path

from loomlab.core.errors import ConfigError
from loomlab.core.ids import new_id
from loomlab.core.messages import utc_now
from loomlab.runlog.home import Home
from loomlab.runlog.packages import duckdb_module
from loomlab.runlog.schema import SCHEMA_VERSION, TABLES
from loomlab.runlog.snapshot import Snapshot
from loomlab.runlog.statements import names, text


def export(home: Home, path: str | os.PathLike[str], *, overwrite: bool) -> Path:
    """Write the log to ``path``; a reader of that path sees the old file or the whole new one."""
    duckdb = duckdb_module()
    target = Path(path).expanduser()
    if target.is_dir():
        raise ConfigError(f"{target} is a folder; name a file in it, for instance {target / 'lab.duckdb'}")
    if target.exists() and not overwrite:
        raise ConfigError(f"{target} exists; export to another file, or pass overwrite=True to replace it")
    if not target.parent.is_dir():
        raise ConfigError(f"there is no folder {target.parent}; make it first")
    draft = target.with_name(f".{target.name}.{new_id()}.tmp")
    snapshot = Snapshot(home, closed=False)
    try:
        snapshot.refresh()
        connection = snapshot.connection
        connection.execute(f"ATTACH {text(str(draft))} AS lab")
        for table in TABLES.values():
            connection.execute(
                f"CREATE TABLE lab.{table.name} AS SELECT {names(table.columns)} FROM {table.name} "
                f"ORDER BY {table.order}"
            )
            connection.execute(f"COMMENT ON TABLE lab.{table.name} IS {text(table.meaning)}")
            for column in table.columns:
                connection.execute(f'COMMENT ON COLUMN lab.{table.name}."{column.name}" IS {text(column.meaning)}')
        connection.execute("CREATE TABLE lab.about (schema_version BIGINT, exported_at VARCHAR)")
        connection.execute("INSERT INTO lab.about VALUES (?, ?)", [SCHEMA_VERSION, utc_now().isoformat()])
        connection.execute("COMMENT ON TABLE lab.about IS 'Which version of the schema this is, and when it was made.'")
        connection.execute("DETACH lab")
        draft.replace(target)
    except (duckdb.Error, OSError) as error:
        reason = str(error).split("\n")[0]
        raise ConfigError(f"{target} can't be written: {reason}; choose another place") from None
    finally:
        draft.unlink(missing_ok=True)
        Path(f"{draft}.wal").unlink(missing_ok=True)
    return target
