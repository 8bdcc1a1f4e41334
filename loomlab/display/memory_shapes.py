"""The few shapes that the pictures of a memory are made of: escaped words, lines, bars, the axis above them."""

from loomlab.display.memory_calendar import Calendar
from loomlab.display.memory_view import FactState
from loomlab.display.text import escape, preview

WIDTH, LEFT, RIGHT = 740, 130, 730
"""How wide the pictures are, and where time begins and ends in them: they stand under each other and line up."""

LETTER, SMALL_LETTER = 6.3, 5.7
"""How wide a letter is, about."""

BAR = 16
_LOOKS: dict[FactState, tuple[str, str]] = {
    "true": ("bm", 'fill="#8fbfdd"'),
    "ended": ("bp", 'fill="none" stroke="#8a9299"'),
    "later": ("bp", 'fill="none" stroke="#8a9299" stroke-dasharray="1 3"'),
    "corrected": ("bx", 'fill="none" stroke="#b8460e" stroke-dasharray="4 3"'),
}


def words_at(x: float, y: float, words: str, *, quiet: bool = False, anchor: str = "") -> str:
    """Words in a picture."""
    css = ' class="q"' if quiet else ""
    where = f' text-anchor="{anchor}"' if anchor else ""
    return f'<text{css} x="{x:.1f}" y="{y:g}"{where} fill="currentColor">{escape(words)}</text>'


def upright(x: float, top: float, bottom: float, *, accent: bool = False) -> str:
    """A line from top to bottom."""
    css, stroke = ("c0", "#0072b2") if accent else ("g", "#dfe3e7")
    return f'<line class="{css}" x1="{x:.1f}" x2="{x:.1f}" y1="{top:g}" y2="{bottom:g}" stroke="{stroke}"></line>'


def bar_at(x: float, y: float, wide: float, state: FactState, *, high: int = BAR) -> str:
    """The bar of a fact."""
    css, look = _LOOKS[state]
    place = f'x="{x:.1f}" y="{y:g}" width="{max(2.0, wide):.1f}" height="{high}" rx="3"'
    return f'<rect class="{css}" {place} {look}></rect>'


def column_at(x: float, y: float, wide: float, high: float) -> str:
    """A column of a strip."""
    place = f'x="{x:.1f}" y="{y:.1f}" width="{wide:.1f}" height="{high:.1f}"'
    return f'<rect class="bm" {place} fill="#8fbfdd"></rect>'


def dot_at(x: float, y: float) -> str:
    """Where something was learned."""
    return f'<circle class="c0" cx="{x:.1f}" cy="{y:g}" r="3.5" fill="#0072b2"></circle>'


def axis(calendar: Calendar, top: float, bottom: float) -> str:
    """The names of times, and a faint line under each."""
    parts = []
    for x, name in calendar.ticks():
        anchor = "end" if x + len(name) * 3 > WIDTH else "middle"
        parts += [upright(x, top, bottom), words_at(x, top - 6, name, quiet=True, anchor=anchor)]
    return "".join(parts)


def beside(x: float, dot: float, words: str) -> float:
    """Where words begin that would begin at ``x``, so that no dot stands in them."""
    return dot + 7 if x - 5 < dot < x + len(words) * LETTER else x


def fitted(words: str, wide: float) -> str:
    """As much of the words as fits into a width; nothing where that would be less than a few letters."""
    letters = int(wide / LETTER)
    if len(words) <= letters:
        return words
    return preview(words, letters) if letters >= 3 else ""


def picture(body: str, height: float, label: str) -> str:
    """The whole picture; ``label`` says the same in words."""
    size = f'viewBox="0 0 {WIDTH} {height:g}" width="100%"'
    return f'<svg {size} role="img" aria-label="{escape(label)}">{body}</svg>'
