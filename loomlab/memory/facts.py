"""Facts over two times, in this process."""

from collections.abc import Sequence
from datetime import datetime
from heapq import nlargest
from threading import RLock

from loomlab.core.protocols import Embedder
from loomlab.core.remembered import Fact
from loomlab.memory.bounds import UserBounds
from loomlab.memory.fact_algebra import holds_at
from loomlab.memory.instants import instant
from loomlab.memory.isolation import warn_isolation
from loomlab.memory.user_facts import UserFacts, fact_text


class InMemoryFactStore:
    """A ``FactStore`` that lives as long as this object. A user's facts are never read for another user.

    With an ``embedder`` facts are found by meaning (cosine), without one by the words they share with the question.
    ``bounds`` limits the number of users; without it there is no limit.
    """

    def __init__(self, *, embedder: Embedder | None = None, bounds: UserBounds | None = None) -> None:
        self._embedder = embedder
        self._bounds = bounds or UserBounds()
        self._bounds.on_drop(lambda user_id: self._drop(user_id))
        self._users: dict[str | None, UserFacts] = {}
        self._lock = RLock()

    @property
    def embedder(self) -> Embedder | None:
        """What turns facts and questions into vectors, if anything does."""
        return self._embedder

    async def append(self, fact: Fact) -> str:
        """Store one fact, ending the claims it supersedes; its id."""
        vector = await self._embedder.embed(fact_text(fact)) if self._embedder else None
        with self._lock:
            self._add(fact, vector)
        return fact.id

    async def append_many(self, facts: Sequence[Fact]) -> list[str]:
        """The same as ``append`` one by one, with a single call to the embedder; their ids."""
        vectors: Sequence[list[float] | None] = [None] * len(facts)
        if self._embedder and facts:
            vectors = await self._embedder.embed_batch([fact_text(fact) for fact in facts])
        with self._lock:
            for fact, vector in zip(facts, vectors, strict=True):
                self._add(fact, vector)
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
        with self._lock:
            user = self._user(user_id)
            if user is None or limit <= 0:
                return []
            found: list[Fact] = []
            for fact in user.newest_first(subject, predicate):
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

    async def recall_text(
        self, query: str, *, limit: int = 5, valid_at: datetime | None = None, user_id: str | None = None
    ) -> list[Fact]:
        """One user's facts that answer ``query``, best first, of equals the newest; an empty query means the newest."""
        if user_id is None and self._bounds.named_users:
            warn_isolation("recall_facts")
        if not query.strip():
            return await self.query(valid_at=valid_at, limit=limit, user_id=user_id)
        if limit <= 0 or self._user(user_id) is None:
            return []
        wanted = await self._embedder.embed(query) if self._embedder else None
        with self._lock:
            user = self._user(user_id)
            if user is None:
                return []
            scores = user.shared_words(query) if wanted is None else user.cosines(wanted)
            fit = (key for key in scores if valid_at is None or holds_at(user.facts[key], valid_at))
            # The place of arrival is in the key, so equals never reach a comparison of facts.
            best = nlargest(limit, fit, key=lambda key: (scores[key], user.recorded(key)))
            return [user.facts[key] for key in best]

    async def forget(self, *, user_id: str | None = None, before: datetime | None = None) -> int:
        """Erase one user's facts, with ``before`` only those recorded earlier; how many went."""
        with self._lock:
            user = self._user(user_id)
            if user is None:
                return 0
            gone = [f.id for f in user.facts.values() if before is None or instant(f.recorded_at) < instant(before)]
            if len(gone) == len(user.facts):
                del self._users[user_id]
            else:
                user.erase(gone)
            return len(gone)

    async def all_facts(self) -> list[Fact]:
        """Every fact of every user, oldest recorded first. For tests and exports, not for a run."""
        return self.snapshot()

    def snapshot(self) -> list[Fact]:
        """The same, without awaiting."""
        with self._lock:
            everything = [fact for user in self._users.values() for fact in user.facts.values()]
        return sorted(everything, key=lambda fact: instant(fact.recorded_at))

    async def aclose(self) -> None:
        """Nothing to let go of: the facts stay readable."""

    def _user(self, user_id: str | None) -> UserFacts | None:
        self._bounds.sweep()
        if user_id not in self._users:
            return None
        self._bounds.touch(user_id)
        return self._users[user_id]

    def _add(self, fact: Fact, vector: list[float] | None) -> None:
        self._bounds.touch(fact.user_id)
        user = self._users.get(fact.user_id)
        if user is None:
            user = self._users[fact.user_id] = UserFacts()
        user.add(fact, vector)

    def _drop(self, user_id: str) -> None:
        self._users.pop(user_id, None)
