"""One session of a durable runtime: what was done in it so far, and the writing down of what comes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

from loomlab.core.errors import RuntimeJournalError
from loomlab.runtime.journal.codec import decode, encode
from loomlab.runtime.journal.intent import Intent, OnUnknown
from loomlab.runtime.journal.store import Kind, Opened, user_of
from loomlab.runtime.lanes import PrefixEnd

if TYPE_CHECKING:
    from loomlab.runtime.journal.runtime import JournaledRuntime


class JournaledSession:
    """A session that is held by this process, for one user, in one epoch (one prompt and what became of it).

    ``replayed`` counts the steps whose recorded outcome was used, ``written`` those that were done and kept.
    """

    def __init__(self, runtime: JournaledRuntime, held: Opened, intent: Intent) -> None:
        self.id = held.session_id
        self.runtime = runtime
        self.held = held
        self.intent = intent
        self.is_open = True
        self.replayed = 0
        self.written = 0
        self.broken: list[tuple[str, RuntimeJournalError]] = []
        self.signals: list[tuple[str, Any]] = []

    @property
    def user_id(self) -> str | None:
        """Whose session it is."""
        return user_of(self.held.user_key)

    @property
    def epoch(self) -> int:
        """Which prompt of the session, from 1."""
        return self.held.epoch

    async def deliver(self, name: str, payload: Any) -> None:
        """Keep a signal for as long as the session is open."""
        self.signals.append((name, payload))

    # ---- what was done -------------------------------------------------------------------------------

    @property
    def on_unknown(self) -> OnUnknown | None:
        """What this very run was told to do with steps of which nobody knows the outcome."""
        return self.intent.on_unknown

    async def knows(self, name: str) -> bool:
        """Whether the outcome of a step, or the items of a stream, of that name are there."""
        held = self.held
        if held.lazy and name not in held.steps and name not in held.streams:
            await self.runtime.durable.fetch(held, name)
        return held.steps.get(name) is not None or name in held.streams

    def outcome(self, name: str) -> tuple[Kind, Any]:
        """The recorded outcome: of a step its value, of a stream its items."""
        self.replayed += 1
        text = self.held.steps.get(name)
        return ("step", decode(text)) if text is not None else ("stream", decode(self.held.streams[name]))

    def begun(self, name: str) -> bool:
        """Whether a step was begun of which nobody knows the outcome."""
        steps = self.held.steps
        return name in steps and steps[name] is None

    # ---- what is done now ------------------------------------------------------------------------------

    def live(self) -> None:
        """A step is about to be done for real; in a fork that replays a prefix only, that is its end."""
        if self.intent.fenced:
            raise PrefixEnd

    async def begin(self, name: str) -> None:
        """Note that a step begins, before it does."""
        await self._write("step", name, None)
        self.held.steps[name] = None

    async def keep(self, name: str, value: Any) -> None:
        """Keep the outcome of a step."""
        if self.broken:
            self.check(name)
        text = self._text(name, value)
        await self._write("step", name, text)
        self.held.steps[name] = text

    async def keep_stream(self, name: str, items: list[Any]) -> None:
        """Keep the items of a stream that came to its end."""
        text = self._text(name, items)
        await self._write("stream", name, text)
        self.held.streams[name] = text

    async def streamed(self, name: str, items: AsyncIterator[Any]) -> AsyncIterator[Any]:
        """Pass items on, and keep them when they were consumed to the end."""
        self.live()
        kept: list[Any] = []
        try:
            async for item in items:
                kept.append(item)
                yield item
        finally:
            close = getattr(items, "aclose", None)
            if close is not None:
                await close()
        await self.keep_stream(name, kept)

    def fail(self, name: str, error: RuntimeJournalError) -> RuntimeJournalError:
        """This run must end for the sake of a step. What is around that step is not kept, whoever caught the error."""
        self.broken.append((name, error))
        return error

    def check(self, name: str) -> None:
        """Raise what broke a step inside of this one, should something on the way have caught it."""
        for inner, error in self.broken:
            if inner.startswith(f"{name}/"):
                raise error

    def _text(self, name: str, value: Any) -> str:
        try:
            return encode(value)
        except RuntimeJournalError as exc:
            raise self.fail(name, RuntimeJournalError(f"step {name!r}: {exc}")) from exc

    async def _write(self, kind: Kind, name: str, text: str | None) -> None:
        if not await self.runtime.durable.write(self.held, kind, name, text):
            lost = RuntimeJournalError(
                f"another process has taken session {self.id!r} over, so step {name!r} was not written: this run must "
                "end. It was held up for longer than its lease; raise lease_s= of the runtime where that is normal"
            )
            raise self.fail(name, lost)
        self.written += 1
