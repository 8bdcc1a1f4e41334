"""``%loom align RUN RUN …``: runs side by side, step by step."""

from collections.abc import Iterable

from loomlab.core.errors import ConfigError
from loomlab.notebook.commands import show
from loomlab.notebook.commands.command import Command
from loomlab.notebook.notebook import Notebook
from loomlab.runlog import Alignment, align


def _run(notebook: Notebook, rest: str) -> Alignment:
    named = rest.replace(",", " ").split()
    if len(named) < 2:
        raise ConfigError("%loom align takes two runs or more, as in %loom align 1 2; %loom runs lists them")
    if len(set(named)) < len(named):
        raise ConfigError("%loom align compares different runs, and one is named twice")
    return align({name: notebook.log.run(show.which(notebook, name)) for name in named})


def _complete(notebook: Notebook, words: list[str]) -> Iterable[str]:
    return [one for one in show.COMMAND.complete(notebook, []) if one not in words]


COMMAND = Command(
    "align", "%loom align RUN RUN", "runs side by side, with the first step at which they part", _run, _complete
)
