"""The runtime that does each side effect at once and keeps nothing."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any


class InProcSession:
    """A session of the in-process runtime; signals are kept until somebody asks."""

    def __init__(self, session_id: str) -> None:
        self.id = session_id
        self.signals: list[tuple[str, Any]] = []

    async def deliver(self, name: str, payload: Any) -> None:
        """Keep a signal."""
        self.signals.append((name, payload))


class InProcRuntime:
    """Runs steps directly: the default, with no journal and no cost."""

    name = "inproc"

    def __init__(self) -> None:
        self._sessions: dict[str, InProcSession] = {}

    async def step(
        self,
        name: str,
        fn: Callable[..., Awaitable[Any]],
        *args: Any,
        idempotency_key: str | None = None,
        **kwargs: Any,
    ) -> Any:
        """Call ``fn``."""
        return await fn(*args, **kwargs)

    async def stream_step(
        self, name: str, fn: Callable[..., AsyncIterator[Any]], *args: Any, **kwargs: Any
    ) -> AsyncIterator[Any]:
        """Pass ``fn``'s items through."""
        async for item in fn(*args, **kwargs):
            yield item

    @asynccontextmanager
    async def session(self, session_id: str) -> AsyncIterator[InProcSession]:
        """A session that receives signals while the block runs."""
        session = self._sessions.setdefault(session_id, InProcSession(session_id))
        try:
            yield session
        finally:
            self._sessions.pop(session_id, None)

    async def signal(self, session_id: str, name: str, payload: Any) -> None:
        """Deliver to a session that is open; others lose it, for nothing is kept here."""
        if session_id in self._sessions:
            await self._sessions[session_id].deliver(name, payload)
