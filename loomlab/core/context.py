"""Who a run is for: the run context, read from anywhere below a run without passing it along."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from types import EllipsisType
from typing import Any


@dataclass(frozen=True, slots=True)
class RunContext:
    """Scope of a run: the user it belongs to, the conversation, the run itself, and free metadata."""

    user_id: str | None = None
    session_id: str | None = None
    run_id: str = ""
    metadata: Mapping[str, Any] = field(default_factory=dict)

    def with_overrides(
        self,
        *,
        user_id: str | EllipsisType | None = ...,
        session_id: str | EllipsisType | None = ...,
        run_id: str | EllipsisType = ...,
        metadata: Mapping[str, Any] | EllipsisType = ...,
    ) -> "RunContext":
        """A copy with the given fields changed. What is left out stays; ``None`` is a value."""
        given = {"user_id": user_id, "session_id": session_id, "run_id": run_id, "metadata": metadata}
        changes: dict[str, Any] = {name: value for name, value in given.items() if value is not ...}
        return replace(self, **changes)

    def get(self, key: str, default: Any = None) -> Any:
        """A value of the metadata."""
        return self.metadata.get(key, default)


_EMPTY = RunContext()
_current: ContextVar[RunContext] = ContextVar("loomlab_run_context", default=_EMPTY)


def get_run_context() -> RunContext:
    """The context of the run we are in; an empty one outside any run. Never raises."""
    return _current.get()


class installed:  # noqa: N801 (used as a verb: ``with installed(context):``)
    """``set_run_context`` without the await, for the hot path."""

    __slots__ = ("_context", "_outer")

    def __init__(self, context: RunContext) -> None:
        self._context = context

    def __enter__(self) -> RunContext:
        self._outer = _current.get()
        _current.set(self._context)
        return self._context

    def __exit__(self, *_: object) -> None:
        # A stored token may belong to another task's context when a stream is closed from elsewhere.
        _current.set(self._outer)


@asynccontextmanager
async def set_run_context(context: RunContext) -> AsyncIterator[RunContext]:
    """Install ``context`` for the block; nests, and restores the outer one on the way out."""
    with installed(context):
        yield context
