"""Runs that outlive their process: going on with one that was cut off, or trying another end of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from loomlab.core.results import RunResult
from loomlab.runtime.durable import resuming

if TYPE_CHECKING:
    from loomlab.runtime.journal.intent import OnUnknown


class DurableAgent:
    """``resume`` and ``fork`` of an ``Agent``."""

    run: Callable[..., Awaitable[RunResult]]
    _runtime: Any

    async def resume(
        self, session_id: str, prompt: str, *, on_unknown: OnUnknown | None = None, **options: Any
    ) -> RunResult:
        """Go on with the run of ``prompt`` in an earlier session, also in another process.

        On a durable runtime the finished steps are replayed: no model is asked and no tool runs for them, no budget
        pays, nobody is asked for approval again. What was not done yet is done now. Without such a run, and on other
        runtimes, it is ``run`` in that session. ``options`` are those of ``run`` (``user_id`` above all: a session
        belongs to its user).

        ``on_unknown`` says, for this time, what to do with a tool call that was begun and cut off: "retry", "ask" (the
        approval handler), or "stop". Raises ``UnknownOutcome`` where it stops, and RuntimeJournalError while another
        process runs the session.
        """
        with resuming(self._runtime, on_unknown):
            return await self.run(prompt, session_id=session_id, **options)
