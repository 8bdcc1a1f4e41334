"""What the next durable run is to do with an earlier one: nothing, go on with it, or go on differently."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Literal

from loomlab.core.messages import Message

OnUnknown = Literal["retry", "ask", "stop"]
"""What to do with a step that was begun and whose outcome nobody knows."""


@dataclass(frozen=True, slots=True)
class Intent:
    """Given along with a run, for its outermost session.

    ``fenced``: replay only, and end (PrefixEnd) where something would have to be done. ``at`` and ``messages``: what
    the model is asked at that step instead. ``history``: a conversation that memory is to give, in place of its own.
    """

    resume: bool = True
    on_unknown: OnUnknown | None = None
    fenced: bool = False
    at: str | None = None
    history: Sequence[Message] | None = None
    messages: Sequence[Message] | Callable[[list[Message]], Sequence[Message]] | None = None


INTENT: ContextVar[Any] = ContextVar("loomlab_intent", default=None)
"""Taken by the session that opens next, so that runs below do not see it."""
