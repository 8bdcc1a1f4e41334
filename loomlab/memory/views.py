"""A store and what this process knows of its users: every write goes through here, so that indexes stay true."""

from collections import OrderedDict
from collections.abc import Hashable, Sequence
from dataclasses import replace
from datetime import datetime
from threading import RLock

from loomlab.core.bounded import BoundedDict
from loomlab.core.errors import MemoryStoreError
from loomlab.core.messages import utc_now
from loomlab.memory.fact_index import FactIndex
from loomlab.memory.record import EPISODE, FACT, Record, RecordStore, WatchedStore, Where, saw_seq
from loomlab.memory.user_view import UserView

_USERS = 1_024
"""Users whose indexes are kept; the one not asked for longest makes room."""
OVERLAP = 10_000_000_000
"""Nanoseconds of sequence numbers read again: a write of another process may become visible after a later one."""
_TRIES = 8
_LOOKED_AT = 1_000
_LOGGED = 100
_ERASED = 100_000
"""Users whose erasures are counted by themselves."""


class Views:
    """The indexes of the users of one store, and the verbs that keep them true.

    ``certain`` says that a view needs no second look: the store is this memory's alone, or tells when it was changed.
    Elsewhere what a view says is read again from the store before it is handed out.
    """

    def __init__(self, store: RecordStore, *, bounds: BoundedDict[str, None] | None = None) -> None:
        self.store = store
        self.lock = RLock()
        self._bounds = bounds
        self._watched = store if isinstance(store, WatchedStore) else None
        self.exclusive = bool(getattr(store, "exclusive", False))
        self.certain = self.exclusive or self._watched is not None
        self._views: OrderedDict[str | None, UserView] = OrderedDict()
        self._filling: dict[str | None, list[UserView]] = {}
        # By the hash of a user: an id is a person's too, and whoever is forgotten leaves none here.
        self._erasures: dict[int, int] = {}
        self._erased_at_least = 0
        self._erased_facts: dict[int, list[tuple[datetime, int]]] = {}
        self._named: bool | None = None
        if bounds is not None:
            bounds.on_drop(lambda user_id: self.drop(user_id))

    def erasures(self, user_id: str | None) -> int:
        """How often this process erased something of a user. Work begun at another count may have read what is gone."""
        return self._erasures.get(hash(user_id), self._erased_at_least)

    def erased_facts(self, user_id: str | None) -> list[tuple[datetime, int]]:
        """When facts of a user were erased by this process, and how many: the last hundred times."""
        return self._erased_facts.get(hash(user_id), [])

    async def view(self, user_id: str | None) -> UserView:
        """The user's indexes with all that other processes wrote; if not ``certain``, what they erased may be in it."""
        if self._bounds is not None:
            self._asked_for(user_id)
        view = self._views.get(user_id)
        if view is None:
            return await self._fill(user_id)
        if not self.exclusive:
            return await self._refresh(view)
        if len(self._views) > 1:
            with self.lock:
                if user_id in self._views:
                    self._views.move_to_end(user_id)
        return view

    async def exact(self, user_id: str | None) -> UserView:
        """The user's indexes as the store is now, erasures included."""
        if self.certain:
            return await self.view(user_id)
        if self._bounds is not None:
            self._asked_for(user_id)
        return await self._fill(user_id)

    async def facts(self, user_id: str | None) -> FactIndex:
        """The user's claims as the store is now."""
        if self.certain:
            return (await self.view(user_id)).facts
        index = FactIndex()
        for record in await self.store.scan(Where(kind=FACT, user_id=user_id)):
            index.add(record)
        return index

    async def put(self, records: Sequence[Record]) -> None:
        """Write records; all of them have sequence numbers of their own, in order."""
        users = {record.user_id for record in records}
        if self._bounds is not None:
            for user_id in users:
                self._used(user_id)
        before = {user_id: self.erasures(user_id) for user_id in users}
        await self.store.put(records)
        with self.lock:
            self._named = self._named or any(user_id is not None for user_id in users)
            for user_id in users:
                if self.erasures(user_id) != before[user_id]:
                    self.drop(user_id)  # whether the write or the erasure was last, only the store knows
            for record in records:
                for view in self._known(record.user_id):
                    view.apply(record if record.vector is None else replace(record, vector=None))

    async def erase(self, where: Where) -> int:
        """Erase what fits; the user's indexes are made anew afterwards."""
        self.drop(where.user_id, erased=True)
        try:
            gone = await self.store.delete(where)
        finally:
            self.drop(where.user_id, erased=True)
        if gone and where.kind == FACT:
            log = self._erased_facts.setdefault(hash(where.user_id), [])
            log.append((utc_now(), gone))
            del log[:-_LOGGED]
            if len(self._erased_facts) > _ERASED:
                del self._erased_facts[next(iter(self._erased_facts))]
        return gone

    async def evict(self, user_id: str | None, records: list[Record]) -> None:
        """Erase episodes that a bound leaves no room for."""
        await self.store.delete(Where(kind=EPISODE, user_id=user_id, ids=tuple(record.id for record in records)))
        with self.lock:
            for view in self._known(user_id):
                view.evict(records)

    def drop(self, user_id: str | None, *, erased: bool = False) -> None:
        """Forget what is known of a user; the store is asked again."""
        with self.lock:
            if erased:
                self._count_erasure(hash(user_id))
                self._named = None
            for view in self._known(user_id):
                view.stale = True
            self._views.pop(user_id, None)
            self._filling.pop(user_id, None)

    def _count_erasure(self, key: int) -> None:
        self._erasures[key] = self._erasures.pop(key, self._erased_at_least) + 1
        if len(self._erasures) > _ERASED:
            # A count that is let go must never come back lower, or an erasure would go unnoticed.
            oldest = next(iter(self._erasures))
            self._erased_at_least = max(self._erased_at_least, self._erasures.pop(oldest))

    async def still(self, view: UserView, records: Sequence[Record]) -> bool:
        """Whether these records of one kind are still so, in the view and in the store; if not, ask for a new view."""
        if view.stale or any(view.get(record.kind, record.id) is not record for record in records):
            return False
        if self.certain or not records:
            return True
        there = await self.store.get(records[0].kind, view.user_id, [record.id for record in records])
        if [(record.id, record.seq) for record in there] == [(record.id, record.seq) for record in records]:
            return not view.stale
        self.drop(view.user_id)
        return False

    async def named_users(self) -> bool:
        """Whether the store holds anything of a user with a name, as far as a look at some of its records tells."""
        known = getattr(self.store, "named_users", None)
        if known is not None:
            return bool(known)
        if self._named is None:
            seen = await self.store.scan(Where(all_users=True), limit=_LOOKED_AT, newest_first=True)
            self._named = any(record.user_id is not None for record in seen)
        return self._named

    def _asked_for(self, user_id: str | None) -> None:
        """This user's data is read, if there is any."""
        assert self._bounds is not None
        if user_id in self._bounds:
            self._used(user_id)
        else:
            self._bounds.sweep()

    def _used(self, user_id: str | None) -> None:
        """This user's data is used. The anonymous bucket is one bucket and never goes."""
        assert self._bounds is not None
        if user_id is None:
            self._bounds.sweep()
        else:
            self._bounds.use(user_id)

    def _known(self, user_id: str | None) -> list[UserView]:
        view = self._views.get(user_id)
        filling = self._filling.get(user_id, [])
        return filling if view is None else [*filling, view]

    async def _fill(self, user_id: str | None) -> UserView:
        for _ in range(_TRIES):
            view = UserView(user_id)
            with self.lock:
                self._filling.setdefault(user_id, []).append(view)
            try:
                view.version = await self._version(user_id)
                records = await self.store.scan(Where(user_id=user_id))
                with self.lock:
                    _read_in(view, records)
                    if not view.stale:
                        self._keep(view)
                        return view
            finally:
                self._filled(view)
        raise MemoryStoreError(
            f"memory in {self.store.name} could not be read: the user's records were erased {_TRIES} times meanwhile; "
            "read again when the erasing is done"
        )

    def _keep(self, view: UserView) -> None:
        view.filled()
        self._views[view.user_id] = view
        self._views.move_to_end(view.user_id)
        while len(self._views) > _USERS:
            self._views.popitem(last=False)

    def _filled(self, view: UserView) -> None:
        with self.lock:
            others = [other for other in self._filling.pop(view.user_id, []) if other is not view]
            if others:
                self._filling[view.user_id] = others

    async def _version(self, user_id: str | None) -> tuple[Hashable, Hashable] | None:
        return await self._watched.version(user_id) if self._watched is not None else None

    async def _refresh(self, view: UserView) -> UserView:
        version = await self._version(view.user_id)
        if version is not None and view.version is not None:
            if version == view.version:
                return view
            if version[1] != view.version[1]:
                self.drop(view.user_id)
                return await self._fill(view.user_id)
        records = await self.store.scan(Where(user_id=view.user_id, after_seq=view.read_to - OVERLAP))
        with self.lock:
            _read_in(view, records)
            view.version = version
        return view if not view.stale else await self._fill(view.user_id)


def _read_in(view: UserView, records: Sequence[Record]) -> None:
    # Only a reading moves the mark: a write of our own says nothing of what others wrote before it.
    for record in records:
        view.apply(record)
        view.read_to = max(view.read_to, record.seq)
    saw_seq(view.read_to)
