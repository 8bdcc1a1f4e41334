"""Votes: who won how often, with what certainty, and what people said; and the line under an open vote."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from loomlab.display import format as fmt
from loomlab.display.intervals import FILLS
from loomlab.display.table import table_body, table_text
from loomlab.display.text import escape, preview
from loomlab.display.theme import fitting

_HEAD = ("pair", "votes", "won", "ties", "both bad", "preferred", "95 % interval", "p")
_REASONS = 12
_NAME = 30
_PAIRS = 8
_WIDE = 820


@dataclass(frozen=True, slots=True)
class PairVotes:
    """One pair of arms: votes won, ties, both bad; the share of decided votes that ``b`` won, its interval, its p."""

    a: str
    b: str
    a_won: int
    b_won: int
    ties: int
    both_bad: int
    share: float | None
    low: float | None
    high: float | None
    p_value: float


@dataclass(frozen=True, slots=True)
class VoteFigures:
    """What a tally shows. ``said``: prompt, verdict and reason of votes, the newest first. ``note`` is a sentence."""

    pairs: Sequence[PairVotes]
    said: Sequence[tuple[str, str, str]] = field(default_factory=tuple)
    note: str = ""


def votes_html(figures: VoteFigures) -> str:
    """The tally as a whole output."""
    return fitting(_body(figures, length) for length in (200, 80, 20))


def votes_text(figures: VoteFigures) -> str:
    """The tally as text."""
    parts = [" ".join(verdict(pair) for pair in figures.pairs), "", table_text(_HEAD, _rows(figures))]
    parts += ["", preview(figures.note, 600)] if figures.note else []
    if figures.said:
        parts += ["", table_text(("asked", "vote", "why"), figures.said[:_REASONS], total=len(figures.said))]
    return "\n".join(parts)


def verdict(pair: PairVotes) -> str:
    """What the votes over two arms say, in one sentence."""
    decided = pair.a_won + pair.b_won
    a, b = preview(pair.a, _NAME), preview(pair.b, _NAME)
    if not decided:
        return f"No vote has decided between {a} and {b}."
    if pair.a_won == pair.b_won:
        return f"{a} and {b} won {pair.a_won:,} each."
    leads = pair.b_won > pair.a_won
    leader, other, won = (b, a, pair.b_won) if leads else (a, b, pair.a_won)
    share, low, high = _for(pair, b_leads=leads)
    sure = "is preferred to" if low > 0.5 else "leads, but it is not decided between it and"
    return (
        f"{leader} {sure} {other}: it won {won:,} of {fmt.plural(decided, 'decided vote')} "
        f"({fmt.percent(share)}, between {fmt.percent(low)} and {fmt.percent(high)})."
    )


def _for(pair: PairVotes, *, b_leads: bool) -> tuple[float, float, float]:
    share, low, high = pair.share or 0.0, pair.low or 0.0, pair.high if pair.high is not None else 1.0
    return (share, low, high) if b_leads else (1 - share, 1 - high, 1 - low)


def _body(figures: VoteFigures, length: int) -> str:
    said = "".join(f'<p class="answer"><strong>{escape(verdict(pair))}</strong></p>' for pair in figures.pairs[:3])
    parts = [said, *(votes_svg(pair) for pair in figures.pairs[:_PAIRS]), table_body(_HEAD, _rows(figures))]
    parts += [f'<p class="s">{escape(preview(figures.note, 600))}</p>'] if figures.note else []
    if figures.said:
        rows = [[preview(cell, length) for cell in row] for row in figures.said]
        table = table_body(("asked", "vote", "why"), rows, limit=_REASONS)
        parts.append(f"<details><summary>What people said</summary>{table}</details>")
    return "".join(parts)


def votes_svg(pair: PairVotes) -> str:
    """The votes of a pair as one bar: for the one, ties, both bad, for the other; with a label that says the same."""
    counts = (
        (pair.a, pair.a_won, "c0", FILLS[0]),
        ("ties", pair.ties, "bp", "#dfe3e7"),
        ("both bad", pair.both_bad, "bp", "#c8ccd0"),
        (pair.b, pair.b_won, "c1", FILLS[1]),
    )
    total = sum(count for _, count, _, _ in counts)
    if not total:
        return ""
    label = ", ".join(f"{preview(name, _NAME)} {count:,}" for name, count, _, _ in counts)
    at, parts = 0.0, []
    for name, count, css, fill in counts:
        wide = count / total * _WIDE
        if not count:
            continue
        size = f'x="{at:.1f}" y="20" width="{max(1.0, wide - 2):.1f}" height="16"'
        parts.append(f'<rect class="{css}" {size} rx="2" fill="{fill}"></rect>')
        if css == "bp" and wide > 7 * len(f"{name} {count:,}"):
            parts.append(_word(at + wide / 2, 32, f"{name} {count:,}", "middle", "q"))
        at += wide
    ends = _word(0, 13, f"{preview(pair.a, _NAME)} {pair.a_won:,}", "start", "")
    ends += _word(_WIDE, 13, f"{preview(pair.b, _NAME)} {pair.b_won:,}", "end", "")
    return (
        f'<svg viewBox="0 0 {_WIDE} 44" width="{_WIDE}" role="img" aria-label="{escape(label)}">'
        f"{''.join(parts)}{ends}</svg>"
    )


def _word(x: float, y: int, said: str, anchor: str, css: str) -> str:
    of = f' class="{css}"' if css else ""
    return f'<text{of} x="{x:.1f}" y="{y}" text-anchor="{anchor}" fill="currentColor">{escape(said)}</text>'


def _rows(figures: VoteFigures) -> list[list[str]]:
    return [_row(pair) for pair in figures.pairs]


def _row(pair: PairVotes) -> list[str]:
    a, b = preview(pair.a, _NAME), preview(pair.b, _NAME)
    leads = pair.b_won >= pair.a_won
    share, low, high = _for(pair, b_leads=leads)
    known = pair.share is not None
    return [
        f"{a} or {b}",
        fmt.count(pair.a_won + pair.b_won + pair.ties + pair.both_bad),
        f"{pair.a_won:,} : {pair.b_won:,}",
        fmt.count(pair.ties),
        fmt.count(pair.both_bad),
        f"{b if leads else a} {fmt.percent(share)}" if known else "–",
        f"{fmt.percent(low)} – {fmt.percent(high)}" if known else "–",
        "–" if not known else "<0.001" if pair.p_value < 0.001 else f"{pair.p_value:.3f}",
    ]
