"""Names that others chose, made fit to stand in a picture: one line, no control or direction characters, short."""

import unicodedata

LABEL, DETAIL, ABOUT = 60, 80, 200
"""Characters kept of a label, of the line under it, and of a tooltip."""

_UNSEEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def one_line(text: object, limit: int = LABEL) -> str:
    """``text`` as one line of at most ``limit`` characters, without characters that hide, reorder or control."""
    head = str(text)[: limit * 8]
    seen = "".join(" " if one in "\n\r\t\v\f" else one for one in head if one in "\n\r\t\v\f" or _visible(one))
    line = " ".join(seen.split())
    return line if len(line) <= limit and len(str(text)) <= limit * 8 else f"{line[: limit - 1].rstrip()}…"


def first_line(text: object, limit: int = LABEL) -> str:
    """The first line of ``text`` that says anything."""
    lines = (one_line(line, limit) for line in str(text)[:4_000].splitlines())
    return next((line for line in lines if line), "")


def words_of(name: str) -> str:
    """A name as words: ``web_search`` stays, ``__coordinator`` reads ``coordinator``."""
    return name.strip("_") or name


def _visible(one: str) -> bool:
    return unicodedata.category(one) not in _UNSEEN
