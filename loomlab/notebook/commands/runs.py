"""``%loom runs``: the runs of this notebook, or all that the log holds."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from loomlab.notebook.commands.command import Command
from loomlab.notebook.frames import as_table
from loomlab.notebook.notebook import Notebook
from loomlab.notebook.options import Option, parse, split

if TYPE_CHECKING:
    import pandas as pd

OPTIONS = (Option("all", "every run of the log, newest first, with its id"),)
_COLUMNS = ["status", "ended", "node", "agent", "architecture", "model", "user_id", "prompt", "output"]
_FIGURES = ["turns", "tokens_in", "tokens_out", "cost_usd", "duration_ms"]
_SELDOM = {"ended": "answered", "node": None}
"""Columns that are shown where any run has something else to tell than this."""


def _run(notebook: Notebook, rest: str) -> "pd.DataFrame":
    options = parse(split(rest), OPTIONS, of="%loom runs")
    empty = ("No run yet.", "%%loom and a question below it")
    if "all" in options:
        frame = _telling(notebook.log.runs(limit=100), ["run_id", "started_at"])
        return as_table(frame, notebook.shell, empty=empty)
    numbers = notebook.seen.numbers
    frame = notebook.log.runs(run_id=list(numbers))
    places = [numbers[run_id] for run_id in frame["run_id"]]
    nested = any(len(place) > 1 for place in places)
    frame.insert(0, "run", [".".join(map(str, place)) if nested else place[0] for place in places])
    order = sorted(range(len(places)), key=places.__getitem__)
    return as_table(_telling(frame.iloc[order].reset_index(drop=True), ["run"]), notebook.shell, empty=empty)


def _telling(frame: "pd.DataFrame", first: list[str]) -> "pd.DataFrame":
    """The columns to show: of those that seldom tell anything, only the ones that do."""
    names = [name for name in _COLUMNS if name not in _SELDOM or _tells(frame[name], _SELDOM[name])]
    return frame[[*first, *names, *_FIGURES]]


def _tells(column: "pd.Series[Any]", usual: str | None) -> bool:
    return any(isinstance(value, str) and value != usual for value in column)


def _complete(notebook: Notebook, words: list[str]) -> Iterable[str]:
    return [f"--{option.name}" for option in OPTIONS]


COMMAND = Command(
    "runs",
    "%loom runs [--all]",
    "the runs of this notebook, numbered, with the runs inside of them; or the whole log",
    _run,
    _complete,
)
