"""Two or more runs step by step: what they did alike, and the first step at which they part. Knows no file."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, TypeAlias

from loomlab.core.errors import ConfigError
from loomlab.core.events import Event
from loomlab.runlog.record import RunRecord
from loomlab.runlog.spans import SpanKind, TraceSpan, spans


@dataclass(frozen=True, slots=True)
class TrajectoryStep:
    """One thing that a run did: asked a model, called a tool, took a step of a workflow, ran a worker; or its end.

    ``given`` is what went in (the arguments of a tool, the task of a worker), ``said`` what came of it; ids and times
    are left out, so that the same work reads the same.
    """

    kind: SpanKind
    name: str
    given: str = ""
    said: str = ""
    status: str = "ok"
    depth: int = 0
    tokens: int = 0
    cost_usd: float | None = 0.0

    @property
    def place(self) -> tuple[Any, ...]:
        """What two steps must share to stand beside each other."""
        return self.depth, self.kind, self.name

    @property
    def content(self) -> tuple[Any, ...]:
        """What two steps must share to be the same."""
        return *self.place, self.given, self.said, self.status


@dataclass(frozen=True, slots=True)
class AlignedRow:
    """The same place in each run; None where a run has nothing there.

    ``differs`` says in what: nothing (they are the same), ``missing`` (not every run has it), ``given``, ``status``, or
    ``said``.
    """

    cells: tuple[TrajectoryStep | None, ...]
    differs: str = ""


@dataclass(frozen=True, slots=True)
class Alignment:
    """Runs side by side. ``divergence`` is the index of the first row at which they part, None: they never do.

    ``names`` are as given, ``runs`` the outermost spans with their sums.
    """

    names: tuple[str, ...]
    runs: tuple[TraceSpan, ...]
    rows: tuple[AlignedRow, ...]

    @property
    def divergence(self) -> int | None:
        """The index of the first row that is not the same in all runs."""
        return next((index for index, row in enumerate(self.rows) if row.differs), None)


Cells: TypeAlias = tuple[TrajectoryStep | None, ...]


def steps_of(run: TraceSpan) -> list[TrajectoryStep]:
    """What a run was asked, what it did, in order, and how it ended. What came from memory or went there is no step."""
    found = [TrajectoryStep("run", "task", run.given.strip())]
    for depth, span in run.walk():
        if span.kind == "memory" or span is run:
            continue
        asked = f"{' · ' if span.said else ''}calls {', '.join(span.calls)}" if span.calls else ""
        # A tool's result, or an agent's answer, is said where it came from; a run inside only adds what it was asked.
        said = "" if span.kind == "run" else f"{span.said.strip()}{asked}"
        found.append(
            TrajectoryStep(
                span.kind,
                span.name,
                span.given,
                said,
                span.status if span.kind != "run" else "ok",
                depth - 1,
                span.tokens_in + span.tokens_out if span.kind == "model" else 0,
                span.cost_usd if span.kind == "model" else 0.0,
            )
        )
    return [*found, TrajectoryStep("run", "answer", "", run.said.strip(), run.status)]


def align(
    runs: Mapping[str, RunRecord | TraceSpan | Sequence[Event]] | Iterable[RunRecord | TraceSpan | Sequence[Event]],
) -> Alignment:
    """Put two or more runs side by side: records of the log, traces, or lists of events; by name, or numbered.

    Steps that are the same in all runs stand in one row; between those, steps of one kind and name stand beside each
    other. ConfigError for fewer than two runs, or for one without events.
    """
    named = dict(runs) if isinstance(runs, Mapping) else {str(number): run for number, run in enumerate(runs, 1)}
    if len(named) < 2:
        raise ConfigError(f"an alignment needs at least two runs, not {len(named)}")
    traces = [trace_of(name, run) for name, run in named.items()]
    columns = [steps_of(trace) for trace in traces]
    rows: list[Cells] = [(step,) for step in columns[0]]
    for column in columns[1:]:
        rows = _beside(rows, column)
    return Alignment(tuple(named), tuple(traces), tuple(AlignedRow(cells, _difference(cells)) for cells in rows))


def trace_of(name: str, run: RunRecord | TraceSpan | Sequence[Event]) -> TraceSpan:
    """A run as a tree, from whatever tells of it. ConfigError, naming it, where there are no events."""
    if isinstance(run, TraceSpan):
        return run
    found = spans(run.events if isinstance(run, RunRecord) else run)
    if not found:
        raise ConfigError(f"run {name} has no events, so there is nothing to show")
    return found[0]


def _beside(rows: Sequence[Cells], column: Sequence[TrajectoryStep]) -> list[Cells]:
    """The rows with one more run beside them."""
    wide = len(rows[0]) if rows else 0
    firsts = [_any(cells) for cells in rows]
    made: list[Cells] = []
    for (start, end), (left, right) in _matched(firsts, column, "content"):
        if end - start == right - left and all(
            one.content == two.content for one, two in zip(firsts[start:end], column[left:right], strict=True)
        ):
            made += [(*cells, step) for cells, step in zip(rows[start:end], column[left:right], strict=True)]
            continue
        for (a, b), (c, d) in _matched(firsts[start:end], column[left:right], "place"):
            pairs = min(b - a, d - c) if _paired(firsts[start:end][a:b], column[left:right][c:d]) else 0
            inner, other = rows[start:end][a:b], column[left:right][c:d]
            made += [(*cells, step) for cells, step in zip(inner[:pairs], other[:pairs], strict=True)]
            made += [(*cells, None) for cells in inner[pairs:]]
            made += [(*(None,) * wide, step) for step in other[pairs:]]
    return made


def _paired(some: Sequence[TrajectoryStep], others: Sequence[TrajectoryStep]) -> bool:
    return len(some) == len(others) and all(one.place == two.place for one, two in zip(some, others, strict=True))


def _matched(
    some: Sequence[TrajectoryStep], others: Sequence[TrajectoryStep], by: str
) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    """Stretches of both, in turns those that match and those that do not, that cover all of them."""
    matcher = SequenceMatcher(None, [getattr(one, by) for one in some], [getattr(one, by) for one in others], False)
    return [((a, b), (c, d)) for _, a, b, c, d in matcher.get_opcodes()]


def _any(cells: Cells) -> TrajectoryStep:
    return next(step for step in cells if step is not None)


def _difference(cells: Cells) -> str:
    there = [step for step in cells if step is not None]
    if len(there) < len(cells):
        return "missing"
    for what in ("given", "status", "said"):
        if len({getattr(step, what) for step in there}) > 1:
            return what
    return ""
