"""``%loom show RUN``: one run again, from the log."""

import re
from collections.abc import Iterable

from loomlab.core.errors import ConfigError
from loomlab.notebook.commands.command import Command
from loomlab.notebook.notebook import Notebook
from loomlab.runlog import RunRecord

_INSIDE = re.compile(r"[0-9]+(?:[.][0-9]+)+")
"""A run inside of another one, as ``%loom runs`` numbers it."""


def _run(notebook: Notebook, rest: str) -> RunRecord:
    return notebook.log.show(which(notebook, rest))


def which(notebook: Notebook, text: str) -> str:
    """The run that is meant: a number of this notebook (2, 2.1, ``last``, -1); else an id, or the beginning of one."""
    seen = notebook.seen.outermost
    if _INSIDE.fullmatch(text):
        inside = tuple(map(int, text.split(".")))
        found = [run_id for run_id, number in notebook.seen.numbers.items() if number == inside]
        if not found:
            raise ConfigError(f"there is no run {text} in this notebook; %loom runs lists them")
        return found[0]
    number = {"": "-1", "last": "-1"}.get(text, text)
    try:
        place = int(number)
    except ValueError:
        return text
    if not seen:
        raise ConfigError("there is no run in this notebook yet; %loom runs --all lists those of the log")
    if place == 0 or not -len(seen) <= place <= len(seen):
        raise ConfigError(f"there is no run {text}: this notebook has had {_runs(len(seen))}; %loom runs lists them")
    return seen[place - 1 if place > 0 else place]


def _runs(count: int) -> str:
    return "one run" if count == 1 else f"{count} runs"


def _complete(notebook: Notebook, words: list[str]) -> Iterable[str]:
    if words:
        return ()
    numbers = [str(number) for number in range(1, len(notebook.seen.outermost) + 1)]
    try:
        recent = [str(run_id) for run_id in notebook.log.runs(limit=20)["run_id"]]
    except ConfigError:  # a log that can't be read must not break typing
        recent = []
    return ["last", *numbers, *recent]


COMMAND = Command("show", "%loom show RUN", "a run again: its number, last, or an id of the log", _run, _complete)
