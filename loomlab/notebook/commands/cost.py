"""``%loom cost``: tokens and dollars of this notebook's runs, or of the whole log."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from loomlab.notebook.commands.command import Command
from loomlab.notebook.frames import as_table
from loomlab.notebook.notebook import Notebook
from loomlab.notebook.options import Option, parse, split

if TYPE_CHECKING:
    import pandas as pd

OPTIONS = (
    Option(
        "by", "one row each: model, role, agent, architecture, user, session, run, day; several as a,b", "WHAT", "by"
    ),
    Option("all", "the whole log, not this notebook alone"),
)
GROUPS = ("model", "role", "agent", "architecture", "user", "session", "run", "day")


def _run(notebook: Notebook, rest: str) -> "pd.DataFrame":
    options = parse(split(rest), OPTIONS, of="%loom cost")
    groups = [name.strip() for name in options.get("by", "model").split(",") if name.strip()]
    where = {} if "all" in options else {"run_id": notebook.seen.every}
    empty = ("Nothing has been asked of a model yet.", "%%loom and a question below it")
    return as_table(notebook.log.cost(by=groups, **where), notebook.shell, empty=empty)


def _complete(notebook: Notebook, words: list[str]) -> Iterable[str]:
    return GROUPS if words[-1:] == ["--by"] else [f"--{option.name}" for option in OPTIONS]


COMMAND = Command(
    "cost", "%loom cost [--by WHAT] [--all]", "tokens and dollars, by model or otherwise", _run, _complete
)
