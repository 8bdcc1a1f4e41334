"""The decision card: what the data allow to be said about two arms, and what it would take to say more."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from loomlab.display import format as fmt
from loomlab.display.evaluation import FAILURES_SHOWN, failures_text
from loomlab.display.grid import RIGHT, column, grid
from loomlab.display.intervals import FILLS
from loomlab.display.text import escape, pad, preview, width
from loomlab.display.theme import fitting

_HEAD = ("", "score", "95 % interval", "cost a case", "tokens a case", "time a case", "failures")
_NAME = 40


@dataclass(frozen=True, slots=True)
class ArmFigures:
    """One arm's line. Figures are means over the compared cases; None is unknown."""

    name: str
    score: float | None
    low: float | None = None
    high: float | None = None
    cost_usd: float | None = None
    tokens: float | None = None
    latency_ms: float | None = None
    failures: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Decision:
    """What a card shows. ``verdict`` and each of ``why`` and ``fair`` are sentences; ``delta`` is b - a with its ends.

    ``margin`` is drawn as a band around no difference. ``facts`` are name and value, in order.
    """

    verdict: str
    a: ArmFigures
    b: ArmFigures
    delta: float
    low: float
    high: float
    why: Sequence[str] = ()
    fair: Sequence[str] = ()
    facts: Sequence[tuple[str, str]] = ()
    margin: float | None = None
    confidence: float = 0.95


def decision_html(card: Decision) -> str:
    """The card as a whole output."""
    return fitting(decision_body(card, sentence=length) for length in (600, 200, 80))


def decision_body(card: Decision, *, sentence: int = 600) -> str:
    """The same as a part of another face."""
    said = [f'<p class="answer"><strong>{escape(preview(card.verdict, sentence))}</strong></p>']
    said += [f'<p class="s">{escape(preview(" ".join(card.why), sentence))}</p>'] if card.why else []
    head = "".join(column(name, right=_is_figure(number)) for number, name in enumerate(_header(card)))
    lines = "".join(_line(cells, number) for number, cells in enumerate(_lines(card)))
    facts = " · ".join(f"{escape(name)} <strong>{escape(value)}</strong>" for name, value in card.facts)
    below = f'<p class="facts">{facts}</p>' if facts else ""
    fair = f'<p class="note"><strong>Fair?</strong> {escape(preview(" ".join(card.fair), 2 * sentence))}</p>'
    return "".join([*said, grid(head, lines, wide=True), difference_svg(card), below, fair if card.fair else ""])


def decision_text(card: Decision) -> str:
    """The card as text."""
    lines = [_header(card), *_lines(card)]
    sizes = [max(width(line[number]) for line in lines) for number in range(len(_HEAD))]
    table = [
        "  ".join(pad(cell, sizes[number], right=_is_figure(number)) for number, cell in enumerate(line)).rstrip()
        for line in lines
    ]
    facts = " · ".join(f"{name} {value}" for name, value in card.facts)
    parts = [preview(card.verdict, 600), preview(" ".join(card.why), 600), "", *table, "", facts]
    parts += [f"Fair? {preview(' '.join(card.fair), 1200)}"] if card.fair else []
    return "\n".join(parts).rstrip()


