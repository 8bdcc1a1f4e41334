"""A judge card as a picture, and the shares that its reliability is drawn from."""

from __future__ import annotations

import math
from collections.abc import Mapping
from statistics import NormalDist, fmean
from typing import TYPE_CHECKING

from loomlab.display.pictures import Bucket, JudgeFacts, judge_drawing
from loomlab.evals.judging.measures import Correlation, share
from loomlab.evals.pictures.picture import Picture

if TYPE_CHECKING:
    from loomlab.evals.judging.card import JudgeCard

_BUCKETS = 5
_Z = NormalDist().inv_cdf(0.975)


def reliability(
    scored: Mapping[str, float],
    truth: Mapping[str, float],
    sure: Mapping[str, float],
    threshold: float,
    confidence: float,
) -> tuple[Bucket, ...]:
    """By sureness: how often the verdict agrees with the label. Without sureness, by score: how often the label is
    good; nothing where a judge knows two scores only, which the agreement tells already."""
    if sure:
        hits = {key: (scored[key] >= threshold) == (truth[key] >= threshold) for key in scored if key in sure}
        return _buckets({key: sure[key] for key in hits}, hits, confidence)
    if len(set(scored.values())) < 3 or not all(0 <= value <= 1 for value in scored.values()):
        return ()
    return _buckets(scored, {key: truth[key] >= threshold for key in scored}, confidence)


def _buckets(places: Mapping[str, float], hits: Mapping[str, bool], confidence: float) -> tuple[Bucket, ...]:
    found: dict[int, list[str]] = {}
    for key, value in places.items():
        found.setdefault(min(_BUCKETS - 1, int(value * _BUCKETS)), []).append(key)
    made = []
    for number in sorted(found):
        keys = found[number]
        part = share(sum(hits[key] for key in keys), len(keys), confidence)
        made.append(
            Bucket(fmean(places[key] for key in keys), part.value or 0.0, part.low or 0.0, part.high or 0.0, len(keys))
        )
    return tuple(made)


def judge_picture(card: JudgeCard) -> Picture:
    """Agreement with the labels, reliability by bucket, and the biases that were measured."""
    biases: list[tuple[str, float, float | None, float | None, int, float]] = []
    for name, one, expected in (
        ("winner changes with the order", card.flips, 0.0),
        ("where it does, the first place wins", card.first_wins, 0.5),
    ):
        if one.value is not None:
            biases.append((name, one.value, one.low, one.high, one.n, expected))
    for name, found in (
        ("longer answers score higher", card.length),
        ("longer answers score higher than labelled", card.length_beyond_label),
    ):
        if found.value is not None:
            biases.append((name, found.value, *_ends(found), found.n, 0.0))
    both, only_judge, only_label, neither = card.agreement
    facts = JudgeFacts(card.sentences()[0], both, only_judge, only_label, neither, card.buckets, card.sure, biases)
    drawing = judge_drawing(facts)
    measure, n, value, low, high = ["agreement", "κ"], [card.accuracy.n, card.kappa.n], *_columns(card)
    what = "right where it says" if card.sure else "labelled good where it scores"
    for bucket in card.buckets:
        measure.append(f"{what} {bucket.at:.2f}")
        n.append(bucket.n)
        value.append(bucket.share)
        low.append(bucket.low)
        high.append(bucket.high)
    for name, at, start, end, count, _ in biases:
        measure.append(name)
        n.append(count)
        value.append(at)
        low.append(start)
        high.append(end)
    return Picture(drawing, {"measure": measure, "value": value, "low": low, "high": high, "n": n})


def _columns(card: JudgeCard) -> tuple[list[float | None], list[float | None], list[float | None]]:
    parts = (card.accuracy, card.kappa)
    return [one.value for one in parts], [one.low for one in parts], [one.high for one in parts]


def _ends(one: Correlation) -> tuple[float | None, float | None]:
    """The 95 % interval of a rank correlation, by the transformation that its p is found with."""
    if one.value is None or one.n < 4 or abs(one.value) >= 1 - 1e-12:
        return None, None
    reach = _Z * math.sqrt((1 + one.value**2 / 2) / (one.n - 3))
    middle = math.atanh(one.value)
    return math.tanh(middle - reach), math.tanh(middle + reach)
