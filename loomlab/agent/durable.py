"""Runs that outlive their process: going on with one that was cut off, or trying another end of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from loomlab.core.results import RunResult
from loomlab.runtime.durable import resuming

if TYPE_CHECKING:
    from loomlab.agent.forking import Fork, Messages
    from loomlab.core.events import Event
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

    async def fork(
        self,
        run_id: str,
        at: str | int | Event,
        *,
        model: Any = None,
        architecture: Any = None,
        messages: Messages | None = None,
        **options: Any,
    ) -> Fork:
        """Try another end of an earlier run of this agent: what comes before ``at`` is replayed and costs nothing.

        ``at`` is the first step that is done anew: its name in the journal ("model_call_3"), the number of a model
        call, or an event that tells of it. From there on ``model`` answers instead, or ``architecture`` leads (what was
        said until then is its conversation), or the model is asked ``messages`` (or what that function makes of the
        messages that it was asked). The earlier run stays as it is. ``options`` are those of ``run``.

        The result shows both ends side by side. Raises ConfigError without a durable runtime, for a run that its
        journal does not hold, and for a step that the run does not have.
        """
        from loomlab.agent import forking

        agent: Any = self
        return await forking.fork(agent, run_id, at, model, architecture, messages, options)
