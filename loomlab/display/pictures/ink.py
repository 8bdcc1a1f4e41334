"""What still drawings are made of: marks, lines, words and axes as SVG, without script, style or id."""

import math
import re
from collections.abc import Callable, Sequence

from loomlab.display import format as fmt
from loomlab.display.intervals import FILLS
from loomlab.display.text import escape, preview
from loomlab.display.theme import PICTURE_RULES
from loomlab.graph.paint import DARK, FONT, LIGHT

WIDTH = 820
"""Units of a drawing from left to right."""

_CHAR = 6.1
"""About how wide a character is; what must not collide is measured with it."""

Scale = Callable[[float], float]


def picture(height: float, label: str, parts: Sequence[str]) -> str:
    """The parts as one drawing; ``label`` says in words what it shows."""
    size = f'viewBox="0 0 {WIDTH} {height:.0f}" width="{WIDTH}"'
    words = escape(preview(label, 600))
    return f'<svg class="pv" {size} role="img" aria-label="{words}">{"".join(parts)}</svg>'


def alone(svg: str) -> str:
    """A drawing as a file: with its name space, and with its own colours, light and dark."""
    names = {"c4": ("#a64d82", "#d993ba")}
    light, dark = (
        {**base, **{key: pair[side] for key, pair in names.items()}} for side, base in enumerate((LIGHT, DARK))
    )
    variables = [";".join(f"--l-{key}:{value}" for key, value in one.items()) for one in (light, dark)]
    rules = PICTURE_RULES + (
        "& .pv text { font-family: FONT; font-size: 11.5px; fill: var(--l-fg); } "
        "& .pv .q { fill: var(--l-muted); font-size: 10.5px; } & .pv .g { stroke: var(--l-rule); } "
    ).replace("FONT", FONT)
    for number, name in enumerate(("accent", "bad", "good", "warn", "c4")):
        rules += f"& .pv .c{number} {{ fill: var(--l-{name}); stroke: var(--l-{name}); }} "
    # Of the rules, those for hollow marks must come after those for filled ones.
    rules = re.sub(r"\s+", " ", rules + PICTURE_RULES).replace("& .pv", "svg.pv").replace("& svg.pv", "svg.pv")
    style = f"svg.pv{{{variables[0]}}}@media (prefers-color-scheme:dark){{svg.pv{{{variables[1]}}}}}{rules}"
    return svg.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1).replace(
        ">", f"><style>{style}</style>", 1
    )


def words(x: float, y: float, said: str, *, anchor: str = "start", css: str = "", limit: int = 60) -> str:
    """Plain text at a place; ``anchor`` start, middle or end."""
    of = f' class="{css}"' if css else ""
    text = escape(preview(said, limit))
    return f'<text{of} x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="currentColor">{text}</text>'


def line(x1: float, y1: float, x2: float, y2: float, css: str = "g", *, width: float = 1, dash: str = "") -> str:
    """A straight line."""
    ends = f'x1="{x1:.1f}" x2="{x2:.1f}" y1="{y1:.1f}" y2="{y2:.1f}"'
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    return f'<line class="{css}" {ends} stroke="{colour(css)}" stroke-width="{width:g}"{dashed}></line>'


def box(x: float, y: float, width: float, height: float, css: str) -> str:
    """A filled rectangle."""
    size = f'x="{x:.1f}" y="{y:.1f}" width="{max(0.0, width):.1f}" height="{max(0.0, height):.1f}"'
    return f'<rect class="{css}" {size} fill="{colour(css)}"></rect>'


def way(d: str, css: str, *, width: float = 1, dash: str = "", filled: bool = False) -> str:
    """A path, as a line unless ``filled``."""
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    fill = colour(css) if filled else "none"
    return f'<path class="{css}" d="{d}" fill="{fill}" stroke="{colour(css)}" stroke-width="{width:g}"{dashed}></path>'


