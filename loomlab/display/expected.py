"""An expectation and what was found: the verdict in one line, and where the interval lies."""

from collections.abc import Callable
from dataclasses import dataclass

from loomlab.display.intervals import FILLS
from loomlab.display.text import escape, preview
from loomlab.display.theme import face

_MARKS = {True: ("ok", "✓ met"), False: ("no", "✕ not met"), None: ("hm", "? not decided")}
_LEFT, _RIGHT, _WIDTH = 60, 760, 820


@dataclass(frozen=True, slots=True)
class Expected:
    """What was expected in the words of its author, and what was found. ``where`` is the side of ``bound`` that is
    right: ``above``, ``below``, ``around`` (within ``slack``), or empty. ``shown`` writes a figure with its unit.
    """

    text: str
    ok: bool | None
    sentence: str
    value: float | None
    low: float | None
    high: float | None
    bound: float
    where: str
    shown: Callable[[float | None], str]
    slack: float = 0.0


def expected_html(one: Expected) -> str:
    """The verdict as a whole output."""
    css, mark = _MARKS[one.ok]
    head = f'<span class="{css}"><strong>{mark}</strong></span> <code>{escape(preview(one.text, 200))}</code>'
    return face(f'<p class="answer">{head}</p><p class="s">{escape(preview(_rest(one), 600))}</p>{expected_svg(one)}')


def expected_text(one: Expected) -> str:
    """The verdict as text."""
    return f"{_MARKS[one.ok][1]}: {preview(one.text, 200)}\n  {preview(_rest(one), 600)}"


def expected_svg(one: Expected) -> str:
    """The interval, the bound, and the side that is right as a band. Empty where there is no interval."""
    if one.value is None or one.low is None or one.high is None:
        return ""
    edges = (one.bound - one.slack, one.bound + one.slack)
    least, most = min(one.low, *edges), max(one.high, *edges)
    room = (most - least or abs(most) or 1.0) * 0.18
    least, most = least - room, most + room

    def x(value: float) -> float:
        return _LEFT + (value - least) / (most - least) * (_RIGHT - _LEFT)

    left = x(edges[0]) if one.where in ("above", "around") else _LEFT
    right = x(edges[1]) if one.where in ("below", "around") else _RIGHT
    band = f'<rect class="bp" x="{left:.1f}" y="14" width="{right - left:.1f}" height="26" fill="#f2f4f6"></rect>'
    marks = "".join(
        f'<line class="g" x1="{x(edge):.1f}" x2="{x(edge):.1f}" y1="10" y2="44" stroke="#888" '
        f'stroke-dasharray="3 3"></line>'
        for edge in dict.fromkeys(edges)
    )
    css, fill = {True: ("c2", FILLS[2]), False: ("c1", FILLS[1]), None: ("c3", FILLS[3])}[one.ok]
    low, high, at = x(one.low), x(one.high), x(one.value)
    said = (
        f"found {one.shown(one.value)}, interval from {one.shown(one.low)} to {one.shown(one.high)}; "
        f"expected {one.where or 'at'} {one.shown(one.bound)}"
    )
    return (
        f'<svg viewBox="0 0 {_WIDTH} 62" width="{_WIDTH}" role="img" aria-label="{escape(said)}">'
        f"{band if one.where else ''}"
        f'<line class="g" x1="{_LEFT}" x2="{_RIGHT}" y1="40" y2="40" stroke="#dfe3e7"></line>{marks}'
        f'<line class="{css}" x1="{low:.1f}" x2="{high:.1f}" y1="27" y2="27" stroke="{fill}" stroke-width="3"></line>'
        f'<circle class="{css}" cx="{at:.1f}" cy="27" r="5.5" fill="{fill}"></circle>'
        f"{_word(at, 10, one.shown(one.value), '')}{_bounds(one, x, edges)}</svg>"
    )


def _bounds(one: Expected, x: Callable[[float], float], edges: tuple[float, float]) -> str:
    return "".join(_word(x(edge), 57, one.shown(edge), "q") for edge in dict.fromkeys(edges))


def _word(x: float, y: int, said: str, css: str) -> str:
    of = f' class="{css}"' if css else ""
    return f'<text{of} x="{x:.1f}" y="{y}" text-anchor="middle" fill="currentColor">{escape(said)}</text>'


def _rest(one: Expected) -> str:
    """The sentence without the verdict, which stands before it."""
    _, _, rest = one.sentence.partition(": ")
    return rest
