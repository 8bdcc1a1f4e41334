"""How wide words are, without a browser: rounded up, after the widths of a wide common typeface."""

import unicodedata

_NARROW = {"i": 0.29, "j": 0.29, "l": 0.29, " ": 0.32, "f": 0.36, "t": 0.4, "r": 0.42, "I": 0.31}
_WIDE = {"m": 0.98, "w": 0.82, "M": 0.87, "W": 0.99, "@": 1.0, "%": 0.95}
BOLD = 1.1


def text_width(text: str, size: float) -> float:
    """Pixels that ``text`` takes at a font size."""
    return sum(map(_em, text)) * size


def fit(text: str, size: float, most: float) -> str:
    """``text`` cut to ``most`` pixels, with an ellipsis where something is missing."""
    if text_width(text, size) <= most:
        return text
    while text and text_width(text, size) + size > most:
        text = text[:-1]
    return f"{text.rstrip()}…"


def wrapped(text: str, size: float, most: float, lines: int) -> list[str]:
    """``text`` on at most so many lines of ``most`` pixels, broken at spaces and underscores where it can be."""
    found: list[str] = []
    rest = text.strip()
    while rest and len(found) < lines - 1 and text_width(rest, size) > most:
        end = len(rest)
        while end > 1 and text_width(rest[:end], size) > most:
            end -= 1
        breaks = [place + 1 for place, one in enumerate(rest[:end]) if one in " _-/"]
        end = breaks[-1] if breaks and breaks[-1] > end // 3 else end
        found.append(rest[:end].rstrip())
        rest = rest[end:].lstrip()
    return [*found, fit(rest, size, most)] if rest else found


def _em(one: str) -> float:
    if one in _NARROW:
        return _NARROW[one]
    if one in _WIDE:
        return _WIDE[one]
    if not one.isascii():
        return 0.0 if unicodedata.combining(one) else 1.05 if unicodedata.east_asian_width(one) in "WF" else 0.72
    if one.isalpha():
        return 0.7 if one.isupper() else 0.61
    return 0.64 if one.isdigit() else 0.45
