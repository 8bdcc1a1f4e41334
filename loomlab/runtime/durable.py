"""A run on a durable runtime: the scope of its steps, and its model calls as steps."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Any

from loomlab.core.ids import deterministic_hash
from loomlab.core.messages import Message, ModelChunk
from loomlab.core.session import AgentSession
from loomlab.core.steps import STEP
from loomlab.runtime.lanes import Lane, PrefixEnd, lane_of

if TYPE_CHECKING:
    from loomlab.runtime.journal.intent import OnUnknown
    from loomlab.runtime.journal.session import JournaledSession
    from loomlab.runtime.run import Run


@asynccontextmanager
async def scope(run: Run, *what: Any) -> AsyncIterator[None]:
    """The steps of one run; ``what`` tells what it is to do from other things that the same session may be asked.

    The outermost run of a durable runtime holds the session; one below it gets a lane of its own there.
    """
    runtime: Any = run.runtime
    session_id = run.context.session_id or ""
    hold = getattr(runtime, "hold", None)
    if hold is None:
        async with runtime.session(session_id):
            yield
        return
    lane = lane_of(runtime)
    if lane is None:
        digest = digest_of(run.name, *what)
        prompt = what[-1] if isinstance(what[-1], str) else ""
        async with hold(session_id, run.context.user_id, digest, run.context.run_id, prompt=prompt):
            yield
        return
    STEP.set(lane.below(_name(run, lane)))
    try:
        yield
    finally:
        STEP.set(lane)


def digest_of(name: str, *what: Any) -> str:
    """What tells one task of an agent or workflow from another."""
    return deterministic_hash(name, *what)


def _name(run: Run, lane: Lane) -> str:
    """What a run below is called: by the suffix that it was delegated with, else by its agent; counted."""
    above = run.parent.context.session_id if run.parent is not None else None
    suffix = (run.context.session_id or "").removeprefix(f"{above}__") if above else ""
    return lane.counted(suffix if suffix and suffix != run.context.session_id else run.name)


async def durable_step(name: str, call: Callable[[Any], Awaitable[Any]], value: Any, *, marks: bool = True) -> Any:
    """``call(value)`` as a step on the present lane; as it is where there is none."""
    lane = STEP.get()
    if lane is None or not lane.session.is_open:
        return await call(value)
    return await lane.session.runtime.once(lane, lane.counted(name), call, (value,), marks=marks)


@contextmanager
def resuming(runtime: Any, on_unknown: OnUnknown | None) -> Iterator[None]:
    """The outermost run of the block goes back to what was done; nothing changes on a runtime without a journal."""
    if not hasattr(runtime, "hold"):
        yield
        return
    from loomlab.runtime.journal.intent import INTENT, Intent

    outer = INTENT.get()
    INTENT.set(Intent(resume=True, on_unknown=on_unknown))
    try:
        yield
    finally:
        INTENT.set(outer)


class ModelStep:
    """One model call as a step of a durable run. ``known``: its reply is in the journal."""

    __slots__ = ("known", "name", "session")

    def __init__(self, session: JournaledSession, name: str, known: bool) -> None:
        self.session = session
        self.name = name
        self.known = known

    def messages(self, talk: AgentSession, messages: Sequence[Message]) -> Sequence[Message]:
        """What the model is asked: ``messages``, or what a fork asks in their place, from here on."""
        intent = self.session.intent
        if intent.fenced and not self.known:
            raise PrefixEnd(list(messages))
        if self.known or intent.messages is None or intent.at != self.name:
            return messages
        own = messages is talk.messages
        changed = intent.messages(list(messages)) if callable(intent.messages) else intent.messages
        if not own:
            return list(changed)
        talk.messages[:] = changed
        return talk.messages

    def recorded(self) -> tuple[str, Any]:
        """The reply in the journal: ``("step", completion)``, or ``("stream", chunks)``."""
        return self.session.outcome(self.name)

    async def reply(self, complete: Callable[[], Awaitable[Any]]) -> Any:
        """Ask, and keep the reply."""
        self.session.live()
        reply = await complete()
        await self.session.keep(self.name, tuple(reply))
        return reply

    def stream(self, chunks: AsyncIterator[ModelChunk]) -> AsyncIterator[ModelChunk]:
        """Ask, and keep the chunks when the last has come."""
        return self.session.streamed(self.name, chunks)


async def model_step(run: Run) -> ModelStep | None:
    """The next model call of this strand as a step; None where the runtime keeps no journal of ours."""
    lane = lane_of(run.runtime)
    if lane is None:
        return None
    name = lane.model_call()
    return ModelStep(lane.session, name, await lane.session.knows(name))


async def replayed(chunks: Sequence[ModelChunk]) -> AsyncIterator[ModelChunk]:
    """Recorded chunks as a stream."""
    for chunk in chunks:
        yield chunk
