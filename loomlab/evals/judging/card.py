"""How far to trust a judge: agreement with people, with itself, and what sways it that should not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from inspect import isawaitable
from itertools import combinations
from typing import Any

import anyio

from loomlab.core.errors import ConfigError
from loomlab.core.results import RunResult
from loomlab.display.pictures import Bucket
from loomlab.evals.case import Case
from loomlab.evals.judging.measures import Correlation, Share, kappa, rank_correlation, share
from loomlab.evals.judging.pairwise import PairState, PairVerdict, PairwiseJudge
from loomlab.evals.judging.picture import judge_picture, reliability
from loomlab.evals.judging.words import judge_sentences
from loomlab.evals.pictures import Picture
from loomlab.evals.score import Score, Spent, as_score
from loomlab.runtime.together import together


@dataclass(frozen=True, slots=True)
class Labelled:
    """An answer to a case that a person has labelled: 1 or True good, 0 or False bad. ``id`` tells labels apart."""

    case: Case
    answer: str
    label: float
    id: str = ""

    @property
    def key(self) -> str:
        """``id``, else the case's."""
        return self.id or self.case.id


@dataclass(frozen=True, slots=True)
class JudgeCard:
    """A judge measured on ``n`` labelled answers.

    ``accuracy`` and ``kappa`` are over those that it scored, verdicts and labels taken as good from ``threshold`` on;
    ``guessing`` is the agreement that the two rates of good would give by chance. ``label_rate`` and ``judge_rate`` are
    those rates. ``consistency``: answers on which all repeats said the same. ``flips``: pairs whose winner changed with
    their order, ``first_wins`` the flips in which the first place won twice. ``length`` is the rank correlation of
    score and answer length; ``length_beyond_label`` that of score - label, which no better quality of long answers
    explains. ``agreement`` counts good for judge and label, for the judge only, for the label only, for neither.
    ``buckets`` say how often the verdicts of about one sureness agree with the label, where ``sure``; else how often
    answers of about one score are labelled good.
    """

    n: int
    threshold: float
    accuracy: Share
    kappa: Share
    guessing: float | None
    label_rate: float | None
    judge_rate: float | None
    unscored: Share
    false_good: Share
    false_bad: Share
    consistency: Share
    flips: Share
    first_wins: Share
    length: Correlation
    length_beyond_label: Correlation
    disputed: tuple[str, ...] = ()
    spent: Spent | None = None
    faults: Mapping[str, int] = field(default_factory=dict)
    agreement: tuple[int, int, int, int] = (0, 0, 0, 0)
    buckets: tuple[Bucket, ...] = ()
    sure: bool = False

    def picture(self) -> Picture:
        """Agreement with the labels, reliability, and what sways the judge that should not."""
        return judge_picture(self)

    def sentences(self) -> list[str]:
        """What the card says, in plain words, the agreement first."""
        return judge_sentences(self)

    def __str__(self) -> str:
        return " ".join(self.sentences())


