"""What a cassette has and what it has handed out: which recorded reply, which figure comes next."""

import threading
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import anyio

from loomlab.core.errors import CassetteMiss
from loomlab.core.messages import ModelChunk
from loomlab.model.cassette_diff import difference
from loomlab.model.cassette_key import digest, normalised_key
from loomlab.model.cassette_tape import (
    Recorded,
    Tape,
    head_line,
    interaction_line,
    measure_line,
    redacted_chunks,
)

T = TypeVar("T")


@dataclass
class _Track(Generic[T]):
    """What is recorded under one key, in order; how many of them this pass has had; whether it made one itself."""

    items: list[T] = field(default_factory=list)
    used: int = 0
    fresh: bool = False

    def following(self) -> T | None:
        """The next one, where there is one left."""
        if self.used >= len(self.items):
            return None
        self.used += 1
        return self.items[self.used - 1]

    def add(self, item: T) -> None:
        """Keep one that this pass made, and so has had."""
        self.items.append(item)
        self.used = len(self.items)
        self.fresh = True

    def restart(self) -> None:
        """Begin a pass."""
        self.used, self.fresh = 0, False


class Recording:
    """The state of one cassette; safe to use from several threads.

    ``describe`` tells what to write on a new tape's first line.
    """

    def __init__(
        self, tape: Tape, recorded: Recorded | None, *, can_record: bool, describe: Callable[[], Recorded]
    ) -> None:
        self._tape = tape
        self._can_record = can_record
        self._describe = describe
        self._lock = threading.Lock()
        self._calls: dict[str, _Track[list[ModelChunk]]] = defaultdict(_Track)
        self._figures: dict[str, _Track[float]] = defaultdict(_Track)
        self._requests: list[dict[str, Any]] = []
        self._early: list[tuple[str, float]] = []
        self.head = recorded
        self.live = recorded is None
        if recorded is not None:
            for request, chunks in recorded.interactions:
                self._calls[digest(request)].items.append(chunks)
                self._requests.append(request)
            for key, value in recorded.measures:
                self._figures[key].items.append(value)

    def find(self, request: dict[str, Any]) -> list[ModelChunk] | None:
        """The recorded reply to a normalised request; None where it has to be recorded.

        Raises:
            CassetteMiss: it is not recorded and cannot be.
        """
        with self._lock:
            track = self._calls[digest(request)]
            chunks = track.following()
            if chunks is None and len(track.items) == 1 and not track.fresh:
                chunks = track.items[0]
        if chunks is None and not self._can_record:
            raise self.miss(request)
        return chunks

    def miss(self, request: dict[str, Any], *, why: str = "") -> CassetteMiss:
        """The error for a request without a recorded reply; ``why`` it was not recorded now."""
        with self._lock:
            text = self._explain(request, len(self._calls[digest(request)].items))
        return CassetteMiss(f"{text}\n{why}" if why else text)

    async def keep(self, request: dict[str, Any], chunks: Sequence[ModelChunk]) -> None:
        """Record one finished reply; it is on the tape when this returns."""
        clean = redacted_chunks(chunks)
        with self._lock:
            opening = self._opening()
            early = [measure_line(key, value) for key, value in self._early]
            self._early.clear()
            written = self._tape.write(*opening, *early, interaction_line(request, clean), anew=bool(opening))
            self.live = True
            self._requests.append(request)
            self._calls[digest(request)].add(clean)
        await anyio.to_thread.run_sync(written.result)

    def measure(self, key: str, value: float) -> float:
        """The figure to show: the recorded one on replay, else ``value``, which is kept (to six digits)."""
        key = normalised_key(key)
        with self._lock:
            track = self._figures[key]
            recorded = track.following()
            if recorded is not None:
                return recorded
            if not self.live and track.items:
                return track.items[-1]
            if not self.live and not self._can_record:
                return value
            kept = float(f"{value:.6g}")
            track.add(kept)
            if self.live and self.head is not None:
                self._tape.write(measure_line(key, kept))
            else:
                # Whether this pass records anything shows with its first new reply.
                self._early.append((key, kept))
            return kept

    def rewind(self) -> None:
        """Begin the next pass: everything on the tape is handed out again from the first on."""
        with self._lock:
            if self.head is not None:
                for key, _ in self._early:
                    self._figures[key].items.pop()
                self._early.clear()
            self.live = self.head is None
            for calls in self._calls.values():
                calls.restart()
            for figures in self._figures.values():
                figures.restart()

    def _opening(self) -> list[dict[str, Any]]:
        """How a new tape begins."""
        if self.head is not None:
            return []
        self.head = self._describe()
        return [head_line(self.head)]

    def _explain(self, request: dict[str, Any], count: int) -> str:
        path = self._tape.path
        remedy = "To record it, use the cassette with a model and mode='auto' (adds it) or 'record' (begins anew)."
        if count:
            return f"{path}: all {count} replies to this request were given; rewind() begins the next pass. {remedy}"
        if not self._requests:
            return f"{path} holds no reply at all. {remedy}"
        nearest = difference(request, self._requests)
        return f"{path} has no reply to this request. The nearest of {len(self._requests)}:\n{nearest}\n{remedy}"
