"""``%loom`` and ``%%loom``: what a line asks for, done by the room's other files."""

from typing import Any

from IPython.core.magic import no_var_expand

from loomlab.core.errors import ConfigError
from loomlab.core.nearest import did_you_mean
from loomlab.notebook.cell import fill, run_cell
from loomlab.notebook.commands import COMMANDS
from loomlab.notebook.config_cell import is_config_cell, run_config_cell
from loomlab.notebook.faces import settings_face
from loomlab.notebook.notebook import Notebook
from loomlab.notebook.options import split
from loomlab.notebook.settings import SETTINGS, meanings, read_changes


def install(notebook: Notebook) -> None:
    """Register both magics under the name ``loom``."""

    @no_var_expand
    def loom(line: str, cell: str | None = None) -> Any:
        """The workbench. ``%loom help`` says what there is."""
        __tracebackhide__ = True
        if cell is not None and is_config_cell(line):
            return run_config_cell(notebook, line, cell)
        if cell is not None:
            return run_cell(notebook, line, cell)
        return run_line(notebook, line)

    notebook.shell.register_magic_function(loom, magic_kind="line_cell", magic_name="loom")
    notebook.shell.input_transformers_cleanup.append(with_body)


def uninstall(shell: Any) -> None:
    """Take them away again."""
    for kind in ("line", "cell"):
        shell.magics_manager.magics[kind].pop("loom", None)
    if with_body in shell.input_transformers_cleanup:
        shell.input_transformers_cleanup.remove(with_body)


def with_body(lines: list[str]) -> list[str]:
    """A ``%%loom`` line alone is a whole cell of ours; IPython refuses cells with nothing below their magic."""
    first = next((line for line in lines if line.strip()), "")
    if first.split(maxsplit=1)[:1] == ["%%loom"] and not any(line.strip() for line in lines[lines.index(first) + 1 :]):
        return [first.rstrip("\n") + "\n", "\n"]
    return lines


def run_line(notebook: Notebook, line: str) -> Any:
    """``%loom``: the settings, a change of them, or a command."""
    first, _, rest = line.strip().partition(" ")
    if not first:
        return settings_face(notebook.settings.table(), meanings(), hint="%loom name=value")
    if first.startswith("--"):
        return run_cell(notebook, line, "")
    if first in COMMANDS:
        return COMMANDS[first].run(notebook, rest.strip())
    if "=" not in first:
        raise ConfigError(f"%loom has no command {first!r}: {_nearest(first)}")
    notebook.set(read_changes([fill(notebook, word) for word in split(line)]))
    return None


def _nearest(word: str) -> str:
    if word in SETTINGS:
        return f"{word} is a setting; write %loom {word}=…"
    return did_you_mean(word, COMMANDS)
