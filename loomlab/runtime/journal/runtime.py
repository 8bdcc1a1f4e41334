"""The durable runtimes: each side effect is a step whose outcome is written down, and replayed instead of repeated."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any, Literal, Self

import anyio

from loomlab.core.context import get_run_context
from loomlab.core.errors import ConfigError, RuntimeJournalError
from loomlab.core.messages import ToolResult
from loomlab.core.steps import STEP
from loomlab.runtime.journal.errors import UnknownOutcome
from loomlab.runtime.journal.five_methods import durable_store
from loomlab.runtime.journal.inmemory import InMemoryJournalStore
from loomlab.runtime.journal.intent import INTENT, Intent, OnUnknown
from loomlab.runtime.journal.owner import described, gone, new_owner
from loomlab.runtime.journal.session import JournaledSession
from loomlab.runtime.journal.store import DurableStore, Held, JournalStore, Opened, Opening, prefix_of, user_key
from loomlab.runtime.lanes import Lane, lane_of
from loomlab.runtime.tasks import finish, spawn

_LOG = logging.getLogger(__name__)
_HAND = Intent(resume=False)
_NONE: Mapping[str, Any] = {}


class JournaledRuntime:
    """Does each step once, as far as a journal can tell: after a crash, what was done is replayed from ``store``.

    Entries belong to a session of one user. In a session, the first prompt is epoch 1, whose step names have no prefix;
    each further prompt begins an epoch (``epoch_2/…``). A run goes on with an epoch of the same prompt that was cut
    off; ``agent.resume`` replays one that came to its end, too. Runs below (workers, steps of a workflow, agents used
    as tools) write into the journal of the outermost one, whatever their own runtime.

    ``on_unknown`` says what to do with a step that was begun and whose outcome nobody knows: "retry" it, "ask" (the
    approval handler of the agent; without one: stop), or "stop" with UnknownOutcome. None: ask for destructive tools,
    retry the others. One process at a time holds a session: others wait ``wait_s`` seconds, then get
    RuntimeJournalError. A holder that died is found out at once on the same machine, elsewhere after ``lease_s``.

    What is journaled stands there as it was said and returned, for a replay needs it so: keep the store as safe as the
    data. ``forget`` erases.
    """

    name = "journaled"

    def __init__(
        self,
        store: JournalStore | None = None,
        *,
        on_unknown: OnUnknown | None = None,
        lease_s: float = 30.0,
        wait_s: float = 5.0,
    ) -> None:
        if on_unknown not in (None, "retry", "ask", "stop"):
            raise ConfigError(f"on_unknown is 'retry', 'ask', 'stop' or None, not {on_unknown!r}")
        if lease_s <= 0 or wait_s < 0:
            raise ConfigError("lease_s is in seconds and above 0, wait_s at least 0")
        self._store: JournalStore = InMemoryJournalStore() if store is None else store
        self.durable: DurableStore = durable_store(self._store)
        self.on_unknown: OnUnknown | None = on_unknown
        self.lease_s = lease_s
        self.wait_s = wait_s
        self._open: dict[str, list[JournaledSession]] = {}

    @property
    def store(self) -> JournalStore:
        """Where the entries are."""
        return self._store

    # ---- steps -------------------------------------------------------------------------------------------

    async def step(
        self,
        name: str,
        fn: Callable[..., Awaitable[Any]],
        *args: Any,
        idempotency_key: str | None = None,
        **kwargs: Any,
    ) -> Any:
        """The recorded outcome of this step of the session, or that of ``fn(*args, **kwargs)``, then recorded.

        Outside of a session nothing is recorded; an exception is not recorded either. Raises UnknownOutcome, and
        RuntimeJournalError for a value that cannot be kept (it says what can).
        """
        lane = lane_of(self)
        if lane is None:
            return await fn(*args, **kwargs)
        return await self.once(lane, name, fn, args, kwargs)

    async def once(
        self,
        lane: Lane,
        name: str,
        fn: Callable[..., Awaitable[Any]],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] = _NONE,
        *,
        marks: bool = True,
    ) -> Any:
        """``step`` on a given lane. ``marks`` False: made of steps of its own, so that trying it again is harmless."""
        session: JournaledSession = lane.session
        full = lane.prefix + name
        if await session.knows(full):
            return session.outcome(full)[1]
        session.live()
        if marks and self.policy(session) != "retry":
            if session.begun(full):
                raise self.unknown(session, full, "it")
            await session.begin(full)
        STEP.set(Lane(session, f"{full}/"))
        try:
            value = await fn(*args, **kwargs)
        finally:
            STEP.set(lane)
        await session.keep(full, value)
        return value

    async def stream_step(
        self, name: str, fn: Callable[..., AsyncIterator[Any]], *args: Any, **kwargs: Any
    ) -> AsyncIterator[Any]:
        """The same for a stream; recorded when it was consumed to its end."""
        lane = lane_of(self)
        if lane is None:
            async for item in fn(*args, **kwargs):
                yield item
            return
        session: JournaledSession = lane.session
        full = lane.prefix + name
        if await session.knows(full) and full in session.held.streams:
            for item in session.outcome(full)[1]:
                yield item
            return
        async for item in session.streamed(full, fn(*args, **kwargs)):
            yield item

    def policy(self, session: JournaledSession, *, destructive: bool = False) -> OnUnknown:
        """What to do with a step whose outcome is not known."""
        return session.on_unknown or self.on_unknown or ("ask" if destructive else "retry")

    @staticmethod
    def unknown(session: JournaledSession, name: str, what: str) -> UnknownOutcome:
        """The error for it."""
        error = UnknownOutcome(
            session_id=session.id, step=session.held.prefix + name, what=what, user_id=session.user_id
        )
        session.fail(name, error)
        return error

    # ---- sessions ----------------------------------------------------------------------------------------

    @asynccontextmanager
    async def session(
        self, session_id: str, *, user_id: str | None = None, on_unknown: OnUnknown | None = None
    ) -> AsyncIterator[JournaledSession]:
        """Scope of the steps of one session of one user (default: of the run we are in).

        By hand it has one epoch: opened again, in whatever process, its steps are replayed.
        """
        user = get_run_context().user_id if user_id is None else user_id
        async with self.hold(session_id, user, None, "", Intent(resume=False, on_unknown=on_unknown)) as session:
            yield session

    @asynccontextmanager
    async def hold(
        self,
        session_id: str,
        user_id: str | None,
        digest: str | None,
        run_id: str,
        intent: Intent | None = None,
        *,
        prompt: str = "",
    ) -> AsyncIterator[JournaledSession]:
        """Open the session for a run, and be on its first lane; ``digest`` tells one prompt from another."""
        intent = intent or INTENT.get() or _HAND
        outer = STEP.get()
        owner = new_owner()
        held: Opened | None = None
        done = False
        try:
            held = await self._opened(
                Opening(
                    session_id,
                    user_id,
                    digest,
                    prompt.encode("utf-8", "replace").decode(),
                    intent.resume,
                    run_id,
                    owner,
                    self.lease_s,
                    time.time(),
                )
            )
            session = JournaledSession(self, held, intent)
            self._open.setdefault(session_id, []).append(session)
            heart = spawn(lambda: self._keep_alive(session)) if self.durable.beats else None
            INTENT.set(None)
            STEP.set(Lane(session))
            try:
                yield session
                done = True
            finally:
                STEP.set(outer)
                self._closed(session)
                if heart is not None:
                    await finish(heart)
        finally:
            gone(owner)
            if held is not None:
                with anyio.CancelScope(shield=True):
                    await self.durable.close(held, done=done and digest is not None)

    async def _opened(self, wish: Opening) -> Opened:
        until = time.monotonic() + self.wait_s
        pause = 0.02
        while True:
            try:
                return await self.durable.open(wish)
            except Held as other:
                if time.monotonic() + pause > until:
                    whose = "" if wish.user_id is None else f" of user {wish.user_id!r}"
                    since = datetime.fromtimestamp(other.since).astimezone().isoformat(sep=" ", timespec="seconds")
                    raise RuntimeJournalError(
                        f"session {wish.session_id!r}{whose} is being run by {described(other.owner)} since {since}; "
                        "two at once would do its steps twice: wait for it to end (wait_s= of the runtime), or give "
                        "another session_id"
                    ) from None
            await anyio.sleep(pause)
            pause = min(pause * 1.5, 0.5)
            wish = replace(wish, now=time.time())

    async def _keep_alive(self, session: JournaledSession) -> None:
        while True:
            await anyio.sleep(self.lease_s / 3)
            try:
                if not await self.durable.renew(session.held, time.time() + self.lease_s):
                    return  # the next write says so
            except Exception as exc:
                _LOG.warning("the lease of session %r could not be renewed: %s", session.id, exc)

    def _closed(self, session: JournaledSession) -> None:
        session.is_open = False
        others = self._open.get(session.id, [])
        if session in others:
            others.remove(session)
        if not others:
            self._open.pop(session.id, None)

    async def signal(self, session_id: str, name: str, payload: Any) -> None:
        """Deliver to the sessions of that id that are open in this process; others lose it."""
        for session in self._open.get(session_id, []):
            await session.deliver(name, payload)

    # ---- keeping -----------------------------------------------------------------------------------------

    async def settle(self, session_id: str, step: str, value: Any, *, user_id: str | None = None) -> None:
        """Enter by hand what came of a step (as UnknownOutcome names it), so that a resumed run takes it.

        For a tool call, ``value`` is what the tool returned (or a ToolResult).
        """
        if step.rpartition("/")[2].startswith("tool_call_") and not isinstance(value, ToolResult):
            value = ToolResult.success("", value)
        await self._store.put_step(session_id, step, value, user_id=user_id)

    async def steps(self, run_id: str) -> list[str]:
        """Names of the steps that the journal holds of a run, in the order in which they were done."""
        place = await self.durable.find_run(run_id)
        if place is None:
            return []
        skip = len(prefix_of(place.epoch))
        return [row.name[skip:] for row in await self.durable.rows(place) if row.text is not None]

    async def forget(
        self, *, user_id: str | None = None, session_id: str | None = None, before: datetime | None = None
    ) -> int:
        """Erase what is journaled of a user (None: of nobody in particular); how many entries.

        ``session_id`` narrows it to one session, ``before`` to entries older than that. What a run that is under way
        writes afterwards stays: forget when it is over.
        """
        at = None if before is None else before.timestamp()
        return await self.durable.erase(user_key=user_key(user_id), session_id=session_id, before=at)

    async def prune(self, before: datetime) -> int:
        """Erase everybody's entries older than ``before``; how many."""
        return await self.durable.erase(user_key=None, before=before.timestamp())

    async def aclose(self) -> None:
        """Let go of the store."""
        await self._store.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()


class SqliteRuntime(JournaledRuntime):
    """A ``JournaledRuntime`` over one SQLite file, which several processes may use at once.

    What is journaled survives the end of the process at once; a power cut too with ``sync="full"``.
    """

    name = "sqlite"

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        sync: Literal["normal", "full"] = "normal",
        on_unknown: OnUnknown | None = None,
        lease_s: float = 30.0,
        wait_s: float = 5.0,
    ) -> None:
        from loomlab.runtime.journal.sqlite import SqliteJournalStore

        store = SqliteJournalStore(path, sync=sync)
        super().__init__(store, on_unknown=on_unknown, lease_s=lease_s, wait_s=wait_s)
        self._path = store.path

    @property
    def path(self) -> str:
        """The file."""
        return self._path
