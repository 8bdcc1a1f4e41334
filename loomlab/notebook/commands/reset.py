"""``%loom reset``: a new conversation, with nothing remembered."""

from loomlab.core.errors import ConfigError
from loomlab.notebook.commands.command import Command
from loomlab.notebook.notebook import Notebook


def _run(notebook: Notebook, rest: str) -> None:
    if rest:
        raise ConfigError(f"%loom reset takes nothing more, so not {rest!r}")
    notebook.reset()


COMMAND = Command("reset", "%loom reset", "begin anew: new conversation, memory empty, budget full", _run)
