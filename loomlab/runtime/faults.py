"""What ended a run, in the words of events and results."""

from typing import Any

from loomlab.core.errors import ModelError
from loomlab.core.results import EndReason

_ENDINGS = {
    "max_turns_exceeded": EndReason.TURN_CAP,
    "budget": EndReason.BUDGET,
    "cancelled": EndReason.CANCELLED,
}


def fault_parts(exc: BaseException) -> dict[str, Any]:
    """What an ERROR event carries of an error."""
    parts: dict[str, Any] = {"type": type(exc).__name__, "message": str(exc)}
    if isinstance(exc, ModelError):
        parts |= {"retryable": exc.retryable, "retry_after": exc.retry_after, "provider": exc.provider}
    return parts


def ending(reason: str | None) -> EndReason:
    """Why a run ended that gave ``reason`` for not reaching an answer; None: it did reach one."""
    if reason is None:
        return EndReason.ANSWERED
    # A worker's reason comes with the places it passed in front: ``specialist:ana:budget:max_tokens``.
    *places, last = reason.split(":")
    if places[-1:] == ["budget"] and last not in _ENDINGS and places[-2:-1] not in (["specialist"], ["swarm"]):
        return EndReason.BUDGET
    return _ENDINGS.get(last, EndReason.STOPPED)
