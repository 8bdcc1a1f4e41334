"""Memory that is opened when it is first used, so that making an agent needs no server."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

from anyio import Lock
from anyio.lowlevel import RunVar

from loomlab.core.errors import MemoryStoreError
from loomlab.core.messages import Message
from loomlab.core.protocols import FactStore, Memory
from loomlab.core.remembered import Episode, Fact, MemoryBlock, MemoryExport, MemoryProfile
from loomlab.memory.lazy_facts import LazyFactStore
from loomlab.memory.store_errors import without_password


class LazyMemory:
    """A ``Memory`` made by ``builder`` at its first use; what it can do besides is handed on as well.

    Uses that come together wait for one and the same building. One that fails raises ``MemoryStoreError`` with
    ``description``, and the next use tries again. ``facts`` can be used before there is a memory.
    """

    def __init__(self, builder: Callable[[], Awaitable[Memory]], *, description: str = "memory") -> None:
        self._builder = builder
        self._description = without_password(description)
        self._memory: Any = None
        self._building: RunVar[Lock | None] = RunVar("building", None)
        self._callbacks: list[Any] = []
        self._facts = LazyFactStore(self._built_facts)

    @property
    def is_ready(self) -> bool:
        """Whether the memory has been made."""
        return self._memory is not None

    @property
    def description(self) -> str:
        """What this is, as errors say it; without a password."""
        return self._description

    @property
    def facts(self) -> FactStore | None:
        """Where facts are kept; None once it is known that they are not."""
        if self._memory is None:
            return self._facts
        facts: FactStore | None = getattr(self._memory, "facts", None)
        return facts

    @property
    def embedder(self) -> Any:
        """What turns texts into vectors, once the memory is made."""
        return getattr(self._memory, "embedder", None)

    @property
    def store(self) -> Any:
        """Where the records are, once the memory is made."""
        return getattr(self._memory, "store", None)

    async def ready(self) -> Any:
        """The memory itself, made now if need be."""
        if self.is_ready:
            return self._memory
        async with self._turn():
            if not self.is_ready:
                await self._keep(await self._build())
        return self._memory

    async def _keep(self, memory: Any) -> None:
        if self._memory is not None:  # another event loop was quicker
            await memory.aclose()
            return
        self._memory = memory
        for callback in self._callbacks:
            memory.on_forget(callback)

    async def working(self, *, user_id: str | None = None) -> list[MemoryBlock]:
        """The working blocks, by ``pinned_order``."""
        blocks: list[MemoryBlock] = await (await self.ready()).working(user_id=user_id)
        return blocks

    async def update_block(self, name: str, content: str, *, user_id: str | None = None) -> None:
        """Set a block."""
        await (await self.ready()).update_block(name, content, user_id=user_id)

    async def append_block(self, name: str, content: str, *, user_id: str | None = None) -> None:
        """Add to a block's end; makes it where it is missing."""
        await (await self.ready()).append_block(name, content, user_id=user_id)

    async def remember(self, episode: Episode) -> str:
        """Store an episode; its id."""
        return str(await (await self.ready()).remember(episode))

    async def recall(
        self,
        query: str,
        *,
        kind: str = "episodic",
        limit: int = 5,
        time_range: tuple[datetime, datetime] | None = None,
        user_id: str | None = None,
    ) -> list[Episode]:
        """Episodes that fit a text."""
        memory = await self.ready()
        episodes: list[Episode] = await memory.recall(
            query, kind=kind, limit=limit, time_range=time_range, user_id=user_id
        )
        return episodes

    async def recall_facts(
        self, query: str, *, limit: int = 5, valid_at: datetime | None = None, user_id: str | None = None
    ) -> list[Fact]:
        """Facts that fit a text."""
        memory = await self.ready()
        facts: list[Fact] = await memory.recall_facts(query, limit=limit, valid_at=valid_at, user_id=user_id)
        return facts

    async def consolidate(self) -> None:
        """Turn what is new into facts."""
        await (await self.ready()).consolidate()

    async def session_messages(self, session_id: str, *, user_id: str | None = None, limit: int = 20) -> list[Message]:
        """A conversation so far, oldest first, of at most ``limit // 2`` exchanges."""
        memory = await self.ready()
        messages: list[Message] = await memory.session_messages(session_id, user_id=user_id, limit=limit)
        return messages

    async def profile(self, *, user_id: str | None = None) -> MemoryProfile:
        """What is known about a user, in short."""
        profile: MemoryProfile = await (await self.ready()).profile(user_id=user_id)
        return profile

    async def forget(
        self,
        *,
        user_id: str | None = None,
        session_id: str | None = None,
        before: datetime | None = None,
        **more: Any,
    ) -> Any:
        """Erase; how many items went, or with ``receipt=True`` a receipt."""
        return await (await self.ready()).forget(user_id=user_id, session_id=session_id, before=before, **more)

    async def export(self, *, user_id: str | None = None) -> MemoryExport:
        """Everything stored about a user."""
        export: MemoryExport = await (await self.ready()).export(user_id=user_id)
        return export

    def on_forget(self, callback: Any) -> None:
        """Have ``callback(user_id, session_id, before)`` called after each erasure."""
        self._callbacks.append(callback)
        if self._memory is not None:
            self._memory.on_forget(callback)

    def erasures(self, user_id: str | None = None) -> int:
        """A number that grows whenever this process erases something of a user."""
        return int(self._memory.erasures(user_id)) if self._memory is not None else 0

    async def aclose(self) -> None:
        """Close the memory, if it was made; the next use makes it again."""
        memory, self._memory = self._memory, None
        if memory is not None:
            await memory.aclose()

    async def search(self, query: str, **options: Any) -> Any:
        """What fits ``query``, with scores; see ``RecordMemory.search``."""
        return await (await self._ability("search"))(query, **options)

    async def explain(self, query: str, **options: Any) -> Any:
        """Every candidate for ``query`` and what became of it; see ``RecordMemory.explain``."""
        return await (await self._ability("explain"))(query, **options)

    async def frame(self, **options: Any) -> Any:
        """The facts as a pandas DataFrame; see ``RecordMemory.frame``."""
        return await (await self._ability("frame"))(**options)

    async def audit(self, **options: Any) -> Any:
        """What has rotted; see ``RecordMemory.audit``."""
        return await (await self._ability("audit"))(**options)

    async def diff(self, before: datetime, after: datetime, **options: Any) -> Any:
        """What changed between two instants; see ``RecordMemory.diff``."""
        return await (await self._ability("diff"))(before, after, **options)

    async def facts_at(self, **options: Any) -> list[Fact]:
        """What was known at a time about a time; see ``RecordMemory.facts_at``."""
        facts: list[Fact] = await (await self._ability("facts_at"))(**options)
        return facts

    async def episodes(self, **options: Any) -> list[Episode]:
        """A user's episodes, oldest first; see ``RecordMemory.episodes``."""
        episodes: list[Episode] = await (await self._ability("episodes"))(**options)
        return episodes

    async def blocks(self, *, user_id: str | None = None) -> Sequence[MemoryBlock]:
        """The same as ``working``."""
        return await self.working(user_id=user_id)

    async def _ability(self, name: str) -> Any:
        memory = await self.ready()
        ability = getattr(memory, name, None)
        if ability is None:
            raise MemoryStoreError(
                f"{self._description} is a {type(memory).__name__}, which has no {name}(); use one of loomlab's"
            )
        return ability

    async def _built_facts(self) -> Any:
        facts = getattr(await self.ready(), "facts", None)
        if facts is None:
            raise MemoryStoreError(f"{self._description} keeps no facts; make it with with_facts=True")
        return facts

    async def _build(self) -> Any:
        try:
            return await self._builder()
        except MemoryStoreError as error:
            text = without_password(str(error)).removeprefix(f"{self._description}: ")
            raise MemoryStoreError(f"{self._description} could not be opened: {text}") from error
        except Exception as error:
            text = without_password(str(error)) or type(error).__name__
            raise MemoryStoreError(
                f"{self._description} could not be opened: {text}; the next use tries again"
            ) from error

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        # Locks belong to one event loop, and a notebook has two.
        lock = self._building.get()
        if lock is None:
            lock = Lock()
            self._building.set(lock)
        async with lock:
            yield
