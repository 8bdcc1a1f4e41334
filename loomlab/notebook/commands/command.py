"""What a command of ``%loom`` is."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from loomlab.notebook.notebook import Notebook


def _nothing(notebook: Notebook, words: list[str]) -> Iterable[str]:
    return ()


@dataclass(frozen=True, slots=True)
class Command:
    """One word after ``%loom``.

    ``usage`` is how it is typed, ``meaning`` what it does. ``run`` gets the rest of the line; what it returns is shown,
    or assigned (``x = %loom …``). ``complete`` gets the words before the one being typed, and says what could follow.
    """

    name: str
    usage: str
    meaning: str
    run: Callable[[Notebook, str], Any]
    complete: Callable[[Notebook, list[str]], Iterable[str]] = _nothing
