"""Memory that lives as long as the process."""

from collections.abc import Callable, Sequence
from datetime import datetime
from threading import RLock
from typing import Any, Protocol

from loomlab.core.errors import ConfigError, MemoryStoreError
from loomlab.core.messages import Message, Role
from loomlab.core.protocols import Embedder, FactStore
from loomlab.core.remembered import Episode, Fact, MemoryBlock, MemoryExport, MemoryProfile
from loomlab.memory.bounds import UserBounds
from loomlab.memory.facts import InMemoryFactStore
from loomlab.memory.instants import instant
from loomlab.memory.isolation import warn_isolation
from loomlab.memory.user_memory import UserMemory

_ALL = 2**31
_SHOWN = 10


class Consolidates(Protocol):
    """Turns episodes into facts and puts them into a store."""

    async def consolidate(self, episodes: Sequence[Episode], *, store: FactStore) -> list[Fact]:
        """The facts that were added."""


class InMemoryMemory:
    """Blocks, episodes and facts in this process; each user sees only their own, and None is a bucket of its own.

    At most ``max_users`` named users are kept, the one idle longest goes first, as does whoever was idle for
    ``user_idle_ttl_seconds`` (None: no bound): blocks, episodes and facts together. Facts go to ``fact_store``, which
    keeps bounds of its own, by default to an ``InMemoryFactStore`` under the same bounds that finds facts by their
    words, or with ``embedder`` by cosine. ``consolidator`` makes facts out of episodes.
    """

    def __init__(
        self,
        *,
        consolidator: Consolidates | None = None,
        fact_store: FactStore | None = None,
        embedder: Embedder | None = None,
        max_users: int | None = 100_000,
        user_idle_ttl_seconds: float | None = 86_400,
    ) -> None:
        self._bounds = UserBounds(max_users, user_idle_ttl_seconds)
        self._bounds.on_drop(lambda user_id: self._drop(user_id))
        self._users: dict[str | None, UserMemory] = {}
        self._consolidator = consolidator
        if fact_store is None:
            fact_store = InMemoryFactStore(embedder=embedder, bounds=self._bounds)
        elif embedder is not None:
            raise ConfigError("give the embedder to the fact_store, or leave the fact_store out: not both")
        self._facts = fact_store
        self._lock = RLock()

    @property
    def facts(self) -> FactStore:
        """Where facts are kept."""
        return self._facts

    async def working(self, *, user_id: str | None = None) -> list[MemoryBlock]:
        """The blocks that belong into every prompt, by ``pinned_order``, then by age."""
        with self._lock:
            user = self._user(user_id)
            return sorted(user.blocks.values(), key=lambda block: block.pinned_order) if user else []

    async def update_block(self, name: str, content: str, *, user_id: str | None = None) -> None:
        """Set a block; a new one comes after those that exist."""
        self._write_block(name, user_id, lambda _: content)

    async def append_block(self, name: str, content: str, *, user_id: str | None = None) -> None:
        """Put ``content`` directly behind what the block holds; a missing block is made."""
        self._write_block(name, user_id, lambda before: before + content)

    async def remember(self, episode: Episode) -> str:
        """Keep an episode under its own ``user_id``; its id."""
        with self._lock:
            user = self._user_to_write(episode.user_id)
            user.episodes.add(episode)
            if self._consolidator is not None:
                user.fresh[episode.id] = episode
        return episode.id

    async def recall(
        self,
        query: str,
        *,
        kind: str = "episodic",
        limit: int = 5,
        time_range: tuple[datetime, datetime] | None = None,
        user_id: str | None = None,
    ) -> list[Episode]:
        """The newest episodes whose input or output contains ``query`` in any case; where none does, the newest.

        Newest first. ``time_range`` includes both ends. Episodes are what is kept here, whatever ``kind`` says.
        """
        with self._lock:
            user = self._user(user_id)
            if user_id is None and self._bounds.named_users:
                warn_isolation("recall")
            if user is None or limit <= 0:
                return []
            found = user.episodes.containing(query.strip(), limit, time_range)
            return found or user.episodes.recent(limit, time_range)

    async def recall_facts(
        self, query: str, *, limit: int = 5, valid_at: datetime | None = None, user_id: str | None = None
    ) -> list[Fact]:
        """Facts that answer ``query``; with ``valid_at`` only those true at that time, without it ended ones too."""
        return await self._facts.recall_text(query, limit=limit, valid_at=valid_at, user_id=user_id)

    async def consolidate(self) -> None:
        """Make facts out of the episodes that came since the last time; nothing happens without a consolidator.

        What a failing consolidator did not read is offered again the next time.
        """
        if self._consolidator is None:
            return
        for user in list(self._users.values()):
            fresh = user.take_fresh()
            if not fresh:
                continue
            try:
                await self._consolidator.consolidate(fresh, store=self._facts)
            except BaseException:
                user.give_back(fresh)
                raise

    async def session_messages(self, session_id: str, *, user_id: str | None = None, limit: int = 20) -> list[Message]:
        """The conversation so far, oldest first: the last ``limit // 2`` exchanges of two messages each."""
        with self._lock:
            user = self._user(user_id)
            pairs = limit // 2
            if user is None or pairs <= 0:
                return []
            messages: list[Message] = []
            for episode in user.episodes.of_session(session_id)[-pairs:]:
                messages.append(Message(role=Role.USER, content=episode.input))
                messages.append(Message(role=Role.ASSISTANT, content=episode.output))
            return messages

    async def profile(self, *, user_id: str | None = None) -> MemoryProfile:
        """How much is known about a user, the ten newest sessions and the ten newest facts."""
        facts = await self._facts.query(user_id=user_id, limit=_ALL)
        with self._lock:
            user = self._user(user_id)
            newest = user.episodes.recent(1) if user else []
            return MemoryProfile(
                user_id=user_id,
                episode_count=len(user.episodes) if user else 0,
                fact_count=len(facts),
                last_seen=newest[0].occurred_at if newest else None,
                recent_sessions=user.episodes.sessions()[:_SHOWN] if user else [],
                sample_facts=facts[:_SHOWN],
            )

    async def forget(
        self, *, user_id: str | None = None, session_id: str | None = None, before: datetime | None = None
    ) -> int:
        """Erase a user's episodes, facts and blocks; how many items went.

        ``session_id``: only that conversation's episodes. ``before``: only what is older. Both together narrow further.
        ``MemoryStoreError`` when the facts are in a store of your own that has no ``forget``.
        """
        gone = 0
        with self._lock:
            user = self._user(user_id)
            if user is not None:
                gone = user.erase(session_id, before)
                if user.empty:
                    del self._users[user_id]
        if session_id is None:
            gone += await self._forget_facts(user_id, before)
        return gone

    async def export(self, *, user_id: str | None = None) -> MemoryExport:
        """Everything stored about a user, oldest first."""
        facts = await self._facts.query(user_id=user_id, limit=_ALL)
        with self._lock:
            user = self._user(user_id)
            return MemoryExport(user_id=user_id, episodes=list(user.episodes) if user else [], facts=facts[::-1])

    def snapshot(self) -> dict[str, Any]:
        """Everything at this moment: ``blocks`` by user and name, and ``episodes`` of all users, oldest first."""
        with self._lock:
            return {
                "blocks": {user_id: dict(user.blocks) for user_id, user in self._users.items() if user.blocks},
                "episodes": sorted(
                    (episode for user in self._users.values() for episode in user.episodes),
                    key=lambda episode: instant(episode.occurred_at),
                ),
            }

    def _user(self, user_id: str | None) -> UserMemory | None:
        self._bounds.sweep()
        user = self._users.get(user_id)
        if user is not None:
            self._bounds.touch(user_id)
        return user

    def _user_to_write(self, user_id: str | None) -> UserMemory:
        self._bounds.touch(user_id)
        user = self._users.get(user_id)
        if user is None:
            user = self._users[user_id] = UserMemory()
        return user

    def _write_block(self, name: str, user_id: str | None, content: Callable[[str], str]) -> None:
        with self._lock:
            self._user_to_write(user_id).write_block(name, content)

    def _drop(self, user_id: str) -> None:
        self._users.pop(user_id, None)

    async def _forget_facts(self, user_id: str | None, before: datetime | None) -> int:
        forget = getattr(self._facts, "forget", None)
        if forget is not None:
            return int(await forget(user_id=user_id, before=before))
        if await self._facts.query(user_id=user_id, limit=1):
            raise MemoryStoreError(
                f"episodes and blocks are erased, but the facts are still there: {type(self._facts).__name__} "
                "cannot erase; give it an async forget(*, user_id, before) -> int, or erase them in the store itself"
            )
        return 0
