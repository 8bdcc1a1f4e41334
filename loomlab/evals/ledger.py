"""The full-cost ledger: whatever a trial made models do, by what it was for, whether or not it came to anything."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from loomlab.core.messages import Message, Usage
from loomlab.display import format as fmt

if TYPE_CHECKING:
    from pandas import DataFrame

    from loomlab.evals.evaluation import Evaluation
    from loomlab.evals.trial import Trial

PARTS = ("agent", "critic", "judge", "memory", "embedding", "retries", "abandoned", "scoring", "unknown")
"""What a call can be for, in the order of the table. ``scoring`` is what the scorers asked; ``unknown`` is
a trial of which nobody knows what it called: a plain function that asks a model by itself."""

_PART_OF_ROLE = {
    **dict.fromkeys(("critic", "reviewer", "evaluator", "reflector", "scorer"), "critic"),
    **dict.fromkeys(("judge", "decider", "__decider"), "judge"),
    **dict.fromkeys(("consolidator", "memory", "extractor", "summariser", "summarizer"), "memory"),
    **dict.fromkeys(("embedder", "embedding"), "embedding"),
}


@dataclass(frozen=True, slots=True)
class Entry:
    """Calls of one kind: what for (``part``), by whom (``role``), of which ``model``.

    ``known_usd`` sums the calls whose price is known; ``unknown`` counts the others, and those whose tokens nobody
    knows: failed attempts, calls that were cut off. ``cached`` counts the calls that a cassette or a cache answered:
    they count as what they would have cost.
    """

    part: str
    role: str
    model: str
    calls: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    known_usd: float = 0.0
    unknown: int = 0
    cached: int = 0

    @property
    def cost_usd(self) -> float | None:
        """US dollars, None where part of it is not known."""
        return None if self.unknown else self.known_usd

    def __add__(self, other: Entry) -> Entry:
        return replace(
            self,
            calls=self.calls + other.calls,
            tokens_in=self.tokens_in + other.tokens_in,
            tokens_out=self.tokens_out + other.tokens_out,
            known_usd=self.known_usd + other.known_usd,
            unknown=self.unknown + other.unknown,
            cached=self.cached + other.cached,
        )

    def as_row(self) -> dict[str, Any]:
        """JSON-ready, without what is 0."""
        return {key: value for key, value in asdict(self).items() if value}

    @classmethod
    def of_row(cls, row: Mapping[str, Any]) -> Entry:
        """Back from ``as_row``."""
        return cls(**{"part": "", "role": "", "model": "", **row})


class Meter:
    """Counts the model calls of one trial as the accountant makes them, and notices whether any of them was told of the
    ``tools``: by their schemas, or by name in what it was asked."""

    def __init__(self, tools: Iterable[str] = ()) -> None:
        self._entries: dict[tuple[str, str, str], Entry] = {}
        self._tools = frozenset(tools)
        self.told_of_tools: bool | None = False if self._tools else None

    def show(self, tools: Sequence[str], messages: Sequence[Message]) -> None:
        """Look at a call that is about to be made."""
        if self.told_of_tools is False:
            self.told_of_tools = not self._tools.isdisjoint(tools) or any(
                name in message.content for message in messages for name in self._tools
            )

    def book(self, role: str, model: str, usage: Usage | None, *, cached: bool = False, attempts: int = 1) -> None:
        """Count a call that ended; ``usage`` None where it failed or was cut off, so that nobody knows what it took."""
        if attempts > 1:
            self._add(Entry("retries", role, model, calls=attempts - 1, unknown=attempts - 1))
        if usage is None:
            self._add(Entry("abandoned", role, model, calls=1, unknown=1))
            return
        cost = usage.cost_usd
        self._add(
            Entry(
                _PART_OF_ROLE.get(role, "agent"),
                role,
                model,
                1,
                usage.input_tokens,
                usage.output_tokens,
                cost or 0.0,
                int(cost is None),
                int(cached),
            )
        )

    def entries(self, *, abandoned: bool = False) -> tuple[Entry, ...]:
        """What was counted; of a trial that gave no answer it is all ``abandoned`` work."""
        found = tuple(self._entries.values())
        return merged(replace(one, part="abandoned") for one in found) if abandoned else found

    def _add(self, entry: Entry) -> None:
        key = (entry.part, entry.role, entry.model)
        known = self._entries.get(key)
        self._entries[key] = entry if known is None else known + entry


def merged(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """One entry for each part, role and model, in the order of ``PARTS``."""
    found: dict[tuple[str, str, str], Entry] = {}
    for one in entries:
        key = (one.part, one.role, one.model)
        found[key] = one if key not in found else found[key] + one
    return tuple(sorted(found.values(), key=lambda one: (PARTS.index(one.part), one.role, one.model)))


def total(entries: Iterable[Entry]) -> Entry:
    """All of them as one."""
    sum_ = Entry("total", "", "")
    for one in entries:
        sum_ = sum_ + one
    return sum_


def trial_entries(trial: Trial) -> tuple[Entry, ...]:
    """A trial's own calls, and those of its scorers."""
    judged = tuple(
        Entry(
            "scoring",
            name,
            score.spent.model,
            score.spent.calls,
            score.spent.tokens_in,
            score.spent.tokens_out,
            score.spent.cost_usd or 0.0,
            score.spent.calls if score.spent.cost_usd is None else 0,
        )
        for name, score in trial.scores.items()
        if score.spent is not None
    )
    own = trial.spent
    if not own and trial.cost_usd is None:
        own = (Entry("unknown", "", "", unknown=1),)
    return (*own, *judged)


