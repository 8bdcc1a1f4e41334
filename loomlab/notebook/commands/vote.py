"""``%loom vote a "why"``: say which of two answers is better."""

from collections.abc import Iterable

from loomlab.core.errors import ConfigError
from loomlab.evals.votes import CHOICES, checked_choice
from loomlab.notebook.commands.command import Command
from loomlab.notebook.face import Face
from loomlab.notebook.notebook import Notebook
from loomlab.notebook.options import split


def _run(notebook: Notebook, rest: str) -> Face:
    words = split(rest)
    if not words:
        raise ConfigError('%loom vote says which is better: %loom vote a "why", or b, tie, bad')
    choice = checked_choice(words[0])
    if notebook.ballot is None:
        raise ConfigError("there is nothing to vote on yet; type %%loom --ab react,rewoo and a prompt below it")
    notebook.ballot.cast(choice, " ".join(words[1:]))
    return notebook.ballot.pairing.said


def _complete(notebook: Notebook, words: list[str]) -> Iterable[str]:
    return () if words else CHOICES


COMMAND = Command(
    "vote", '%loom vote a|b|tie|bad "why"', "say which of the last two answers is better", _run, _complete
)
