"""``%loom runs``: the runs of this notebook, or all that the log holds."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from loomlab.notebook.commands.command import Command
from loomlab.notebook.frames import as_table
from loomlab.notebook.notebook import Notebook
from loomlab.notebook.options import Option, parse, split

if TYPE_CHECKING:
    import pandas as pd

OPTIONS = (Option("all", "every run of the log, newest first, with its id"),)
_COLUMNS = ["status", "agent", "architecture", "model", "user_id", "prompt", "output"]
_FIGURES = ["turns", "tokens_in", "tokens_out", "cost_usd", "duration_ms"]


def _run(notebook: Notebook, rest: str) -> "pd.DataFrame":
    options = parse(split(rest), OPTIONS, of="%loom runs")
    empty = ("No run yet.", "%%loom and a question below it")
    if "all" in options:
        frame = notebook.log.runs(limit=100)[["run_id", "started_at", *_COLUMNS, *_FIGURES]]
        return as_table(frame, notebook.shell, empty=empty)
    numbers = {run_id: number for number, run_id in enumerate(notebook.seen.outermost, 1)}
    frame = notebook.log.runs(run_id=list(numbers))
    frame.insert(0, "run", frame["run_id"].map(numbers).astype(int))
    frame = frame.sort_values("run", ignore_index=True)[["run", *_COLUMNS, *_FIGURES]]
    return as_table(frame, notebook.shell, empty=empty)


def _complete(notebook: Notebook, words: list[str]) -> Iterable[str]:
    return [f"--{option.name}" for option in OPTIONS]


COMMAND = Command(
    "runs", "%loom runs [--all]", "the runs of this notebook, numbered; or the whole log", _run, _complete
)
