"""``%loom config NAME``: the config of an agent, ready to be edited in the next cell."""

from collections.abc import Iterable

from loomlab.core.errors import ConfigError
from loomlab.notebook.commands.command import Command
from loomlab.notebook.config_cell import config_face
from loomlab.notebook.face import Face
from loomlab.notebook.names import is_agent, names_of
from loomlab.notebook.notebook import Notebook
from loomlab.notebook.options import split


def _run(notebook: Notebook, rest: str) -> Face:
    words = split(rest)
    if len(words) != 1:
        raise ConfigError("%loom config shows the config of one agent: %loom config my_agent")
    return config_face(notebook, words[0])


def _complete(notebook: Notebook, words: list[str]) -> Iterable[str]:
    return () if words else names_of(notebook.space, is_agent)


COMMAND = Command(
    "config",
    "%loom config VARIABLE",
    "show the config of an agent; %%loom config VARIABLE edits it in a cell (TOML), and makes the agent",
    _run,
    _complete,
)
