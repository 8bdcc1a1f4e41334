"""From a question to ranked candidates: inside one user's records, by words, phrase and meaning."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from loomlab.core.errors import MemoryStoreError
from loomlab.core.protocols import Embedder
from loomlab.core.remembered import Episode, Fact
from loomlab.core.vectors import VectorIndex
from loomlab.memory.episode_index import EpisodeIndex, TimeRange, exchange, place
from loomlab.memory.fact_algebra import holds_at
from loomlab.memory.fact_index import FactIndex, recorded
from loomlab.memory.instants import instant
from loomlab.memory.ranking import NEAR, Candidate, Hit, score
from loomlab.memory.record import EPISODE, NearestStore, Record, Where
from loomlab.memory.user_view import UserView
from loomlab.memory.views import Views

_WIDE = 32
"""Candidates taken from words and from meaning each, at least: a record good in both need not be the best in either."""
_ALL = 20_000
_TRIES = 5
_NAMED = 1_000
"""Records that a store is asked for by name, where few of many may be found."""

Fits = Callable[[Record], bool]


class Searcher:
    """Ranks the records of one user and kind."""

    def __init__(self, views: Views, embedder: Embedder | None) -> None:
        self.views = views
        self.embedder = embedder
        self._ranks = views.store if isinstance(views.store, NearestStore) else None
        self.near = float(getattr(embedder, "near", NEAR))

    async def vector(self, query: str) -> Sequence[float] | None:
        """What to look for, where there is an embedder."""
        if self.embedder is None:
            return None
        # Some models read a question in another way than what is to be found with it.
        embed = getattr(self.embedder, "embed_query", None) or self.embedder.embed
        found: Sequence[float] = await embed(query)
        return found

    async def hits(
        self,
        query: str,
        kind: str,
        *,
        user_id: str | None,
        limit: int,
        time_range: TimeRange | None = None,
        valid_at: datetime | None = None,
    ) -> list[Hit]:
        """The ``limit`` best records of a user for ``query``, none of which the store has lost meanwhile."""
        if limit <= 0:
            return []
        vector: Sequence[float] | None = None
        for attempt in range(_TRIES):
            view = await self.views.view(user_id)
            index: EpisodeIndex | FactIndex = view.episodes if kind == EPISODE else view.facts
            if not len(index):
                return []
            if attempt == 0:
                vector = await self.vector(query)
            found = await self.candidates(
                view, query, vector, kind=kind, limit=limit, time_range=time_range, fits=holding(view, valid_at)
            )
            best = found[:limit]
            if await self.views.still(view, [one.record for one in best]):
                return [self.hit(view, one) for one in best]
        raise MemoryStoreError(
            f"memory in {self.views.store.name} changed {_TRIES} times while it was searched; ask again"
        )

    def hit(self, view: UserView, found: Candidate) -> Hit:
        """A candidate as it is shown."""
        record = found.record
        item: Episode | Fact
        if record.kind == EPISODE:
            item, recency = exchange(record), view.episodes.recency(record)
        else:
            item, recency = view.facts.fact(record), view.facts.recency(record)
        parts = {"dense": found.dense, "words": found.words, "phrase": found.phrase, "recency": recency}
        return Hit(item, found.score, parts, found.matched(self.near))

    async def candidates(
        self,
        view: UserView,
        query: str,
        vector: Sequence[float] | None,
        *,
        kind: str,
        limit: int,
        time_range: TimeRange | None = None,
        fits: Fits | None = None,
    ) -> list[Candidate]:
        """The best, best first, at least ``limit`` where there are so many; equal texts are one candidate, the newest.

        ``fits`` says which records may be found at all; ``time_range`` (both ends included) narrows by time.
        """
        index: EpisodeIndex | FactIndex = view.episodes if kind == EPISODE else view.facts
        newness = place if kind == EPISODE else recorded
        wide = max(4 * limit, _WIDE)
        pick = _Pick(index, _both(fits, time_range))
        with self.views.lock:
            found = pick.of_words(query, wide)
        if vector is not None:
            where = Where(kind=kind, user_id=view.user_id)
            if time_range is not None:
                where = replace(where, since=instant(time_range[0]), until=instant(time_range[1]))
            await self._add_meaning(pick, found, where, vector, limit, wide)
        ranked = list(found.values())
        if len(ranked) > 1:
            ranked.sort(key=lambda one: (one.score, newness(one.record)), reverse=True)
        return ranked

    async def _add_meaning(
        self, pick: "_Pick", found: dict[int, Candidate], where: Where, vector: Sequence[float], limit: int, wide: int
    ) -> None:
        by_words = list(found.values())
        cosines: dict[int, float] = {}
        while True:
            nearest = await self._nearest(where, vector, wide)
            with self.views.lock:
                for id_, cosine in nearest:
                    number = pick.index.texts.group(id_)
                    record = pick.newest(number) if number is not None and number not in cosines else None
                    if record is not None and number is not None:
                        cosines[number] = cosine
                        found.setdefault(number, Candidate(record))
            if len(cosines) >= limit or len(nearest) < wide or wide >= _ALL:
                break
            # So many equal or unfit ones were nearest that too few are left.
            with self.views.lock:
                fitting = pick.fitting() if where.ids is None else None
            if fitting is not None and len(fitting) <= _NAMED:
                where, wide = replace(where, ids=fitting), max(wide, len(fitting) + 1)
            else:
                wide *= 4
        for number, cosine in cosines.items():
            found[number].dense = cosine
        rest = tuple(one.record.id for one in by_words if one.dense == 0.0)
        if rest:
            known = dict(await self._nearest(replace(where, ids=rest), vector, len(rest)))
            for one in by_words:
                one.dense = known.get(one.record.id, one.dense)

    async def _nearest(self, where: Where, vector: Sequence[float], limit: int) -> list[tuple[str, float]]:
        if self._ranks is not None:
            return await self._ranks.nearest(where, vector, limit)
        index = VectorIndex()
        for record in await self.views.store.scan(where, vectors=True):
            if record.vector is not None:
                index.put(record.id, record.vector, record.at, record.seq)
        return index.nearest(vector, limit)


def holding(view: UserView, valid_at: datetime | None) -> Fits | None:
    """Lets through the claims of a user that are true at ``valid_at``; all of them where that is None."""
    if valid_at is None:
        return None
    at = instant(valid_at)
    return lambda record: holds_at(view.facts.fact(record), at)


class _Pick:
    """From groups of equal texts to the record that stands for each."""

    def __init__(self, index: EpisodeIndex | FactIndex, fits: Fits | None) -> None:
        self.index = index
        self._fits = fits

    def newest(self, number: int) -> Record | None:
        """The newest record of a group that may be found."""
        members = self.index.texts.members(number)
        if self._fits is None:
            return members[-1] if members else None
        return next((record for record in reversed(members) if self._fits(record)), None)

    def fitting(self) -> tuple[str, ...] | None:
        """The ids of all records that may be found; None where that is all of them."""
        if self._fits is None:
            return None
        records = self.index.records.values()
        return tuple(record.id for record in records if self._fits(record))

    def of_words(self, query: str, wide: int) -> dict[int, Candidate]:
        """The best by words and phrase, of equal ones the newest; no record is looked at that comes after them."""
        texts = self.index.texts
        equal: dict[tuple[float, float], list[int]] = {}
        for number, parts in texts.matches(query).items():
            equal.setdefault(parts, []).append(number)
        found: dict[int, Candidate] = {}
        for words, phrase in sorted(equal, key=lambda parts: score(0.0, *parts), reverse=True):
            numbers = equal[words, phrase]
            if len(numbers) > wide:
                numbers.sort(key=texts.newest.__getitem__, reverse=True)
            for number in numbers:
                record = self.newest(number)
                if record is not None:
                    found[number] = Candidate(record, words, phrase)
                    if len(found) == wide and len(numbers) > wide:
                        break
            if len(found) >= wide:
                break
        return found


def _both(fits: Fits | None, time_range: TimeRange | None) -> Fits | None:
    if time_range is None:
        return fits
    since, until = instant(time_range[0]), instant(time_range[1])
    return lambda record: since <= record.at <= until and (fits is None or fits(record))
