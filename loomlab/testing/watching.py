"""Watching runs in a test: every event, what the calls cost, who worked for whom."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from loomlab.core import Event, EventKind, RunResult, observing

_IDS = re.compile(r"\b(run|sess|tcall|ep|span|chunk|fact|call)_[0-9A-Za-z]{20,}\b")
_TIMES = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?")


class Seen:
    """An observer that keeps every event, those of sub-runs included."""

    wants_chunks = False

    def __init__(self) -> None:
        self.events: list[Event] = []

    def on_event(self, event: Event) -> None:
        """See one event."""
        self.events.append(event)

    def of(self, kind: EventKind, *, run_id: str | None = None) -> list[dict[str, Any]]:
        """The payloads of one kind, of one run or of all."""
        return [one.payload for one in self.events if one.kind is kind and run_id in (None, one.run_id)]

    def children(self, run_id: str) -> list[RunResult]:
        """The results of the agents that a run sent work to, itself or through a workflow."""
        above = {one.run_id: one.parent_run_id for one in self.events}
        results = {one.run_id: one.part("result") for one in self.events if one.kind is EventKind.COMPLETED}

        def patron(run: str) -> str | None:
            over = above[run]
            while over is not None and over not in results:
                over = above.get(over)
            return over

        return [RunResult.model_validate(one) for run, one in results.items() if patron(run) == run_id]

    def calls(self) -> list[dict[str, Any]]:
        """Every model call that ended, with its figures."""
        return [one["call"] | {"role": one["role"]} for one in self.of(EventKind.MODEL_CHUNK) if "call" in one]


@contextmanager
def watching() -> Iterator[Seen]:
    """Everything that the runs of the block tell."""
    seen = Seen()
    with observing(seen):
        yield seen


def finish(event: Event) -> bool:
    """Whether it is the end of a model call, with its figures."""
    return event.kind is EventKind.MODEL_CHUNK and event.payload["chunk"]["kind"] == "finish"


def parallel(seen: Seen) -> int:
    """How many model calls may have been under way when the budget ran out: those that began before the first end."""
    begun = 0
    for one in seen.events:
        begun += one.payload.get("name") == "model.started"
        if finish(one):
            return begun
    return begun


def plain(event: Event) -> str:
    """An event without what differs between two runs that do the same: ids and clock times."""
    return _TIMES.sub("<time>", _IDS.sub("<id>", str(sorted(event.payload.items()))))
