"""``RunTrace``: give it the events of one or more runs, read the state of them at any moment."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from loomlab.core.events import Event
from loomlab.display.nodes import RunNode, RunStatus
from loomlab.display.now import now_line
from loomlab.display.reducer import reduce_event
from loomlab.display.state import Counts, TraceState

_WORST_FIRST: tuple[RunStatus, ...] = ("running", "error", "cancelled", "interrupted", "answered")


@dataclass(frozen=True, slots=True)
class Totals:
    """Figures of all runs of a trace, sub-runs included. ``cost_usd`` None: a price is not known.

    ``duration_ms`` is the longest run's; while runs go on or where one failed, as far as it was measured.
    """

    turns: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    cost_usd: float | None = 0.0
    duration_ms: float | None = None


class RunTrace:
    """What happened in a run, built event by event.

    Takes any number of runs (in parallel too) and their sub-runs. Memory is bounded: long texts are cut and, past
    2 000 steps, those in the middle are counted and let go. Equal events give an equal trace.
    """

    def __init__(self, events: Iterable[Event] = ()) -> None:
        self.state = TraceState()
        self.revision = 0
        for event in events:
            self.feed(event)

    def feed(self, event: Event) -> None:
        """Take in one event."""
        reduce_event(self.state, event)
        self.revision += 1

    @property
    def roots(self) -> list[RunNode]:
        """The outermost runs, in the order they began."""
        return self.state.roots

    @property
    def counts(self) -> Counts:
        """How many model calls, tool calls, denials and faults there were."""
        return self.state.counts

    @property
    def status(self) -> RunStatus:
        """``running`` while any run is; then the worst of them: error, cancelled, interrupted, answered."""
        found = {root.status for root in self.roots} or {"running"}
        return next(status for status in _WORST_FIRST if status in found)

    @property
    def answer(self) -> str:
        """The answer, or as much of it as there is. Of several runs, that of the newest which has one."""
        return next((root.answer for root in reversed(self.roots) if root.answer), "")

    @property
    def parsed(self) -> Any:
        """The typed output as JSON-like data, where a schema was asked for."""
        return self.roots[-1].parsed if self.roots else None

    @property
    def now(self) -> str:
        """One line of plain text saying what is happening."""
        return now_line(self.state)

    @property
    def totals(self) -> Totals:
        """Turns, tokens, cost and time so far."""
        costs = [root.cost_usd for root in self.roots]
        spans = [root.ms for root in self.roots if root.ms is not None]
        so_far = self.state.end_ms if self.status in ("running", "error") and self.state.end_ms else None
        return Totals(
            turns=sum(root.turns for root in self.roots),
            tokens_in=sum(root.tokens_in for root in self.roots),
            tokens_out=sum(root.tokens_out for root in self.roots),
            cost_usd=None if None in costs else sum(cost for cost in costs if cost is not None),
            duration_ms=so_far if so_far is not None else max(spans, default=None),
        )
