"""The outline of a Markdown text: its headings, code fences and tables, as offsets."""

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field

Span = tuple[int, int]

_LINES = re.compile(
    r"^(?=[ \t]*+[`~#=|:-])(?:[ \t]*+(?P<fence>`{3,}(?=[^`\n]*$)|~{3,})"  # a fence may stand in a list, so at any depth
    r"| {0,3}(?P<marks>#{1,6})(?:[ \t]++(?P<title>[^\n]*))?$"
    r"| {0,3}(?P<under>={2,}|-{3,})[ \t]*+$"
    r"|(?P<delimiter> {0,3}(?=[^|\n]*\|)\|?+[ \t]*+:?+-++:?+[ \t]*+(?:\|[ \t]*+:?+-++:?+[ \t]*+)*+(?:\|[ \t]*+)?+$))",
    re.MULTILINE,
)
_FENCE = re.compile(r"[ \t]*+(`{3,}(?=[^`\n]*$)|~{3,})", re.MULTILINE)
_CLOSING_MARKS = re.compile(r"(?:^|[ \t])#+[ \t]*$")
_NOT_A_TITLE = re.compile(r"[ \t]*(?:$|[|#>`~=]|[-*+][ \t]|\d+[.)][ \t]|---)")


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading: its rank from 1 to 6, its words, where it begins, and where its line (or lines) end."""

    rank: int
    title: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Table:
    """A pipe table: where it begins, where its rows begin, and where it ends."""

    start: int
    rows: int
    end: int


@dataclass(slots=True)
class Outline:
    """What stands where in a Markdown text, in order. A ``#`` in a code fence is no heading."""

    headings: list[Heading] = field(default_factory=list)
    fences: list[Span] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)

    def kept(self) -> list[Span]:
        """What should stay whole: fences and tables."""
        return sorted([*self.fences, *((one.start, one.end) for one in self.tables)])


def outline(text: str) -> Outline:
    """Read a Markdown text. A fence that is never closed goes to the end, as in CommonMark."""
    found = Outline()
    at = _after_front_matter(text)
    while match := _LINES.search(text, at):
        at = _line_end(text, match.end())
        if match["fence"]:
            at = _fence_end(text, match["fence"], at)
            found.fences.append((match.start(), before_newline(text, match.start(), at)))
        elif match["marks"]:
            title = _CLOSING_MARKS.sub("", (match["title"] or "").rstrip())
            found.headings.append(Heading(len(match["marks"]), title.strip(), match.start(), match.end()))
        elif match["under"]:
            above = _line_start(text, match.start() - 1) if match.start() else 0
            title = text[above : max(match.start() - 1, 0)]
            alone = above == 0 or text[:above].endswith(("\n\n", "\r\n\r\n"))
            if alone and not _NOT_A_TITLE.match(title):
                rank = 1 if match["under"][0] == "=" else 2
                found.headings.append(Heading(rank, title.strip(), above, match.end()))
        elif match.start() and (table := _table(text, match.start(), at)):
            found.tables.append(table)
            at = table.end
    return found


def fences(text: str) -> list[Span]:
    """Only the code fences: what a text that may not be Markdown should keep whole."""
    found: list[Span] = []
    at = 0
    while (mark := _next_mark(text, at)) >= 0:
        start = _line_start(text, mark)
        match = _FENCE.match(text, start) if start >= at else None
        if match is None:
            at = mark + 3
            continue
        at = _fence_end(text, match[1], _line_end(text, match.end()))
        found.append((start, before_newline(text, start, at)))
    return found


def _next_mark(text: str, at: int) -> int:
    """Where the next three backticks or tildes are; -1 if there are none."""
    ticks = text.find("```", at)
    tildes = text.find("~~~", at, ticks if ticks >= 0 else len(text))
    return tildes if tildes >= 0 else ticks


class Paths:
    """Which headings stand above a place."""

    def __init__(self, headings: Sequence[Heading]) -> None:
        self._starts = [one.start for one in headings]
        self._paths: list[list[str]] = []
        above: list[Heading] = []
        for one in headings:
            above = [*(upper for upper in above if upper.rank < one.rank), one]
            self._paths.append([upper.title for upper in above if upper.title])

    def at(self, place: int) -> list[str]:
        """The titles above ``place``, outermost first."""
        number = bisect_right(self._starts, place) - 1
        return list(self._paths[number]) if number >= 0 else []


def before_newline(text: str, start: int, at: int) -> int:
    """``at``, moved back over one line end."""
    at = at - 1 if at > start and text[at - 1] == "\n" else at
    return at - 1 if at > start and text[at - 1] == "\r" else at


def _after_front_matter(text: str) -> int:
    if not text.startswith(("---\n", "---\r\n")):
        return 0
    found = re.compile(r"^(?:---|\.\.\.)[ \t]*+$", re.MULTILINE).search(text, 4)
    return found.end() if found else 0


def _line_end(text: str, at: int) -> int:
    end = text.find("\n", at)
    return len(text) if end < 0 else end + 1


def _line_start(text: str, at: int) -> int:
    return text.rfind("\n", 0, at) + 1


def _fence_end(text: str, mark: str, at: int) -> int:
    close = re.compile(rf"^[ \t>]*+{re.escape(mark[0])}{{{len(mark)},}}[ \t]*+\r?$", re.MULTILINE).search(text, at)
    return _line_end(text, close.end()) if close else len(text)


def _table(text: str, delimiter: int, rows: int) -> Table | None:
    start = _line_start(text, delimiter - 1)
    if "|" not in text[start:delimiter]:
        return None
    end = rows
    while end < len(text):
        line = text[end : _line_end(text, end)]
        if "|" not in line:
            break
        end += len(line)
    return Table(start, rows, before_newline(text, start, end))
