"""Facts over two times, over any store."""

from collections.abc import Sequence
from datetime import datetime

from loomlab.core.protocols import Embedder
from loomlab.core.remembered import Fact
from loomlab.memory.changes import Change, changes
from loomlab.memory.fact_algebra import claim, fact_text, holds_at, settle, settle_all
from loomlab.memory.fact_index import FactIndex, recorded
from loomlab.memory.instants import instant
from loomlab.memory.isolation import warn_isolation
from loomlab.memory.ranking import Hit
from loomlab.memory.record import EPISODE, FACT, Record, RecordStore, Where, next_seq
from loomlab.memory.searching import Searcher
from loomlab.memory.views import Views


class RecordFactStore:
    """The one ``FactStore``: what facts mean, over a ``RecordStore`` that keeps them.

    With an ``embedder`` facts are found by meaning and by words, without one by words. A user's facts are never read
    for another user. ``views`` is given by the memory that this store of facts is a part of.
    """

    def __init__(self, store: RecordStore, *, embedder: Embedder | None = None, views: Views | None = None) -> None:
        self._with_episodes = views is not None
        self._views = views or Views(store)
        self.searcher = Searcher(self._views, embedder)

    @property
    def store(self) -> RecordStore:
        """Where the claims are kept."""
        return self._views.store

    @property
    def embedder(self) -> Embedder | None:
        """What turns facts and questions into vectors, if anything does."""
        return self.searcher.embedder

    async def append(self, fact: Fact) -> str:
        """Store one fact, ending the claims it supersedes; its id."""
        embedder = self.searcher.embedder
        vector = await embedder.embed(fact_text(fact)) if embedder is not None else None
        await self._views.put([_record(fact, vector)])
        return fact.id

    async def append_many(self, facts: Sequence[Fact], *, while_sources_exist: bool = False) -> list[str]:
        """The same as ``append`` one by one, with a single call to the embedder and a single write; their ids.

        ``while_sources_exist`` is for facts read out of episodes: one whose episodes were all erased is not
        stored (nor is its id returned), so that a reading that began before ``forget`` brings nothing back. It has no
        effect on a store of facts that is not part of a memory.
        """
        guarded = while_sources_exist and self._with_episodes
        if guarded:
            facts = await self._sourced(facts)
        if not facts:
            return []
        embedder = self.searcher.embedder
        vectors: Sequence[Sequence[float] | None] = [None] * len(facts)
        if embedder is not None:
            vectors = await embedder.embed_batch([fact_text(fact) for fact in facts])
        await self._views.put([_record(fact, vector) for fact, vector in zip(facts, vectors, strict=True)])
        if guarded:
            # ``forget`` erases episodes first and facts after them: what it did not see of these facts is seen here.
            kept = {fact.id for fact in await self._sourced(facts)}
            for fact in facts:
                if fact.id not in kept:
                    await self._views.erase(Where(kind=FACT, user_id=fact.user_id, ids=(fact.id,)))
            return [fact.id for fact in facts if fact.id in kept]
        return [fact.id for fact in facts]

    async def query(
        self,
        *,
        subject: str | None = None,
        predicate: str | None = None,
        object_: str | None = None,
        valid_at: datetime | None = None,
        limit: int = 10,
        user_id: str | None = None,
    ) -> list[Fact]:
        """One user's facts that match every given field, newest recorded first; without ``valid_at`` ended ones too."""
        if limit <= 0:
            return []
        if subject is not None and predicate is not None and not self._views.certain:
            index = FactIndex()
            for record in await self.store.scan(Where(kind=FACT, user_id=user_id, group=subject, label=predicate)):
                index.add(record)
        else:
            index = await self._views.facts(user_id)
        found: list[Fact] = []
        with self._views.lock:
            for record in index.newest_first(subject, predicate):
                fact = index.fact(record)
                if (
                    (subject is None or fact.subject == subject)
                    and (predicate is None or fact.predicate == predicate)
                    and (object_ is None or fact.object == object_)
                    and (valid_at is None or holds_at(fact, valid_at))
                ):
                    found.append(fact)
                    if len(found) == limit:
                        break
        return found

    async def search(
        self, query: str, *, limit: int = 5, valid_at: datetime | None = None, user_id: str | None = None
    ) -> list[Hit]:
        """The facts that fit ``query``, best first, with their scores; without ``valid_at`` ended ones too."""
        return await self.searcher.hits(query, FACT, user_id=user_id, limit=limit, valid_at=valid_at)

    async def recall_text(
        self, query: str, *, limit: int = 5, valid_at: datetime | None = None, user_id: str | None = None
    ) -> list[Fact]:
        """One user's facts that answer ``query``, best first, of equals the newest; an empty query means the newest."""
        if user_id is None and await self._views.named_users():
            warn_isolation("recall_facts")
        if not query.strip():
            return await self.query(valid_at=valid_at, limit=limit, user_id=user_id)
        hits = await self.search(query, limit=limit, valid_at=valid_at, user_id=user_id)
        return [hit.item for hit in hits if isinstance(hit.item, Fact)]

    async def forget(
        self, *, user_id: str | None = None, before: datetime | None = None, ids: Sequence[str] | None = None
    ) -> int:
        """Erase one user's facts, with ``before`` those recorded earlier, with ``ids`` these; how many went.

        Where an erased claim ended one that stays, that one keeps its end: no old claim becomes true again.
        """
        if before is None and ids is None:
            return await self._views.erase(Where(kind=FACT, user_id=user_id))
        records = await self.store.scan(Where(kind=FACT, user_id=user_id))
        wanted = None if ids is None else set(ids)
        gone = [
            one
            for one in records
            if (wanted is None or one.id in wanted)
            and (before is None or instant(claim(one).recorded_at) < instant(before))
        ]
        if not gone:
            # Who is about to add facts that were read out of what is being erased has to notice.
            self._views.drop(user_id, erased=True)
            return 0
        await self._make_fast(records, {one.id for one in gone})
        return await self._views.erase(Where(kind=FACT, user_id=user_id, ids=tuple(one.id for one in gone)))

    async def facts_at(
        self, *, user_id: str | None = None, true_at: datetime | None = None, known_at: datetime | None = None
    ) -> list[Fact]:
        """What was known at ``known_at`` (now) about ``true_at`` (all times), by the time from which it holds."""
        index = await self._views.facts(user_id)
        facts = settle_all(list(index.records.values()), known_at=known_at) if known_at else index.all()
        return facts if true_at is None else [fact for fact in facts if holds_at(fact, true_at)]

    def erasures(self, user_id: str | None = None) -> int:
        """A number that grows whenever this process erases something of a user; see ``RecordMemory.erasures``."""
        return self._views.erasures(user_id)

    async def holds_source(self, user_id: str | None, episode_id: str) -> bool | None:
        """Whether the memory that this is a part of holds an episode; None where it is part of none."""
        if not self._with_episodes:
            return None
        return bool(await self.store.get(EPISODE, user_id, [episode_id]))

    async def diff(self, before: datetime, after: datetime, *, user_id: str | None = None) -> list[Change]:
        """What changed in a user's facts between two instants of knowing, in the order in which it was learned."""
        claims = list((await self._views.facts(user_id)).records.values())
        return changes(claims, before, after, self._views.erased_facts(user_id))

    async def all_facts(self) -> list[Fact]:
        """Every fact of every user, oldest recorded first. For tests and exports, not for a run."""
        return every_fact(await self.store.scan(Where(kind=FACT, all_users=True)))

    async def aclose(self) -> None:
        """Let go of what the store opened itself."""
        await self.store.aclose()

    async def _sourced(self, facts: Sequence[Fact]) -> list[Fact]:
        there: dict[str | None, set[str]] = {}
        for user_id in {fact.user_id for fact in facts}:
            sources = {source for fact in facts if fact.user_id == user_id for source in fact.sources}
            there[user_id] = {record.id for record in await self.store.get(EPISODE, user_id, sorted(sources))}
        # Of a claim that was said several times, one source is enough.
        return [fact for fact in facts if not fact.sources or not there[fact.user_id].isdisjoint(fact.sources)]

    async def _make_fast(self, records: list[Record], gone: set[str]) -> None:
        timelines: dict[tuple[str, str], list[Record]] = {}
        for record in records:
            timelines.setdefault((record.group, record.label), []).append(record)
        ended: dict[str, Fact] = {}
        for timeline in timelines.values():
            if not any(record.id in gone for record in timeline):
                continue
            staying = {fact.id: fact for fact in settle([one for one in timeline if one.id not in gone])}
            for fact in settle(timeline):
                if fact.id in staying and fact.valid_until != staying[fact.id].valid_until:
                    ended[fact.id] = fact
        if not ended:
            return
        user_id = records[0].user_id
        # The sequence number stays: it is the claim's place among those of the same time.
        await self.store.put(
            [
                Record(FACT, user_id, one.id, one.at, one.seq, ended[one.id], one.group, one.label, one.vector)
                for one in await self.store.get(FACT, user_id, list(ended))
            ]
        )


def every_fact(records: Sequence[Record]) -> list[Fact]:
    """The facts of all users out of their claims, oldest recorded first."""
    users: dict[str | None, list[Record]] = {}
    for record in records:
        users.setdefault(record.user_id, []).append(record)
    facts = {(owner, fact.id): fact for owner, claims in users.items() for fact in settle_all(claims)}
    return [facts[record.user_id, record.id] for record in sorted(records, key=recorded)]


def _record(fact: Fact, vector: Sequence[float] | None) -> Record:
    at = instant(fact.valid_from)
    return Record(FACT, fact.user_id, fact.id, at, next_seq(), fact, fact.subject, fact.predicate, vector)
