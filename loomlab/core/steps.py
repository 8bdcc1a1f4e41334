"""The durable step that we are in, for code that must not do a thing twice: its key is the same after a crash."""

from contextvars import ContextVar
from typing import Any, Protocol

from loomlab.core.ids import new_id


class Step(Protocol):
    """A place in a durable run."""

    session: Any
    prefix: str

    def key(self) -> str:
        """A text that is the same each time this very step is tried, and another for every other step."""


STEP: ContextVar[Any] = ContextVar("loomlab_step", default=None)
"""Set by a durable runtime; None outside of one."""


def idempotency_key() -> str:
    """A key for what the present tool call is about to do, to hand to a service that does a thing once a key.

    In a durable run it is the same when the step is tried again after a crash; elsewhere each call gets its own.
    """
    step: Step | None = STEP.get()
    return new_id("once") if step is None else step.key()
