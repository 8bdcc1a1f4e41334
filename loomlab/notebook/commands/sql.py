"""``%loom sql SELECT …``: a question to the log; ``$name`` stands for the value of a variable of the notebook."""

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from loomlab.core.errors import ConfigError
from loomlab.core.nearest import did_you_mean
from loomlab.notebook.commands.command import Command
from loomlab.notebook.frames import as_table
from loomlab.notebook.notebook import Notebook
from loomlab.runlog import TABLES

if TYPE_CHECKING:
    import pandas as pd

_TEXT_OR_NAME = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|\$([A-Za-z_]\w*)")
_BEFORE_A_TABLE = ("from", "join")


def _run(notebook: Notebook, rest: str) -> "pd.DataFrame":
    if not rest:
        raise ConfigError("%loom sql needs a query: %loom sql SELECT * FROM runs")
    frame = notebook.log.sql(rest, _parameters(notebook, rest) or None)
    return as_table(frame, notebook.shell)


def _parameters(notebook: Notebook, query: str) -> dict[str, Any]:
    """Values go to the engine beside the query, never inside it."""
    found: dict[str, Any] = {}
    for name in filter(None, (match[1] for match in _TEXT_OR_NAME.finditer(query))):
        if name not in notebook.space:
            names = [one for one in notebook.space if not one.startswith("_")]
            raise ConfigError(
                f"${name} stands for a variable, and there is none of that name: {did_you_mean(name, names)}"
            )
        found[name] = notebook.space[name]
    return found


def _complete(notebook: Notebook, words: list[str]) -> Iterable[str]:
    if not words:
        return ("SELECT", "FROM")
    tables = list(TABLES)
    if words[-1].lower() in _BEFORE_A_TABLE:
        return tables
    used = [name for name in tables if name in {word.strip(",;()").lower() for word in words}]
    columns = [column.name for name in used or tables for column in TABLES[name].columns]
    return [*tables, *dict.fromkeys(columns), "FROM", "WHERE", "GROUP BY ALL", "ORDER BY", "LIMIT"]


COMMAND = Command("sql", "%loom sql SELECT …", "a query over the log; $name is a variable's value", _run, _complete)
