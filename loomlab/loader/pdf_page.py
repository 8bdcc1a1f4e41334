"""One page of a PDF as Markdown: lines joined to paragraphs, headings by their size, tables in their place."""

import ctypes
import re
import statistics
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from loomlab.loader.marking import one_line, plain

Box = tuple[float, float, float, float]
"""Left, top, right, bottom in points, measured from the bottom of the page."""

_BULLET = re.compile(r"^[•◦▪▫‣●○■□–\uf0b7\u2013]\s*|^[-*]\s+")
_NUMBERED = re.compile(r"^\(?(\d{1,3}|[a-z])[.)]\s+")
_LARGE, _LARGER = 1.15, 1.6
_LONGEST_HEADING = 120
_HYPHEN = "\x02"


@dataclass(slots=True)
class Line:
    """A line of text: where its first and last letters are, and how large the first one is (all in points)."""

    text: str
    left: float = 0.0
    right: float = 0.0
    base: float = 0.0
    size: float = 0.0


def page_markdown(words: Any, tables: list[tuple[Box, str]]) -> str:
    """The Markdown of a page, from pypdfium2's text page; the words of ``tables`` are replaced by their Markdown."""
    lines = _lines(words)
    body = _usual([one for one in lines if one.size], "size")
    step = _usual_step(lines)
    width = max((one.right for one in lines), default=0.0)
    blocks: list[str] = []
    before: Line | None = None
    waiting = list(tables)
    for line in lines:
        inside = next((one for one in tables if _is_in(line, one[0])), None)
        if inside is not None:
            if inside in waiting:
                waiting.remove(inside)
                blocks.append(inside[1])
            before = None
            continue
        rank = _rank(line, body)
        bullet = _BULLET.match(line.text)
        if rank:
            if before is not None and _rank(before, body) == rank and _follows(before, line, step * rank, width, True):
                blocks[-1] += f" {line.text}"
            else:
                blocks.append(f"{'#' * (5 - rank)} {line.text}")
        elif bullet or _NUMBERED.match(line.text):
            text = f"- {line.text[bullet.end() :]}" if bullet else plain(line.text)
            close = before is not None and blocks and _is_item(blocks[-1])
            blocks[-1:] = [f"{blocks[-1]}\n{text}"] if close else [*blocks[-1:], text]
        elif before is not None and not _rank(before, body) and _follows(before, line, step, width, False):
            blocks[-1] = _joined(blocks[-1], line.text)
        else:
            blocks.append(plain(line.text))
        before = line
    blocks += [one[1] for one in waiting]
    return "\n\n".join(one.replace(_HYPHEN, "") for one in blocks)


def _lines(words: Any) -> list[Line]:
    text = words.get_text_range()
    measured = len(text) == words.count_chars()
    found = []
    at = 0
    for raw in text.split("\n"):
        line = one_line(raw.replace("\x00", " ").replace("\ufffe", _HYPHEN).replace("\ufffd", " "))
        if line:
            first = at + len(raw) - len(raw.lstrip())
            last = at + len(raw.rstrip()) - 1
            found.append(_measured(words, line, first, last) if measured else Line(line))
        at += len(raw) + 1
    return found


def _measured(words: Any, text: str, first: int, last: int) -> Line:
    import pypdfium2.raw as raw

    left, right, bottom, top = (ctypes.c_double() for _ in range(4))
    raw.FPDFText_GetCharBox(words, last, left, right, bottom, top)
    end = right.value
    x, y = ctypes.c_double(), ctypes.c_double()
    raw.FPDFText_GetCharOrigin(words, first, x, y)
    box = raw.FS_RECTF()
    raw.FPDFText_GetLooseCharBox(words, first, box)
    return Line(text, x.value, end, y.value, round(abs(box.top - box.bottom), 1))


def _usual(lines: list[Line], name: str) -> float:
    values = [getattr(one, name) for one in lines for _ in range(min(len(one.text), 200))]
    return statistics.median(values) if values else 0.0


def _usual_step(lines: list[Line]) -> float:
    steps = [one.base - two.base for one, two in pairwise(lines) if one.base > two.base]
    return statistics.median_low(steps) if steps else 0.0


def _rank(line: Line, body: float) -> int:
    """0 for text, 1 for a heading, 2 for a large one."""
    if (
        not body
        or line.size < body * _LARGE
        or len(line.text) > _LONGEST_HEADING
        or not any(map(str.isalpha, line.text))
    ):
        return 0
    return 2 if line.size >= body * _LARGER else 1


def _follows(before: Line, line: Line, step: float, width: float, heading: bool) -> bool:
    """Whether a line goes on with the paragraph of the one before it."""
    if not step or not line.size:  # not measured: lines of a page are one paragraph until one ends early
        return not before.text.endswith((".", ":", "!", "?"))
    gap = before.base - line.base
    if gap < -0.2 * step:  # up again: the next column, where a sentence may go on
        return not heading and not before.text.endswith((".", ":", "!", "?")) and line.text[:1].islower()
    if gap > 1.45 * step or abs(before.size - line.size) > 0.15 * before.size:
        return False
    if heading or gap < 0.2 * step:
        return True
    ended_early = before.right < before.left + 0.6 * (width - before.left)
    return not ended_early


def _joined(text: str, line: str) -> str:
    if text.endswith(_HYPHEN):
        return text.removesuffix(_HYPHEN) + line
    if text.endswith("-") and text[-2:-1].isalpha() and line[:1].islower():
        return text.removesuffix("-") + line
    return f"{text} {line}"


def _is_item(block: str) -> bool:
    last = block.rpartition("\n")[2]
    return last.startswith("- ") or bool(_NUMBERED.match(last))


def _is_in(line: Line, box: Box) -> bool:
    left, top, right, bottom = box
    return bool(line.size) and left - 2 <= line.left <= right and bottom - 2 <= line.base <= top + 2
