"""Where in a TOML text a key stands, so that an error can name the line."""

import re
from collections.abc import Sequence

_KEY = r"""(?:[A-Za-z0-9_-]+|"(?:[^"\\]|\\.)*"|'[^']*')"""
_PATH = rf"{_KEY}(?:\s*\.\s*{_KEY})*"
_HEADER = re.compile(rf"^\s*(\[\[?)\s*({_PATH})\s*\]\]?\s*(?:#.*)?$")
_PAIR = re.compile(rf"^\s*({_PATH})\s*=\s*(.*)$")
_PART = re.compile(_KEY)

Place = tuple[str | int, ...]


def line_of(text: str, place: Sequence[str | int]) -> int | None:
    """The line, from 1, of the key at ``place`` in a TOML text; else that of the nearest table around it, else None."""
    lines = _lines(text)
    wanted = tuple(place)
    for length in range(len(wanted), 0, -1):
        if (found := lines.get(wanted[:length])) is not None:
            return found
    return None


def _lines(text: str) -> dict[Place, int]:
    """The line of every table and key that has one of its own. What stands in an inline table has not."""
    found: dict[Place, int] = {}
    counts: dict[Place, int] = {}
    table: Place = ()
    closing = ""
    depth = 0
    for number, line in enumerate(text.splitlines(), 1):
        if closing:
            if closing not in line:
                continue
            line, closing = line.partition(closing)[2], ""
            depth += _opened(line)
            continue
        if depth > 0:
            depth += _opened(line)
            continue
        if header := _HEADER.match(line):
            table = _within(_parts(header[2]), counts)
            if header[1] == "[[":
                counts[table] = counts.get(table, -1) + 1
                found.setdefault(table, number)
                table = (*table, counts[table])
            found.setdefault(table, number)
        elif pair := _PAIR.match(line):
            key = (*table, *_parts(pair[1]))
            for length in range(len(table) + 1, len(key) + 1):
                found.setdefault(key[:length], number)
            value = pair[2]
            closing = next((mark for mark in ('"""', "'''") if value.startswith(mark) and mark not in value[3:]), "")
            depth = 0 if closing else _opened(value)
    return found


def _parts(path: str) -> Place:
    return tuple(one[1:-1] if one[0] in "\"'" else one for one in _PART.findall(path))


def _within(path: Place, counts: dict[Place, int]) -> Place:
    """``path`` with the number of the last element for each list of tables on its way."""
    whole: Place = ()
    for part in path[:-1]:
        whole = (*whole, part)
        if whole in counts:
            whole = (*whole, counts[whole])
    return (*whole, path[-1])


def _opened(value: str) -> int:
    """How many brackets more are opened than closed, outside of texts and comments."""
    bare = re.sub(r""""(?:[^"\\]|\\.)*"|'[^']*'|#.*""", "", value)
    return sum(bare.count(one) for one in "[{") - sum(bare.count(one) for one in "]}")