def judge_card(
    verdicts: Mapping[str, Any] | Sequence[Any],
    labels: Mapping[str, float] | Sequence[float],
    *,
    lengths: Mapping[str, float] | Sequence[float] | None = None,
    sureness: Mapping[str, float] | Sequence[float] | None = None,
    pairs: Sequence[PairVerdict] = (),
    threshold: float = 0.5,
    confidence: float = 0.95,
) -> JudgeCard:
    """Measure a judge by what it said and what people say.

    ``verdicts`` are one for each label, by id or in the same order: a ``Score``, a number, a bool, None where it gave
    none; or a list of these, where the judge was asked repeatedly (the first counts for agreement). ``lengths`` are
    those of the answers, ``sureness`` how sure the judge said it is of its verdict (from 0 to 1; without it, what the
    scores' details call ``confidence``); ``pairs`` are comparisons made in both orders. Use
    ``examine_judge`` to ask a judge first.

    Raises ``ConfigError`` where verdicts and labels do not match, or a label is no number.
    """
    said, known = _keyed(verdicts, "verdicts"), _keyed(labels, "labels")
    if set(said) != set(known):
        odd = sorted(set(said) ^ set(known))[0]
        raise ConfigError(f"verdicts and labels do not match: {odd!r} is in one of them only")
    if not known:
        raise ConfigError("a judge card needs at least one label")
    truth = {key: _label(key, value) for key, value in known.items()}
    asked = {key: [as_score(one) for one in (value if _repeated(value) else [value])] for key, value in said.items()}
    scored = {key: scores[0].value for key, scores in asked.items() if scores and scores[0].value is not None}
    good = {key: value >= threshold for key, value in scored.items()}
    real = {key: truth[key] >= threshold for key in scored}
    both = sum(good[key] and real[key] for key in scored)
    only_judge = sum(good[key] and not real[key] for key in scored)
    only_label = sum(real[key] and not good[key] for key in scored)
    neither = len(scored) - both - only_judge - only_label
    n = len(scored)
    rates = None if n == 0 else ((both + only_label) / n, (both + only_judge) / n)
    every = [one for scores in asked.values() for one in scores]
    length, beyond = _lengths(lengths, scored, truth)
    certain = _sureness(sureness, asked)
    buckets = reliability(scored, truth, certain, threshold, confidence)
    return JudgeCard(
        n=len(known),
        threshold=threshold,
        accuracy=share(both + neither, n, confidence),
        kappa=kappa(both, only_judge, only_label, neither, confidence),
        guessing=None if rates is None else rates[0] * rates[1] + (1 - rates[0]) * (1 - rates[1]),
        label_rate=None if rates is None else rates[0],
        judge_rate=None if rates is None else rates[1],
        unscored=share(sum(one.value is None for one in every), len(every), confidence),
        false_good=share(only_judge, only_judge + neither, confidence),
        false_bad=share(only_label, only_label + both, confidence),
        consistency=_consistency(list(asked.values()), threshold, confidence),
        flips=_flips(pairs, confidence),
        first_wins=_first_wins(pairs, confidence),
        length=length,
        length_beyond_label=beyond,
        disputed=tuple(key for key in scored if good[key] != real[key]),
        spent=_spent([one.spent for one in every] + [one.spent for one in pairs]),
        faults=_faults(every),
        agreement=(both, only_judge, only_label, neither),
        buckets=buckets,
        sure=bool(certain),
    )


async def examine_judge(
    judge: Any,
    labelled: Sequence[Labelled],
    *,
    repeats: int = 1,
    pairwise: PairwiseJudge | None = None,
    max_concurrency: int = 4,
    threshold: float = 0.5,
    confidence: float = 0.95,
) -> JudgeCard:
    """Ask ``judge`` (a scorer) about each labelled answer ``repeats`` times, and measure it.

    With ``pairwise``, every two answers to one case are compared in both orders too. Repeats say something only of a
    judge whose temperature is above 0, or whose provider is not deterministic.
    """
    keys = [one.key for one in labelled]
    if len(set(keys)) < len(keys):
        raise ConfigError("two labelled answers have the same id: give each an id of its own")
    if repeats < 1 or max_concurrency < 1:
        raise ConfigError("repeats and max_concurrency are whole numbers from 1")
    said: dict[str, list[Score | None]] = {key: [None] * repeats for key in keys}
    by_case: dict[str, list[Labelled]] = {}
    for one in labelled:
        by_case.setdefault(one.case.id, []).append(one)
    couples = [] if pairwise is None else [pair for group in by_case.values() for pair in combinations(group, 2)]
    pairs: list[PairVerdict | None] = [None] * len(couples)
    slots = anyio.Semaphore(max_concurrency)

    async def score(one: Labelled, number: int) -> None:
        async with slots:
            said[one.key][number] = await _asked(judge, one)

    async def compare(number: int, first: Labelled, second: Labelled) -> None:
        async with slots:
            if pairwise is not None:
                pairs[number] = await pairwise.compare(first.case, first.answer, second.answer)

    await together([partial(score, one, number) for one in labelled for number in range(repeats)])
    await together([partial(compare, number, *couple) for number, couple in enumerate(couples)])
    return judge_card(
        said,
        {one.key: one.label for one in labelled},
        lengths={one.key: len(one.answer) for one in labelled},
        pairs=[one for one in pairs if one is not None],
        threshold=threshold,
        confidence=confidence,
    )


