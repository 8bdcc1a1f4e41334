"""Where the runs of two arms part, case by case, and whether that mattered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, Protocol, runtime_checkable

from loomlab.core.errors import ConfigError
from loomlab.display.pictures import Parting, divergence_drawing
from loomlab.evals.pictures.picture import Picture
from loomlab.evals.trial import Trial
from loomlab.runlog import AlignedRow, Alignment, align

_WHAT = {
    ("tool", "given"): "other arguments",
    ("tool", "said"): "another result",
    ("model", "said"): "another reply",
    ("step", "said"): "another output",
    ("run", "given"): "another task",
    ("run", "said"): "another answer",
}


@runtime_checkable
class Stories(Protocol):
    """The part of a run log that holds what runs did, step by step."""

    def run(self, run: str | int = "last", *, user_id: str | None = None) -> Any:
        """One run with its events."""


def divergence_picture(
    trials: Sequence[Trial], a: str, b: str, log: Stories, scorer: str, *, wording: bool = False
) -> Picture:
    """Align the runs of every case and epoch that both arms answered, and count at which step they first differ."""
    found: Counter[tuple[int | None, str]] = Counter()
    outcomes: dict[tuple[int | None, str], Counter[str]] = {}
    rows: list[dict[str, Any]] = []
    left_out = 0
    for one, other in _pairs(trials, a, b):
        alignment = _aligned(one, other, a, b, log)
        if alignment is None:
            left_out += 1
            continue
        step, what = first_difference(alignment, wording=wording)
        outcome = _outcome(one.score(scorer), other.score(scorer))
        found[step, what] += 1
        outcomes.setdefault((step, what), Counter())[outcome] += 1
        rows.append({"case": one.case_id, "epoch": one.epoch, "step": step, "what": what, "outcome": outcome})
    partings = []
    for step in sorted({step for step, _ in found if step is not None}):
        kinds = [key for key in found if key[0] == step]
        commonest = max(kinds, key=lambda key: found[key])[1]
        what = commonest if len(kinds) == 1 else f"{commonest} and others"
        total: Counter[str] = Counter()
        for key in kinds:
            total += outcomes[key]
        partings.append(Parting(step, what, total["same"], total["a"], total["b"], total["unscored"]))
    never = sum((outcomes[key] for key in found if key[0] is None), Counter())
    if never:
        partings.append(Parting(None, "the same all the way", never["same"], never["a"], never["b"], never["unscored"]))
    numbers = {name: [row[name] for row in rows] for name in ("case", "epoch", "step", "what", "outcome")}
    numbers["outcome"] = [{"a": f"{a} higher", "b": f"{b} higher"}.get(one, one) for one in numbers["outcome"]]
    return Picture(divergence_drawing(partings, a, b, left_out=left_out), numbers)


def first_difference(alignment: Alignment, *, wording: bool = False) -> tuple[int | None, str]:
    """The first step (from 1) at which two runs part and what differs there; None where they never do.

    Without ``wording``, another reply of a model is no parting by itself: what it led to is.
    """
    for number, row in enumerate(alignment.rows, 1):
        step = next(one for one in row.cells if one is not None)
        if not row.differs or (row.differs == "said" and step.kind == "model" and not wording):
            continue
        after = alignment.rows[number] if number < len(alignment.rows) else row
        told = step.kind == "model" and row.differs == after.differs == "missing"
        return number, _what(after if told else row)  # one more call of a model is told by what it led to
    return None, "the same all the way"


def _what(row: AlignedRow) -> str:
    step = next(one for one in row.cells if one is not None)
    name = step.name if step.kind == "run" and step.name in ("task", "answer") else f"{step.kind} {step.name}"
    if row.differs == "missing":
        return f"{name}: only in one"
    if row.differs == "status":
        return f"{name}: another outcome"
    said = _WHAT.get((step.kind, row.differs), "something else")
    return said if name in ("task", "answer") else f"{name}: {said}"


def _pairs(trials: Sequence[Trial], a: str, b: str) -> Iterator[tuple[Trial, Trial]]:
    by_key = {(one.arm, one.case_id, one.epoch): one for one in trials}
    for arm, case, epoch in by_key:
        if arm == a and (b, case, epoch) in by_key:
            yield by_key[a, case, epoch], by_key[b, case, epoch]


def _aligned(one: Trial, other: Trial, a: str, b: str, log: Stories) -> Alignment | None:
    if not one.run_id or not other.run_id:
        return None
    try:
        return align({a: log.run(one.run_id), b: log.run(other.run_id)})
    except ConfigError:  # recorded elsewhere, or without events
        return None


def _outcome(a: float | None, b: float | None) -> str:
    if a is None or b is None:
        return "unscored"
    return "same" if a == b else "a" if a > b else "b"
