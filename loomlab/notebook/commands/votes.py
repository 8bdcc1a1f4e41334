"""``%loom votes``: how two arms fared in the votes that people cast."""

from collections.abc import Iterable

from loomlab.evals.votes import Votes
from loomlab.notebook.commands.command import Command
from loomlab.notebook.notebook import Notebook
from loomlab.notebook.options import Option, parse, split

OPTIONS = (Option("all", "every vote of the log, not this notebook's alone"),)


def _run(notebook: Notebook, rest: str) -> Votes:
    options = parse(split(rest), OPTIONS, of="%loom votes")
    return Votes.read(notebook.log, run_ids=None if "all" in options else notebook.seen.every)


def _complete(notebook: Notebook, words: list[str]) -> Iterable[str]:
    return [f"--{option.name}" for option in OPTIONS]


COMMAND = Command("votes", "%loom votes [--all]", "what people voted for, with exact intervals", _run, _complete)