async def _asked(judge: Any, one: Labelled) -> Score:
    now = datetime.now(UTC)
    result = RunResult(session_id="", output=one.answer, turns=0, started_at=now, finished_at=now)
    try:
        said = judge(result, one.case)
        return as_score(await said if isawaitable(said) else said)
    except Exception as exc:
        return Score.failed(f"{type(exc).__name__}: {exc}")


def _keyed(values: Mapping[str, Any] | Sequence[Any], what: str) -> dict[str, Any]:
    if isinstance(values, Mapping):
        return {str(key): value for key, value in values.items()}
    if isinstance(values, str) or not hasattr(values, "__iter__"):
        raise ConfigError(f"{what} are a mapping of ids, or a sequence, not {type(values).__name__}")
    return {str(number): value for number, value in enumerate(values)}


def _repeated(value: Any) -> bool:
    return isinstance(value, (list, tuple))


def _label(key: str, value: Any) -> float:
    score = as_score(value)
    if score.value is None:
        raise ConfigError(f"the label of {key!r} is {value!r}; labels are numbers from 0 to 1, or bools")
    return score.value


def _lengths(given: Any, scored: Mapping[str, float], truth: Mapping[str, float]) -> tuple[Correlation, Correlation]:
    if given is None:
        return Correlation(None, None, 0), Correlation(None, None, 0)
    lengths = _keyed(given, "lengths")
    keys = [key for key in scored if key in lengths]
    size = [float(lengths[key]) for key in keys]
    return (
        rank_correlation([scored[key] for key in keys], size),
        rank_correlation([scored[key] - truth[key] for key in keys], size),
    )


def _sureness(given: Any, asked: Mapping[str, list[Score]]) -> dict[str, float]:
    if given is None:
        told = {key: (scores[0].details or {}).get("confidence") for key, scores in asked.items() if scores}
        return {key: float(value) for key, value in told.items() if isinstance(value, (int, float)) and 0 <= value <= 1}
    known = {key: as_score(value).value for key, value in _keyed(given, "sureness").items() if value is not None}
    odd = next((key for key, value in known.items() if value is None or not 0 <= value <= 1 or key not in asked), None)
    if odd is not None:
        raise ConfigError(f"the sureness of {odd!r} is no number from 0 to 1 of a verdict that is there")
    return {key: value for key, value in known.items() if value is not None}


def _consistency(asked: list[list[Score]], threshold: float, confidence: float) -> Share:
    often = [[one.value >= threshold for one in scores if one.value is not None] for scores in asked]
    often = [one for one in often if len(one) > 1]
    return share(sum(len(set(one)) == 1 for one in often), len(often), confidence)


def _flips(pairs: Sequence[PairVerdict], confidence: float) -> Share:
    both = [one for one in pairs if one.consistent is not None]
    return share(sum(not one.consistent for one in both), len(both), confidence)


def _first_wins(pairs: Sequence[PairVerdict], confidence: float) -> Share:
    biased = [one for one in pairs if one.state is PairState.BIASED]
    return share(sum(one.first == "a" for one in biased), len(biased), confidence)


def _spent(parts: Sequence[Spent | None]) -> Spent | None:
    known = [one for one in parts if one is not None]
    return sum(known[1:], known[0]) if known else None


def _faults(scores: Sequence[Score]) -> dict[str, int]:
    found: dict[str, int] = {}
    for one in scores:
        if one.value is None:
            found[one.state.value] = found.get(one.state.value, 0) + 1
    return found
