"""The one Memory: what blocks, episodes and facts mean, over any store of records."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, NoReturn, overload

from loomlab.core.bounded import BoundedDict
from loomlab.core.errors import ConfigError
from loomlab.core.messages import Message, Role, utc_now
from loomlab.core.protocols import Embedder, FactStore
from loomlab.core.remembered import Episode, Fact, MemoryBlock, MemoryExport, MemoryProfile
from loomlab.memory.blocks import Blocks
from loomlab.memory.changes import Change
from loomlab.memory.consolidating import Consolidates, Fresh
from loomlab.memory.episode_index import TimeRange, episode_text, exchange
from loomlab.memory.erasing import Eraser, ForgetCallback
from loomlab.memory.instants import instant
from loomlab.memory.isolation import warn_isolation
from loomlab.memory.ranking import Hit
from loomlab.memory.receipt import Receipt
from loomlab.memory.record import EPISODE, FACT, Record, RecordStore, Where, next_seq
from loomlab.memory.record_facts import RecordFactStore
from loomlab.memory.searching import Searcher
from loomlab.memory.views import Views

if TYPE_CHECKING:
    from pandas import DataFrame

    from loomlab.memory.explaining import Explanation
    from loomlab.memory.rot import MemoryAudit

_ALL = 2**31
_SHOWN = 10


class RecordMemory:
    """Blocks, episodes and facts over a ``RecordStore``; each user sees only their own, and None is its own bucket.

    ``embedder`` finds memories by meaning besides their words. Facts are kept in the same store, in ``fact_store`` if
    that is given, or not at all with ``with_facts=False``. ``consolidator`` makes facts out of episodes.
    ``max_episodes`` is how many are kept of each user, the oldest go first.
    """

    def __init__(
        self,
        store: RecordStore,
        *,
        embedder: Embedder | None = None,
        consolidator: Consolidates | None = None,
        fact_store: FactStore | None = None,
        with_facts: bool = True,
        max_episodes: int | None = None,
        bounds: BoundedDict[str, None] | None = None,
    ) -> None:
        if max_episodes is not None and max_episodes < 1:
            raise ConfigError(f"max_episodes must be at least 1 or None, not {max_episodes}")
        self._views = Views(store, bounds=bounds)
        self._searcher = Searcher(self._views, embedder)
        self._blocks = Blocks(self._views)
        self._consolidator = consolidator
        self._fresh = Fresh(self._views)
        self._max_episodes = max_episodes
        self._facts: FactStore | None = fact_store
        if fact_store is None and with_facts:
            self._facts = RecordFactStore(store, embedder=embedder, views=self._views)
        self._eraser = Eraser(self._views, self._facts)
        self.on_forget(self._fresh.erased)
        if bounds is not None:
            bounds.on_drop(lambda user: self._fresh.erased(user, None, None))
        drop_vectors = getattr(embedder, "forget", None)
        if drop_vectors is not None:
            self.on_forget(lambda *_: drop_vectors())  # an embedder may keep vectors of what it has read

    @property
    def store(self) -> RecordStore:
        """Where the records are."""
        return self._views.store

    @property
    def embedder(self) -> Embedder | None:
        """What turns texts into vectors, if anything does."""
        return self._searcher.embedder

    @property
    def facts(self) -> Any:
        """Where facts are kept: a ``RecordFactStore``, the ``fact_store`` that was given, or None."""
        return self._facts

    # ------------------------------------------------------------------------------------------------ blocks

    async def working(self, *, user_id: str | None = None) -> list[MemoryBlock]:
        """The blocks that belong into every prompt, by ``pinned_order``."""
        return await self._blocks.all(user_id)

    async def blocks(self, *, user_id: str | None = None) -> list[MemoryBlock]:
        """The same as ``working``."""
        return await self._blocks.all(user_id)

    async def update_block(self, name: str, content: str, *, user_id: str | None = None) -> None:
        """Set a block; a new one comes after those that exist."""
        await self._blocks.write(name, lambda _: content, user_id)

    async def append_block(self, name: str, content: str, *, user_id: str | None = None) -> None:
        """Put ``content`` directly behind what the block holds; a missing block is made."""
        await self._blocks.write(name, lambda before: before + content, user_id)

    # ------------------------------------------------------------------------------------------------ episodes

    async def remember(self, episode: Episode) -> str:
        """Keep an episode under its own ``user_id``; its id. One with the same id is replaced."""
        vector: Sequence[float] | None = episode.embedding
        if vector is not None:
            episode = episode.model_copy(update={"embedding": None})
        elif self.embedder is not None:
            vector = await self.embedder.embed(episode_text(episode))
        user_id = episode.user_id
        at = instant(episode.occurred_at)
        record = Record(EPISODE, user_id, episode.id, at, next_seq(), episode, episode.session_id, "", vector)
        await self._views.put([record])
        if self._consolidator is not None:
            self._fresh.note(record)
        if self._max_episodes is not None:
            view = await self._views.view(user_id)
            over = len(view.episodes) - self._max_episodes
            if over > 0:
                oldest = view.episodes.oldest(over)
                await self._views.evict(user_id, oldest)
                self._fresh.evicted(user_id, oldest)
        return episode.id

    async def recall(
        self,
        query: str,
        *,
        kind: str = "episodic",
        limit: int = 5,
        time_range: TimeRange | None = None,
        user_id: str | None = None,
    ) -> list[Episode]:
        """The episodes that fit ``query``, best first; the newest where nothing is asked or nothing fits.

        With an embedder by meaning and words. Without one those that hold the whole question; where none does, those
        that share words with it.
        ``time_range`` includes both ends. Episodes are what is recalled here, whatever ``kind`` says.
        """
        if user_id is None and await self._views.named_users():
            warn_isolation("recall")
        hits = await self._find(query, user_id, limit, time_range)
        if self.embedder is None:
            whole = [hit for hit in hits if hit.parts["phrase"]]
            hits = whole or [hit for hit in hits if hit.matched]
        if hits:
            return [hit.item for hit in hits if isinstance(hit.item, Episode)]
        return await self._recent(user_id, limit, time_range)

    async def episodes(
        self, *, user_id: str | None = None, session_id: str | None = None, limit: int | None = None
    ) -> list[Episode]:
        """A user's episodes, or those of one conversation, oldest first; with ``limit`` the newest of them."""
        where = Where(kind=EPISODE, user_id=user_id, group=session_id)
        if limit is None:
            return [exchange(record) for record in await self.store.scan(where)]
        records = await self.store.scan(where, limit=limit, newest_first=True)
        return [exchange(record) for record in reversed(records)]

    async def session_messages(self, session_id: str, *, user_id: str | None = None, limit: int = 20) -> list[Message]:
        """The conversation so far, oldest first: the last ``limit // 2`` exchanges of two messages each."""
        pairs = limit // 2
        if pairs <= 0:
            return []
        if self._views.certain:
            records = (await self._views.view(user_id)).episodes.of_session(session_id, pairs)
            episodes = [exchange(record) for record in records]
        else:
            episodes = await self.episodes(user_id=user_id, session_id=session_id, limit=pairs)
        messages: list[Message] = []
        for episode in episodes:
            messages.append(Message(role=Role.USER, content=episode.input))
            messages.append(Message(role=Role.ASSISTANT, content=episode.output))
        return messages

    # ------------------------------------------------------------------------------------------------ facts, search

    async def recall_facts(
        self, query: str, *, limit: int = 5, valid_at: datetime | None = None, user_id: str | None = None
    ) -> list[Fact]:
        """Facts that answer ``query``; with ``valid_at`` only those true at that time, without it ended ones too."""
        if self._facts is None:
            return []
        return await self._facts.recall_text(query, limit=limit, valid_at=valid_at, user_id=user_id)

    async def search(
        self,
        query: str,
        *,
        user_id: str | None = None,
        limit: int = 5,
        kinds: Sequence[str] = (EPISODE,),
        valid_at: datetime | None = None,
        time_range: TimeRange | None = None,
    ) -> list[Hit]:
        """What fits ``query``, best first, each with the parts of its score and whether there is evidence at all.

        ``kinds``: ``"episode"``, ``"fact"`` or both. Facts are those true at ``valid_at`` (now, unless given); episodes
        those within ``time_range``.
        """
        hits: list[Hit] = []
        if EPISODE in kinds:
            hits += await self._find(query, user_id, limit, time_range)
        if FACT in kinds and self._facts is not None:
            at = utc_now() if valid_at is None else valid_at
            if isinstance(self._facts, RecordFactStore):
                hits += await self._facts.search(query, limit=limit, valid_at=at, user_id=user_id)
            else:
                found = await self._facts.recall_text(query, limit=limit, valid_at=at, user_id=user_id)
                hits += [Hit(fact, 0.0, {}, True) for fact in found]
        if len(kinds) > 1:
            hits.sort(key=lambda hit: hit.score, reverse=True)
        return hits[: max(limit, 0)]

    async def facts_at(
        self, *, user_id: str | None = None, true_at: datetime | None = None, known_at: datetime | None = None
    ) -> list[Fact]:
        """What was known at ``known_at`` (now) about ``true_at`` (all times), by the time from which it holds."""
        if isinstance(self._facts, RecordFactStore):
            return await self._facts.facts_at(user_id=user_id, true_at=true_at, known_at=known_at)
        if self._facts is None:
            return []
        if known_at is not None:
            self._cannot_tell("known_at=")
        return (await self._facts.query(valid_at=true_at, limit=_ALL, user_id=user_id))[::-1]

    async def consolidate(self) -> None:
        """Make facts out of the episodes that came since the last time; nothing happens without a consolidator.

        What a failing consolidator did not read is offered again the next time.
        """
        if self._consolidator is None or self._facts is None:
            return
        for records in await self._fresh.unread():
            await self._consolidator.consolidate([exchange(record) for record in records], store=self._facts)
            self._fresh.done(records)

    # ------------------------------------------------------------------------------------------------ a user's rights

    async def profile(self, *, user_id: str | None = None) -> MemoryProfile:
        """How much is known about a user, the ten newest sessions and the ten newest facts."""
        facts = await self._facts.query(user_id=user_id, limit=_ALL) if self._facts is not None else []
        view = await self._views.exact(user_id)
        newest = view.episodes.recent(1)
        return MemoryProfile(
            user_id=user_id,
            episode_count=len(view.episodes),
            fact_count=len(facts),
            last_seen=exchange(newest[0]).occurred_at if newest else None,
            recent_sessions=view.episodes.sessions()[:_SHOWN],
            sample_facts=facts[:_SHOWN],
        )

    @overload
    async def forget(
        self,
        *,
        user_id: str | None = None,
        session_id: str | None = None,
        before: datetime | None = None,
        receipt: Literal[False] = False,
    ) -> int: ...

    @overload
    async def forget(
        self,
        *,
        user_id: str | None = None,
        session_id: str | None = None,
        before: datetime | None = None,
        receipt: Literal[True],
    ) -> Receipt: ...

    async def forget(
        self,
        *,
        user_id: str | None = None,
        session_id: str | None = None,
        before: datetime | None = None,
        receipt: bool = False,
    ) -> int | Receipt:
        """Erase a user's episodes, facts and blocks, and all that was made of them; how many items went.

        ``session_id``: only that conversation's episodes. ``before``: only what is older. Both together narrow further.
        With ``receipt=True`` the answer is a ``Receipt``, which counts by kind and names where copies may still be.
        ``MemoryStoreError`` when the facts are in a store of your own that has no ``forget``.
        """
        done = await self._eraser.forget(user_id, session_id, before)
        return done if receipt else done.total

    def on_forget(self, callback: ForgetCallback) -> None:
        """Have ``callback(user_id, session_id, before)`` called after each erasure, to erase what was copied.

        It may be async, and may return counts by kind, which go into the receipt.
        """
        self._eraser.on_forget(callback)

    def erasures(self, user_id: str | None = None) -> int:
        """A number that grows whenever this process erases something of a user.

        Whoever works on what it has read of a user compares it before writing: at another number it may be gone.
        """
        return self._views.erasures(user_id)

    async def export(self, *, user_id: str | None = None) -> MemoryExport:
        """Everything stored about a user, oldest first."""
        facts = await self._facts.query(user_id=user_id, limit=_ALL) if self._facts is not None else []
        return MemoryExport(user_id=user_id, episodes=await self.episodes(user_id=user_id), facts=facts[::-1])

    # ------------------------------------------------------------------------------------------------ looking inside
    # What a run never needs is loaded when a person looks.

    async def explain(
        self,
        query: str,
        *,
        user_id: str | None = None,
        limit: int = 5,
        valid_at: datetime | None = None,
        fact: str | None = None,
    ) -> "Explanation":
        """Every candidate for ``query`` with its score, its rank and one sentence on why it was returned or not.

        ``fact``: the id or the text of a fact of which to say why it is absent.
        """
        from loomlab.memory.explaining import explain

        return await explain(
            query, self._searcher, self._facts, user_id=user_id, limit=limit, valid_at=valid_at, fact=fact
        )

    async def frame(
        self, *, user_id: str | None = None, true_at: datetime | None = None, known_at: datetime | None = None
    ) -> "DataFrame":
        """A pandas DataFrame, one row a fact: what was known at ``known_at`` (now) about ``true_at`` (all times)."""
        from loomlab.memory.frame import fact_frame

        return await fact_frame(self, user_id=user_id, true_at=true_at, known_at=known_at)

    async def diff(self, before: datetime, after: datetime, *, user_id: str | None = None) -> list[Change]:
        """What changed in a user's facts between two instants of knowing, in the order in which it was learned."""
        if isinstance(self._facts, RecordFactStore):
            return await self._facts.diff(before, after, user_id=user_id)
        return [] if self._facts is None else self._cannot_tell("diff")

    async def audit(self, *, user_id: str | None = None, at: datetime | None = None) -> "MemoryAudit":
        """What is rotten in a user's memory: duplicates, contradictions, stale facts, secrets, loops.

        ``at`` asks what was rotten at an instant, as far as was known then (blocks have no past: they are today's).
        """
        from loomlab.memory.rot import audit

        return await audit(self, user_id=user_id, at=at)

    async def aclose(self) -> None:
        """Let go of what the store opened itself."""
        await self.store.aclose()

    def _cannot_tell(self, what: str) -> NoReturn:
        raise ConfigError(
            f"{what} needs to know what was known when, which {type(self._facts).__name__} does not say: "
            "keep facts in one of loomlab's fact stores"
        )

    async def _find(self, query: str, user_id: str | None, limit: int, time_range: TimeRange | None) -> list[Hit]:
        if not query.strip():
            return []
        return await self._searcher.hits(query, EPISODE, user_id=user_id, limit=limit, time_range=time_range)

    async def _recent(self, user_id: str | None, limit: int, time_range: TimeRange | None) -> list[Episode]:
        if limit <= 0:
            return []
        if self._views.certain:
            records = (await self._views.view(user_id)).episodes.recent(limit, time_range)
        else:
            since, until = time_range or (None, None)
            where = Where(kind=EPISODE, user_id=user_id, since=since, until=until)
            records = await self.store.scan(where, limit=limit, newest_first=True)
        return [exchange(record) for record in records]
