"""What a search found: each passage with its place in the source, its score, and the words of the question marked."""

import re
from bisect import bisect_left
from collections.abc import Sequence

from loomlab.core.documents import SearchResult
from loomlab.core.redact import redact
from loomlab.display import format as fmt
from loomlab.display.grid import RIGHT, column, grid
from loomlab.display.text import clip, escape, plain, preview
from loomlab.display.theme import fitting
from loomlab.loader import cite

ROWS = 20
_LONGEST = 20_000
"""Characters of a passage that are looked at: a chunk is far shorter."""
_BAR, _TEXT_BAR = 170, 12
_WORD = re.compile(r"\w+")
_HEADING = re.compile(r"^ {0,3}#{1,6} .*\n?|^[|:\- ]+\n", re.MULTILINE)
_CELLS = re.compile(r"\s*\|[\s|]*")
_LITTLE = frozenset(
    _WORD.findall(
        "a an and are as at be by can do does for from has have how i in is it its me my of on one or our so that the "
        "their there this to was we what when where which who whom why will with you your"
    )
)
"""Words that stand in every passage: marking them would mark everything."""


def search_html(results: Sequence[SearchResult], query: str = "") -> str:
    """The results as a whole output; each passage is folded."""
    return fitting(
        _body(results, query, most, room) for most, room in ((ROWS, 2_000), (ROWS, 800), (10, 300), (5, 100))
    )


def search_text(results: Sequence[SearchResult], query: str = "") -> str:
    """The same as text, with the beginning of each passage."""
    lines = [_title(results, query, 100)]
    for rank, (one, share) in enumerate(zip(results[:ROWS], _shares(results), strict=False), 1):
        full = round(share * _TEXT_BAR)
        lines.append(
            f"{rank:>3}  {'█' * full}{'░' * (_TEXT_BAR - full)}  {fmt.score(one.score)}  {preview(place(one), 90)}"
        )
        lines.append(f"     {preview(excerpt(_said(one), query), 100)}")
    return "\n".join([*lines, *_left(results, ROWS)])


def place(one: SearchResult) -> str:
    """Where a passage stands, with the last of its headings where the place does not say it."""
    where = redact(cite(one.chunk))
    headers = one.chunk.metadata.get("headers")
    last = redact(str(headers[-1])) if isinstance(headers, (list, tuple)) and headers else ""
    return where if not last or last in where else f"{where} · {last}"


def marked(text: str, query: str) -> str:
    """``text`` as safe HTML, with the words of ``query`` in it set off."""
    wanted = words_of(query)
    text = plain(text)
    pieces, at = [], 0
    for found in _WORD.finditer(text) if wanted else ():
        if found[0].casefold() in wanted:
            pieces += [escape(text[at : found.start()]), f"<strong>{escape(found[0])}</strong>"]
            at = found.end()
    return "".join([*pieces, escape(text[at:])])


def words_of(query: str) -> frozenset[str]:
    """The words of a question that say what it is about."""
    return frozenset(word for word in (one.casefold() for one in _WORD.findall(query)) if word not in _LITTLE)


def excerpt(text: str, query: str, room: int = 140) -> str:
    """The part of a passage that holds most of the question's words, on one line; headings stand in its place."""
    text = text[:_LONGEST]
    line = " ".join((_HEADING.sub("", text).strip() or text).split())
    line = _CELLS.sub(" · ", line).strip(" ·").replace(". · ", ". ")
    wanted = words_of(query)
    hits = [one.start() for one in _WORD.finditer(line) if one[0].casefold() in wanted]
    if len(line) <= room or not hits:
        return preview(line, room)
    best = max(range(len(hits)), key=lambda at: (bisect_left(hits, hits[at] + room) - at, -at))
    start = line.rfind(" ", 0, max(1, hits[best] - room // 4)) + 1
    return ("…" if start else "") + preview(line[start:], room)


def _body(results: Sequence[SearchResult], query: str, most: int, room: int) -> str:
    above = f"<p>{escape(_title(results, query, 200))}</p>"
    if not results:
        return above
    lines = []
    for rank, (one, share) in enumerate(zip(results[:most], _shares(results), strict=False), 1):
        said = _said(one)
        lines.append(
            f'<tr><th scope="row">{rank}</th>'
            f"<td><details><summary><strong>{escape(preview(place(one), 120))}</strong></summary>"
            f"<pre>{marked(clip(said, room), query)}</pre></details>"
            f'<span class="s">{marked(excerpt(said, query), query)}</span></td>'
            f"<td>{_bar(share)}</td><td{RIGHT}>{fmt.score(one.score)}</td></tr>"
        )
    head = column("rank") + '<th scope="col" class="f">source · passage</th>' + column("") + column("score", right=True)
    left = "".join(f'<p class="s">{escape(line)}</p>' for line in _left(results, most))
    return above + grid(head, "".join(lines), wide=True) + left


def _title(results: Sequence[SearchResult], query: str, room: int) -> str:
    asked = f"“{preview(redact(query), room)}” · " if query else ""
    found = (
        f"{fmt.plural(len(results), 'passage')} found" if results else "nothing found: the store holds nothing like it"
    )
    return asked + found


def _said(one: SearchResult) -> str:
    return redact(one.chunk.content[:_LONGEST])


def _shares(results: Sequence[SearchResult]) -> list[float]:
    """Each score as a share of a bar: of 1 for cosines, of the best for scores that have no scale of their own."""
    scores = [one.score if one.score == one.score else 0.0 for one in results]
    best = max(scores, default=0.0)
    scale = 1.0 if 0.1 < best <= 1.0 else best
    return [min(1.0, max(0.0, score / scale)) if scale > 0 else 0.0 for score in scores]


def _bar(share: float) -> str:
    return (
        f'<svg class="w" width="{_BAR}" height="9" role="img" aria-label="{fmt.percent(share)} of the scale">'
        f'<rect class="c0" x="0" width="{share * _BAR:.1f}" height="9" rx="1.5"></rect></svg>'
    )


def _left(results: Sequence[SearchResult], most: int) -> list[str]:
    return [f"{fmt.plural(len(results) - most, 'more passage')} not shown"] if len(results) > most else []
