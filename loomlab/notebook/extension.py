"""``%load_ext loomlab`` and ``%unload_ext loomlab``: every part of the room is switched on and off here."""

from typing import Any

from loomlab.display import error_html, error_text
from loomlab.notebook import complete, errors, formatters, magics
from loomlab.notebook.face import Face
from loomlab.notebook.notebook import NAME, Notebook
from loomlab.notebook.screen import Screen


def load_ipython_extension(shell: Any) -> None:
    """Switch on magics, displays, completion, error cards and the recording of runs. Loading twice changes nothing.

    Where the log can't be written, a note says so and everything else works.
    """
    if NAME in shell.__dict__:
        return
    notebook = shell.__dict__[NAME] = Notebook(shell)
    magics.install(notebook)
    formatters.install(shell)
    errors.install(shell)
    complete.install(notebook)
    if notebook.not_recording is not None:
        parts = ("Runs are not being recorded:", notebook.not_recording)
        Screen(shell).publish(Face(error_html(*parts), error_text(*parts)))


def unload_ipython_extension(shell: Any) -> None:
    """Switch all of it off."""
    notebook: Notebook | None = shell.__dict__.pop(NAME, None)
    if notebook is None:
        return
    complete.uninstall(notebook)
    errors.uninstall(shell)
    formatters.uninstall(shell)
    magics.uninstall(shell)
    notebook.close()
