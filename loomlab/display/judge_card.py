"""The judge card: how far a judge of answers can be trusted, as HTML and as text."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from loomlab.display import format as fmt
from loomlab.display.intervals import Interval, intervals_svg
from loomlab.display.table import table_body, table_text
from loomlab.display.text import escape, preview
from loomlab.display.theme import fitting

_HEAD = ("measure", "value", "95 % interval", "p", "n")


@dataclass(frozen=True, slots=True)
class Measure:
    """One figure of a judge: a share, κ or a correlation. ``p_value`` only where it was tested."""

    name: str
    value: float | None
    low: float | None
    high: float | None
    n: int
    p_value: float | None = None


@dataclass(frozen=True, slots=True)
class JudgeFigures:
    """What a card shows: sentences (the first is the answer), figures, and facts as name and value."""

    name: str
    said: Sequence[str]
    measures: Sequence[Measure] = ()
    facts: Sequence[tuple[str, str]] = field(default_factory=tuple)


def judge_card_html(card: JudgeFigures) -> str:
    """The card as a whole output."""
    return fitting(judge_card_body(card, sentence=length) for length in (600, 200, 80))


def judge_card_body(card: JudgeFigures, *, sentence: int = 600) -> str:
    """The same as a part of another face."""
    said = [preview(one, sentence) for one in card.said]
    parts = [f'<p class="answer"><strong>{escape(said[0])}</strong></p>'] if said else []
    parts += [f'<p class="s">{escape(" ".join(said[1:]))}</p>'] if said[1:] else []
    parts += [judge_card_svg(card), table_body(_HEAD, _rows(card))] if card.measures else []
    facts = " · ".join(f"{escape(name)} <strong>{escape(value)}</strong>" for name, value in _facts(card))
    return "".join([*parts, f'<p class="facts">{facts}</p>'])


def judge_card_text(card: JudgeFigures) -> str:
    """The card as text."""
    said = [preview(one, 600) for one in card.said]
    facts = " · ".join(f"{name} {value}" for name, value in _facts(card))
    table = ["", table_text(_HEAD, _rows(card)), ""] if card.measures else []
    return "\n".join([*said[:1], *([" ".join(said[1:])] if said[1:] else []), *table, facts])


def judge_card_svg(card: JudgeFigures) -> str:
    """The figures that have an interval, on one scale, with a label that says the same in words."""
    return intervals_svg(
        [Interval(preview(one.name, 30), one.value, one.low, one.high) for one in card.measures if one.low is not None]
    )


def _rows(card: JudgeFigures) -> list[list[object]]:
    return [
        [
            one.name,
            fmt.score(one.value),
            "–" if one.low is None else fmt.interval(one.low, one.high),
            "–" if one.p_value is None else "<0.001" if one.p_value < 0.001 else f"{one.p_value:.3f}",
            one.n,
        ]
        for one in card.measures
    ]


def _facts(card: JudgeFigures) -> list[tuple[str, str]]:
    return [("judge", preview(card.name, 60)), *card.facts]
