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

_TEXT_OR_NAME = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|\$([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)")
_BEFORE_A_TABLE = ("from", "join")


def _run(notebook: Notebook, rest: str) -> "pd.DataFrame":
    if not rest:
        raise ConfigError("%loom sql needs a query: %loom sql SELECT * FROM runs")
    query, values = _with_parameters(notebook, rest)
    return as_table(notebook.log.sql(query, values or None), notebook.shell)


def _with_parameters(notebook: Notebook, query: str) -> tuple[str, dict[str, Any]]:
    """The query with a parameter for each ``$name``, and their values: those never become part of the query."""
    names: dict[str, str] = {}

    def parameter(match: re.Match[str]) -> str:
        name = match[1]
        return match[0] if name is None else f"${names.setdefault(name, f'p{len(names)}')}"

    rewritten = _TEXT_OR_NAME.sub(parameter, query)
    return rewritten, {short: _value(notebook, name) for name, short in names.items()}


def _value(notebook: Notebook, name: str) -> Any:
    first, *rest = name.split(".")
    if first not in notebook.space:
        names = [one for one in notebook.space if not one.startswith("_")]
        raise ConfigError(
            f"${name} stands for a variable, and there is none of that name: {did_you_mean(first, names)}"
        )
    value = notebook.space[first]
    for part in rest:
        if not hasattr(value, part):
            raise ConfigError(f"${name}: {first!r} has no {part!r}")
        value = getattr(value, part)
    return value


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
