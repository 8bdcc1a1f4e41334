"""What whoever starts runs may put around them: a budget on top, replies kept from before, a pace.

An evaluation gives every case the same limits and repeats no call that was paid for; the agents know nothing of it.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Protocol

from loomlab.core.messages import Message, Usage
from loomlab.core.protocols import Budget, Completion


class Replies(Protocol):
    """Replies of models, kept from one attempt to the next."""

    async def find(self, model: str, messages: Sequence[Message], options: Mapping[str, Any]) -> Completion | None:
        """The kept reply to this call, None where it has to be made."""

    async def keep(
        self, model: str, messages: Sequence[Message], options: Mapping[str, Any], reply: Completion
    ) -> None:
        """Keep the reply to the call just looked for."""


class Pace(Protocol):
    """How fast models may be called."""

    async def wait(self) -> None:
        """Return when the next call may be made."""


class Meter(Protocol):
    """Somebody who counts every model call, those that came to nothing too."""

    def book(self, role: str, model: str, usage: Usage | None, *, cached: bool = False, attempts: int = 1) -> None:
        """A call has ended; ``usage`` None where it failed or was cut off."""

    def show(self, tools: Sequence[str], messages: Sequence[Message]) -> None:
        """A call is about to be made with these tools and messages."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Around every run below: ``budgets`` besides their own; ``replies``, ``pace`` and ``meter`` for model calls."""

    budgets: tuple[Budget, ...] = ()
    replies: Replies | None = None
    pace: Pace | None = None
    meter: Meter | None = None


_around: ContextVar[Surroundings | None] = ContextVar("loomlab_surroundings", default=None)


def surroundings() -> Surroundings | None:
    """What is around the runs started here, None for nothing."""
    return _around.get()


@contextmanager
def surrounded(around: Surroundings) -> Iterator[None]:
    """Put it around the runs of the block."""
    token = _around.set(around)
    try:
        yield
    finally:
        _around.reset(token)