def arm_ledger(evaluation: Evaluation, arm: str) -> tuple[Entry, ...]:
    """What an arm has cost, trials that were broken off included."""
    own = (one for trial in evaluation.trials if trial.arm == arm for one in trial_entries(trial))
    return merged([*own, *evaluation.abandoned.get(arm, ())])


def ledger_frame(evaluation: Evaluation) -> DataFrame:
    """One row an arm, part, role and model, and one ``total`` an arm. ``cost_usd`` is NaN where part is not known."""
    from loomlab.evals.frames import floats, pandas_

    rows: list[tuple[str, Entry]] = []
    for arm in evaluation.arms:
        entries = arm_ledger(evaluation, arm)
        rows += [(arm, one) for one in (*entries, total(entries))]
    columns: dict[str, object] = {"arm": [arm for arm, _ in rows]}
    for name in ("part", "role", "model", "calls", "tokens_in", "tokens_out", "known_usd", "unknown", "cached"):
        columns[name] = [getattr(one, name) for _, one in rows]
    columns["cost_usd"] = floats([one.cost_usd for _, one in rows])
    frame: DataFrame = pandas_().DataFrame(columns)
    return frame


def shares(entries: Sequence[Entry]) -> dict[str, Entry]:
    """The entries summed by part."""
    found: dict[str, Entry] = {}
    for one in entries:
        bare = replace(one, role="", model="")
        found[one.part] = bare if one.part not in found else found[one.part] + bare
    return found


def ledger_line(evaluation: Evaluation) -> str:
    """What the evaluation has cost in all, in one line, by part where there is more than one."""
    entries = [one for arm in evaluation.arms for one in arm_ledger(evaluation, arm)]
    whole = total(entries)
    line = f"Full cost: {_said(whole)}."
    by_part = shares(merged(entries))
    if len(by_part) > 1:
        line += " " + " · ".join(f"{part} {_said(one)}" for part, one in by_part.items()) + "."
    if whole.cached:
        line += f" {fmt.plural(whole.cached, 'call')} came from a cache and count as what they would have cost."
    return line


def _said(entry: Entry) -> str:
    cost = fmt.cost(entry.known_usd)
    if entry.unknown:
        least = f"at least {cost}, " if entry.known_usd else ""
        cost = f"{least}{'cost' if not least else fmt.plural(entry.unknown, 'call')} unknown"
    tokens = fmt.tokens(entry.tokens_in + entry.tokens_out)
    return f"{fmt.plural(entry.calls, 'call')}, {tokens}, {cost}"