def difference_svg(card: Decision) -> str:
    """The difference and its interval on a line with no difference on it, with a label that says so in words."""
    reach = max(abs(card.low), abs(card.high), abs(card.delta), (card.margin or 0) * 1.2, 1e-9) * 1.15

    def x(value: float) -> float:
        return 410 + value / reach * 340

    zero, low, high, at = x(0), x(card.low), x(card.high), x(card.delta)
    inside = card.low <= 0 <= card.high
    label = (
        f"Difference {signed(card.delta)}, interval from {signed(card.low)} to {signed(card.high)}; "
        f"no difference lies {'inside' if inside else 'outside'}"
    )
    band = ""
    if card.margin is not None:
        left, right = x(-card.margin), x(card.margin)
        size = f'x="{left:.1f}" y="26" width="{right - left:.1f}" height="24"'
        band = f'<rect class="g" {size} fill="none" stroke="#888"></rect>'
    a, b = escape(preview(card.a.name, 24)), escape(preview(card.b.name, 24))
    ends = ""
    if at - low > 60 and high - at > 60:
        ends = _text(low, 20, signed(card.low), "middle", "q") + _text(high, 20, signed(card.high), "middle", "q")
    return (
        f'<svg viewBox="0 0 820 72" width="820" role="img" aria-label="{escape(label)}">{band}'
        f'<line class="g" x1="60" x2="760" y1="50" y2="50" stroke="#dfe3e7"></line>'
        f'<line class="g" x1="{zero:.1f}" x2="{zero:.1f}" y1="26" y2="54" stroke="#888" stroke-dasharray="3 3"></line>'
        f'<line class="c0" x1="{low:.1f}" x2="{high:.1f}" y1="38" y2="38" stroke="{FILLS[0]}" stroke-width="3"></line>'
        f'<circle class="c0" cx="{at:.1f}" cy="38" r="5.5" fill="{FILLS[0]}"></circle>'
        f"{_text(at, 20, signed(card.delta), 'middle', '')}{ends}{_text(zero, 67, 'no difference', 'middle', 'q')}"
        f"{_text(60, 67, f'{a} better', 'start', 'q')}{_text(760, 67, f'{b} better', 'end', 'q')}</svg>"
    )


def signed(number: float | None) -> str:
    """A difference of scores with its sign: ``+0.060``."""
    return fmt.UNKNOWN if number is None else ("+" if number > 0 else "") + fmt.score(number)


def _text(x: float, y: int, said: str, anchor: str, css: str) -> str:
    of = f' class="{css}"' if css else ""
    return f'<text{of} x="{x:.1f}" y="{y}" text-anchor="{anchor}" fill="currentColor">{said}</text>'


def _header(card: Decision) -> tuple[str, ...]:
    return tuple(f"{card.confidence * 100:g} % interval" if "interval" in name else name for name in _HEAD)


def _lines(card: Decision) -> list[tuple[str, ...]]:
    a, b = card.a, card.b
    last = (
        f"{preview(b.name, _NAME)} {fmt.MINUS} {preview(a.name, _NAME)}",
        signed(card.delta),
        f"{signed(card.low)} to {signed(card.high)}",
        _change(a.cost_usd, b.cost_usd),
        _change(a.tokens, b.tokens),
        _change(a.latency_ms, b.latency_ms),
        "",
    )
    return [_figures(a), _figures(b), last]


def _figures(arm: ArmFigures) -> tuple[str, ...]:
    return (
        preview(arm.name, _NAME),
        fmt.score(arm.score),
        fmt.interval(arm.low, arm.high),
        fmt.cost(arm.cost_usd),
        fmt.count(arm.tokens),
        fmt.duration(arm.latency_ms),
        failures_text(arm.failures, FAILURES_SHOWN),
    )


def _change(before: float | None, after: float | None) -> str:
    if before is None or after is None:
        return fmt.UNKNOWN
    if before == after:
        return "same"
    if before == 0:
        return "–"
    share = after / before - 1
    if share >= 9:
        return f"×{fmt.significant(after / before, 2)}"
    return ("+" if share > 0 else "") + fmt.percent(share)


def _line(cells: Sequence[str], number: int) -> str:
    swatch = ""
    if number < 2:
        swatch = (
            f'<svg width="9" height="9" role="img" aria-label="colour {number + 1}">'
            f'<rect class="c{number}" width="9" height="9" rx="2" fill="{FILLS[number]}"></rect></svg> '
        )
    rest = "".join(
        f"<td{RIGHT if _is_figure(index) else ''}>{escape(cell)}</td>" for index, cell in enumerate(cells) if index
    )
    return f'<tr><th scope="row">{swatch}<strong>{escape(cells[0])}</strong></th>{rest}</tr>'


def _is_figure(index: int) -> bool:
    return 0 < index < len(_HEAD) - 1
