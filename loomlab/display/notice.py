"""Short notices: what went wrong, why and the remedy, in that order; and what to type where there is nothing yet."""

from loomlab.display.text import clip, escape, plain
from loomlab.display.theme import face

_LONG = 4_000


def error_body(what: str, why: str = "", remedy: str = "", *, mark: str = "✕") -> str:
    """The notice of an error as a part of another face. ``mark``: ``✕``, or ``!`` for what is less than an error."""
    because = f" {_lines(why)}" if why else ""
    help_ = f"<br>{_lines(remedy)}" if remedy else ""
    return f'<p class="note{" bad" if mark == "✕" else ""}"><strong>{mark} {_lines(what)}</strong>{because}{help_}</p>'


def error_html(what: str, why: str = "", remedy: str = "") -> str:
    """An error as a whole output."""
    return face(error_body(what, why, remedy))


def error_text(what: str, why: str = "", remedy: str = "", *, mark: str = "✕") -> str:
    """An error as text, one line for each part."""
    lines = [f"{mark} {clip(plain(what), _LONG)}", *(f"  {clip(plain(part), _LONG)}" for part in (why, remedy) if part)]
    return "\n".join(lines)


def note_body(text: str) -> str:
    """A remark as a part of another face."""
    return f'<p class="note">{_lines(text)}</p>'


def empty_html(what: str, type_next: str) -> str:
    """Nothing to show yet (``what``), and what to type next."""
    return face(f'<p><span class="s">{_lines(what)}</span> Type <code>{_lines(type_next)}</code></p>')


def empty_text(what: str, type_next: str) -> str:
    """The same as text."""
    return f"{clip(plain(what), _LONG)} Type {clip(plain(type_next), _LONG)}"


def _lines(text: str) -> str:
    return escape(clip(text, _LONG)).replace("\n", "<br>")
