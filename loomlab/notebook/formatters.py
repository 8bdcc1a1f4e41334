"""How values of ours look at the end of a cell. The core types carry no display code: it is registered here."""

from collections.abc import Callable
from typing import Any

from loomlab.core.errors import LoomError
from loomlab.notebook.face import Face
from loomlab.notebook.faces import SHOWN, face_of

MakeFace = Callable[[Any], Face | None]


def register(shell: Any, kind: type, make: MakeFace = face_of) -> None:
    """Show values of ``kind`` by their faces."""

    def html(value: Any) -> str | None:
        face = _made(make, value)
        return None if face is None else face.html

    def text(value: Any, printer: Any, cycle: bool) -> None:
        # Whole at the end of a cell; inside of a list or dict a value stays on its line.
        face = _made(make, value) if len(printer.stack) < 2 else None
        printer.text(repr(value) if face is None else face.text)

    formatters = shell.display_formatter.formatters
    formatters["text/html"].for_type(kind, html)
    formatters["text/plain"].for_type(kind, text)


def install(shell: Any) -> None:
    """Register all types of ours."""
    for kind in SHOWN:
        register(shell, kind)


def uninstall(shell: Any) -> None:
    """Take them away again."""
    for mime in ("text/html", "text/plain"):
        formatter = shell.display_formatter.formatters[mime]
        for kind in SHOWN:
            formatter.pop(kind, None)


def _made(make: MakeFace, value: Any) -> Face | None:
    try:
        return make(value)
    except LoomError:  # a package that its figures need is missing: the plain form says enough
        return None