def mark(number: int, x: float, y: float, size: float = 6, *, hollow: bool = False) -> str:
    """The mark of the arm of that number: a shape and a colour of its own; ``hollow`` is an outline."""
    shape = shape_path(number, x, y, size)
    css = f"c{number % 5}{' po' if hollow else ''}"
    fill = "#ffffff" if hollow else FILLS[number % 5]
    return f'<path class="{css}" d="{shape}" fill="{fill}" stroke="{FILLS[number % 5]}" stroke-width="2"></path>'


def shape_path(number: int, x: float, y: float, size: float) -> str:
    """Circle, square, triangle, diamond, and a triangle on its head, in turn."""
    s = size
    kind = number % 5
    if kind == 0:
        return f"M{x - s:.1f} {y:.1f}a{s:g} {s:g} 0 1 0 {2 * s:g} 0a{s:g} {s:g} 0 1 0 {-2 * s:g} 0z"
    if kind == 1:
        return f"M{x - s * 0.9:.1f} {y - s * 0.9:.1f}h{1.8 * s:.1f}v{1.8 * s:.1f}h{-1.8 * s:.1f}z"
    if kind == 2:
        return f"M{x:.1f} {y - 1.15 * s:.1f}l{1.1 * s:.1f} {2 * s:.1f}h{-2.2 * s:.1f}z"
    if kind == 3:
        s *= 1.3
        return f"M{x:.1f} {y - s:.1f}l{s:.1f} {s:.1f}l{-s:.1f} {s:.1f}l{-s:.1f} {-s:.1f}z"
    return f"M{x:.1f} {y + 1.15 * s:.1f}l{1.1 * s:.1f} {-2 * s:.1f}h{-2.2 * s:.1f}z"


def colour(css: str) -> str:
    """The colour where no style sheet says another."""
    named = {
        "g": "#dfe3e7",
        "pl": "#5b6168",
        "pa": "#d6e7f2",
        "pb": "#f2f4f6",
        "po": "#ffffff",
        "pm": "#5b6168",
        "hm": "#8a6100",
    }
    for one in css.split():
        if one in named:
            return named[one]
        if one[:1] == "c" and one[1:].isdigit():
            return FILLS[int(one[1:])]
    return "#5b6168"


def text_width(said: str) -> float:
    """About how wide a text is drawn."""
    return len(said) * _CHAR


def ticks(least: float, most: float, about: int = 5) -> list[float]:
    """Round numbers that enclose a range."""
    if most - least < 1e-9 * max(1.0, abs(most)):
        least, most = least - 0.5, most + 0.5
    power = 10.0 ** math.floor(math.log10(most - least))
    step = next(power * factor for factor in (0.1, 0.2, 0.5, 1, 2, 5) if (most - least) / (power * factor) <= about)
    first, last = math.floor(least / step + 1e-9), math.ceil(most / step - 1e-9)
    return [round(index * step, 12) for index in range(first, max(last, first + 1) + 1)]


def decades(least: float, most: float) -> list[float]:
    """1, 2 and 5 times powers of ten that enclose a range, or the powers alone where those are many."""
    low, high = math.floor(math.log10(least)), math.ceil(math.log10(most))
    factors = (1, 2, 5) if high - low <= 3 else (1,)
    found = [factor * 10.0**power for power in range(low, high + 1) for factor in factors]
    first = max((index for index, one in enumerate(found) if one <= least), default=0)
    last = min((index for index, one in enumerate(found) if one >= most), default=len(found) - 1)
    return found[first : max(last, first + 1) + 1]


def linear(start: float, end: float, from_: float, to: float) -> Scale:
    """A straight scale from values to places."""
    return lambda value: from_ + (value - start) / (end - start) * (to - from_)


def logarithmic(start: float, end: float, from_: float, to: float) -> Scale:
    """The same for logarithms; what is below ``start`` lies at its place."""
    a, b = math.log(start), math.log(end)
    return lambda value: from_ + (math.log(max(value, start)) - a) / (b - a) * (to - from_)


def number(value: float) -> str:
    """A figure at an axis, without needless zeros."""
    return f"{value:,.10g}".replace("-", fmt.MINUS)
