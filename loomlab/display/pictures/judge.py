"""How far a judge can be trusted: where it agrees with people, whether its sureness means anything, what sways it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from loomlab.display import format as fmt
from loomlab.display.pictures import ink
from loomlab.display.pictures.drawing import Drawing
from loomlab.display.pictures.figure import HUES, axis, figure, inert

_TOP, _SIDE = 40, 200


@dataclass(frozen=True, slots=True)
class Bucket:
    """Verdicts of about one sureness (or score): its mean from 0 to 1, the share that is right (or labelled good) with
    its interval, and how many there are."""

    at: float
    share: float
    low: float
    high: float
    n: int


@dataclass(frozen=True, slots=True)
class JudgeFacts:
    """``both`` labelled and judged good, ``only_judge``, ``only_label``, ``neither``; ``buckets`` by its sureness
    where ``sure``, else by its score. ``biases`` are name, value from -1 to 1, its ends (None: none) and n;
    ``expected`` of each is where no bias would put it."""

    said: str
    both: int
    only_judge: int
    only_label: int
    neither: int
    buckets: Sequence[Bucket] = ()
    sure: bool = False
    biases: Sequence[tuple[str, float, float | None, float | None, int, float]] = ()


def judge_drawing(facts: JudgeFacts) -> Drawing:
    """The picture of a judge."""
    rows: list[list[object]] = [
        ["labelled good, judged good", facts.both, None, None, None],
        ["labelled bad, judged good", facts.only_judge, None, None, None],
        ["labelled good, judged bad", facts.only_label, None, None, None],
        ["labelled bad, judged bad", facts.neither, None, None, None],
    ]
    what = "right where it says" if facts.sure else "labelled good where it scores"
    rows += [
        [f"{what} {one.at:.2f}", one.n, fmt.score(one.share), fmt.score(one.low), fmt.score(one.high)]
        for one in facts.buckets
    ]
    rows += [
        [name, n, fmt.score(value), "–" if low is None else fmt.score(low), "–" if high is None else fmt.score(high)]
        for name, value, low, high, n, _ in facts.biases
    ]
    columns = ("measure", "n", "value", "low", "high")
    return Drawing(facts.said, _svg(facts), _figure(facts), columns, rows, name="How far to trust the judge")


def _svg(facts: JudgeFacts) -> str:
    parts = _agreement(facts, 104)
    parts += _reliability(facts, 420) if facts.buckets else []
    high = _TOP + _SIDE + 54
    if facts.biases:
        parts += _biases(facts, high + 6)
        high += 44 + 26 * len(facts.biases)
    wrong = f"{facts.only_judge:,} pass a bad answer, {facts.only_label:,} fail a good one"
    words = f"{facts.both + facts.neither:,} verdicts agree with the label, {wrong}."
    return ink.picture(high, f"{facts.said} {words}", parts)


def _agreement(facts: JudgeFacts, left: float) -> list[str]:
    """Label across, verdict down; the area of a field is its share."""
    n = max(1, facts.both + facts.only_judge + facts.only_label + facts.neither)
    good = facts.both + facts.only_label
    wide = {True: _SIDE * good / n, False: _SIDE * (n - good) / n}
    columns = (
        (True, left, facts.both, facts.only_label),
        (False, left + wide[True] + 3, facts.only_judge, facts.neither),
    )
    parts = [ink.words(left, _TOP - 24, "agreement with the labels", css="pt")]
    for is_good, x, passed, refused in columns:
        count = passed + refused
        if not count:
            continue
        up = _SIDE * passed / count
        parts.append(_field(x, _TOP, wide[is_good], up, passed, agrees=is_good, what="judged good"))
        parts.append(_field(x, _TOP + up, wide[is_good], _SIDE - up, refused, agrees=not is_good, what="judged bad"))
        middle = x + wide[is_good] / 2
        said = f"labelled {'good' if is_good else 'bad'} · {count:,}"
        parts.append(ink.words(middle, _TOP + _SIDE + (16 if is_good else 30), said, anchor="middle", css="q"))
    parts.append(ink.words(left - 8, _TOP + 12, "judged good", anchor="end", css="q"))
    parts.append(ink.words(left - 8, _TOP + _SIDE - 4, "judged bad", anchor="end", css="q"))
    parts += [ink.box(left, _TOP - 14, 9, 9, "c0 ps"), ink.words(left + 13, _TOP - 6, "agree", css="q")]
    parts += [_striped(left + 56, _TOP - 14, 9, 9), ink.words(left + 69, _TOP - 6, "disagree", css="q")]
    return parts


def _field(x: float, y: float, wide: float, high: float, count: int, *, agrees: bool, what: str) -> str:
    if not count:
        return ""
    shape = ink.box(x, y, wide, max(1.0, high - 2), "c0 ps") if agrees else _striped(x, y, wide, max(1.0, high - 2))
    if wide < 10 + ink.text_width(f"{count:,}") or high < 18:
        return shape
    css = "pi" if agrees else "pt"
    back = (
        ""
        if agrees
        else ink.box(
            x + wide / 2 - ink.text_width(f"{count:,}") / 2 - 4,
            y + high / 2 - 9,
            ink.text_width(f"{count:,}") + 8,
            17,
            "po ps",
        )
    )
    return shape + back + ink.words(x + wide / 2, y + high / 2 + 4, f"{count:,}", anchor="middle", css=css)


def _striped(x: float, y: float, wide: float, high: float) -> str:
    """A field of slanting lines: disagreement is told by its texture too."""
    frame = f"M{x + 0.5:.1f} {y + 0.5:.1f}h{max(0.5, wide - 1):.1f}v{max(0.5, high - 1):.1f}h{-max(0.5, wide - 1):.1f}z"
    lines, at = "", 5.0
    while at < wide + high:
        x1, y1 = (x + at, y) if at <= wide else (x + wide, y + at - wide)
        x2, y2 = (x, y + at) if at <= high else (x + at - high, y + high)
        lines += f"M{x1:.1f} {y1:.1f}L{x2:.1f} {y2:.1f}"
        at += 6.0
    return ink.way(frame + lines, "c1 ph", width=1.2)


def _reliability(facts: JudgeFacts, left: float) -> list[str]:
    """What share is right where the judge is so sure; on the diagonal it means what it says."""
    xs, ys = ink.linear(0, 1, left, left + _SIDE + 60), ink.linear(0, 1, _TOP + _SIDE, _TOP)
    title = "is it right as often as it is sure?" if facts.sure else "does a higher score mean a better answer?"
    parts = [ink.words(left, _TOP - 24, title, css="pt")]
    for one in (0.0, 0.25, 0.5, 0.75, 1.0):
        parts.append(ink.line(left, ys(one), xs(1), ys(one)))
        parts.append(ink.words(left - 8, ys(one) + 4, f"{one:g}", anchor="end", css="q"))
        parts.append(ink.words(xs(one), _TOP + _SIDE + 16, f"{one:g}", anchor="middle", css="q"))
    parts.append(ink.line(xs(0), ys(0), xs(1), ys(1), "pl", dash="4 4"))
    parts.append(ink.words(left, _TOP - 8, f"share {'right' if facts.sure else 'labelled good'}", css="q"))
    parts.append(
        ink.words(
            xs(1), _TOP + _SIDE + 30, f"the judge's {'sureness' if facts.sure else 'score'} →", anchor="end", css="q"
        )
    )
    for bucket in facts.buckets:
        parts.append(ink.line(xs(bucket.at), ys(bucket.low), xs(bucket.at), ys(bucket.high), "c0", width=1.5))
        parts.append(ink.mark(0, xs(bucket.at), ys(bucket.share), 5))
        parts.append(
            ink.words(
                xs(bucket.at) + 8, ys(bucket.share) + (14 if bucket.share > 0.9 else -6), f"n {bucket.n:,}", css="q"
            )
        )
    return parts


def _biases(facts: JudgeFacts, top: float) -> list[str]:
    left, right = 330.0, 700.0
    xs = ink.linear(-1, 1, left, right)
    bottom = top + 14 + 26 * len(facts.biases)
    parts = [ink.words(0, top, "what should not sway it", css="pt")]
    parts += [
        ink.line(xs(one), top + 6, xs(one), bottom)
        + ink.words(xs(one), bottom + 14, ink.number(one), anchor="middle", css="q")
        for one in (-1.0, -0.5, 0.0, 0.5, 1.0)
    ]
    for number, (name, value, low, high, n, expected) in enumerate(facts.biases):
        y = top + 24 + 26 * number
        parts.append(ink.words(left - 14, y + 4, name, anchor="end", limit=50))
        parts.append(ink.line(xs(expected), y - 9, xs(expected), y + 9, "pl", width=2))
        if low is not None and high is not None:
            parts.append(ink.line(xs(low), y, xs(high), y, "c0", width=3))
        parts.append(ink.mark(0, xs(value), y, 4.5))
        parts.append(ink.words(right + 14, y + 4, f"{fmt.score(value)} · n {n:,}", css="q"))
    return parts


def _figure(facts: JudgeFacts) -> dict[str, object]:
    names = (("labelled good", facts.both, facts.only_label), ("labelled bad", facts.only_judge, facts.neither))
    data: list[dict[str, object]] = []
    for side, (title, hue, pattern) in enumerate((("judged good", HUES[0], ""), ("judged bad", HUES[1], "/"))):
        data.append(
            {
                "type": "bar",
                "name": title,
                "x": [one[0] for one in names],
                "y": [one[1 + side] for one in names],
                "text": [f"{one[1 + side]:,}" for one in names],
                "hovertext": [f"{one[0]}, {title}: {one[1 + side]:,}" for one in names],
                "hoverinfo": "text",
                "marker": {"color": hue, "pattern": {"shape": pattern}},
            }
        )
    more: dict[str, Any] = {}
    if facts.buckets:
        what = "right" if facts.sure else "labelled good"
        shares = [one.share for one in facts.buckets]
        data.append(
            {
                "type": "scatter",
                "mode": "markers+lines",
                "xaxis": "x2",
                "yaxis": "y2",
                "showlegend": False,
                "x": [one.at for one in facts.buckets],
                "y": shares,
                "line": {"color": HUES[0], "width": 1, "dash": "dot"},
                "marker": {"color": HUES[0], "size": 10},
                "error_y": {
                    "type": "data",
                    "symmetric": False,
                    "array": [one.high - one.share for one in facts.buckets],
                    "arrayminus": [one.share - one.low for one in facts.buckets],
                    "color": HUES[0],
                },
                "hovertext": [
                    f"{inert(f'{one.at:.2f}')}: {fmt.percent(one.share)} {what}, n {one.n:,}" for one in facts.buckets
                ],
                "hoverinfo": "text",
            }
        )
        diagonal = {
            "type": "line",
            "xref": "x2",
            "yref": "y2",
            "x0": 0,
            "y0": 0,
            "x1": 1,
            "y1": 1,
            "line": {"color": "#7b8087", "dash": "dash", "width": 1},
        }
        more = {
            "xaxis2": axis(
                f"the judge's {'sureness' if facts.sure else 'score'}",
                domain=[0.56, 1],
                anchor="y2",
                range=[-0.03, 1.03],
            ),
            "yaxis2": axis(f"share {what}", anchor="x2", range=[-0.03, 1.03]),
            "shapes": [diagonal],
        }
    legend = {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0}
    first = axis("", domain=[0, 0.44]) if facts.buckets else axis("")
    return figure(data, facts.said, first, axis("answers"), barmode="stack", showlegend=True, legend=legend, **more)
