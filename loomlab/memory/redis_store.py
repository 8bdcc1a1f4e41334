"""Records in Redis: a hash each, and per user sorted sets over time, number and topic."""

import json
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any

from loomlab.core.bounded import BoundedDict
from loomlab.core.vectors import pack as directed
from loomlab.memory.kept_vectors import KeptVectors
from loomlab.memory.record import KINDS, Record, Where, dump, load, sees
from loomlab.memory.redis_client import RedisClient
from loomlab.memory.redis_scripts import DELETE, PUT
from loomlab.memory.redis_search import VECTOR_FIELD, RedisSearch
from loomlab.memory.store_rows import digest_of, in_order, micros, moment, names_json, pack, unpack

_YEAR_ONE = 62_135_596_800_000_000
"""Added to microseconds since 1970, so that no date is negative and their digits sort as they do."""

_AT_ONCE = 1000
"""Records that are asked for in one round trip."""

WRITERS = 100_000
"""Users whose own writes are counted."""


class RedisStore:
    """A ``RecordStore`` in Redis. Names are digested into keys, so that none of them can mean anything to the server.

    ``prefixes`` says under which prefix each kind of record lives. With ``index_name`` and the module RediSearch on the
    server the server ranks vectors, exactly; otherwise the user's own are fetched and ranked here. How much of what
    was written survives a crash of the server is the server's setting (``appendonly``, ``save``).
    """

    name = "redis"

    def __init__(self, client: RedisClient, prefixes: Mapping[str, str], *, index_name: str | None = None) -> None:
        self._client = client
        self._base = {kind: f"{prefix}{kind}:" for kind, prefix in prefixes.items()}
        self._search = (
            RedisSearch(index_name, sorted(f"{base}r:" for base in self._base.values())) if index_name else None
        )
        self._vectors = KeptVectors(self)
        # Whoever is let go is read again from the store, nothing worse.
        self._written: BoundedDict[str, list[int]] = BoundedDict(lambda: [0], max_items=WRITERS)

    async def put(self, records: Sequence[Record]) -> None:
        """Write all of them or none, in one script."""
        arguments = [argument for record in records for argument in self._arguments(record)]
        if not arguments:
            return
        dimensions = {len(record.vector) for record in records if record.vector is not None}
        if dimensions:
            await self.ensure_index(*dimensions)
        with self._vectors.writing(records):
            await self._client.run(lambda client: client.register_script(PUT)([], arguments))
        for record in records:
            owner = _owner(record.user_id)
            self._written.use(owner)[0] += 1

    async def ensure_index(self, *dimensions: int) -> None:
        """Have the server index vectors of these dimensions, where it can."""
        if (search := self._search) is not None:
            await self._client.run(lambda client: search.ensure(client, *dimensions))

    async def get(self, kind: str, user_id: str | None, ids: Sequence[str]) -> list[Record]:
        """The records there are, in the order of ``ids``, with their vectors."""
        where = Where(kind=kind, user_id=user_id, ids=tuple(dict.fromkeys(ids)))
        return in_order(await self.scan(where, vectors=True), ids)

    async def scan(
        self, where: Where, *, limit: int | None = None, newest_first: bool = False, vectors: bool = False
    ) -> list[Record]:
        """The records that fit, by ``(at, seq)``."""
        if limit is not None and limit <= 0:
            return []
        return await self._client.run(lambda client: self._scan(client, where, limit, newest_first, vectors))

    async def nearest(self, where: Where, vector: Sequence[float], limit: int) -> list[tuple[str, float]]:
        """``(id, cosine)`` inside the user's partition, exactly, best first, of equals the newest."""
        if limit <= 0 or directed(vector) is None:
            return []
        if self._search is not None and where.kind is not None and _only_names(where):
            search, filters = self._search, {"owner": _owner(where.user_id), "kind": where.kind}
            for field, name in (("topic", where.group), ("label", where.label)):
                if name is not None:
                    filters[field] = digest_of(name)
            found = await self._client.run(lambda client: search.nearest(client, filters, vector, limit))
            if found is not None:
                return [(json.loads(names)[1], cosine) for names, cosine in found]
        return await self._vectors.nearest(where, vector, limit)

    async def delete(self, where: Where) -> int:
        """Erase the records that fit; how many there were."""
        return await self._client.run(lambda client: self._delete(client, where))

    async def version(self, user_id: str | None) -> tuple[Hashable, Hashable]:
        """Marks of a user: what others wrote, and how often something was erased."""
        owner = _owner(user_id)

        async def marks(client: Any) -> list[list[bytes | None]]:
            pipeline = client.pipeline(transaction=False)
            for base in self._base.values():
                pipeline.hmget(f"{base}marks", [f"{owner}:w", f"{owner}:e"])
            rows: list[list[bytes | None]] = await pipeline.execute()
            return rows

        rows = await self._client.run(marks)
        written = sum(int(row[0] or 0) for row in rows) - (self._written.peek(owner) or (0,))[0]
        return written, sum(int(row[1] or 0) for row in rows)

    async def aclose(self) -> None:
        """Close the connections that were opened here."""
        await self._client.aclose()

    def _arguments(self, record: Record) -> Iterable[Any]:
        owner, name = _owner(record.user_id), digest_of(record.id, "an id")
        field = ""
        if record.vector is not None:
            # A vector without a direction is near to nothing; the server's index would take it for a fault.
            field = f"{VECTOR_FIELD}{len(record.vector)}" if directed(record.vector) is not None else "undirected"
        return (
            self._base[record.kind],
            record.kind,
            owner,
            name,
            f"{micros(record.at) + _YEAR_ONE:020d}{record.seq:020d}{name}",
            f"{record.seq:020d}{name}",
            digest_of(record.group),
            digest_of(record.label),
            names_json(record),
            dump(record.item),
            field,
            pack(record.vector) or b"",
        )

    async def _partitions(self, client: Any, where: Where) -> list[tuple[str, str]]:
        kinds = [kind for kind in KINDS if kind in self._base and where.kind in (None, kind)]
        if not where.all_users:
            return [(kind, _owner(where.user_id)) for kind in kinds]
        return [
            (kind, owner.decode())
            for kind in kinds
            for owner in sorted(await client.smembers(f"{self._base[kind]}owners"))
        ]

    async def _scan(
        self, client: Any, where: Where, limit: int | None, newest_first: bool, vectors: bool
    ) -> list[Record]:
        found: list[Record] = []
        most = limit if _only_time(where) else None
        for kind, owner in await self._partitions(client, where):
            names = await self._names(client, kind, owner, where, most, newest_first)
            records = await self._read(client, kind, owner, names, vectors)
            found += [record for record in records if sees(where, record)]
        found.sort(key=lambda record: (record.at, record.seq), reverse=newest_first)
        return found if limit is None else found[:limit]

    async def _names(
        self, client: Any, kind: str, owner: str, where: Where, limit: int | None, newest_first: bool
    ) -> list[str]:
        """Digests of the ids of what may fit: from the index that narrows most."""
        if where.ids is not None:
            return [digest_of(one, "an id") for one in where.ids]
        base = f"{self._base[kind]}{owner}"
        if where.after_seq is not None:
            low = f"[{max(where.after_seq + 1, 0):020d}"
            return [one[20:].decode() for one in await client.zrangebylex(f"{base}:n", low, "+")]
        key = f"{base}:t" if where.group is None else f"{base}:g:{digest_of(where.group)}"
        low, high = _bounds(where)
        part = {"start": 0, "num": limit} if limit is not None else {}
        if newest_first:
            members = await client.zrevrangebylex(key, high, low, **part)
        else:
            members = await client.zrangebylex(key, low, high, **part)
        return [one[40:].decode() for one in members]

    async def _read(self, client: Any, kind: str, owner: str, names: Sequence[str], vectors: bool) -> list[Record]:
        found: list[Record] = []
        for start in range(0, len(names), _AT_ONCE):
            pipeline = client.pipeline(transaction=False)
            for name in names[start : start + _AT_ONCE]:
                key = f"{self._base[kind]}r:{owner}:{name}"
                if vectors:
                    pipeline.hgetall(key)
                else:
                    pipeline.hmget(key, ["names", "item", "timed"])
            for row in await pipeline.execute():
                fields = row if vectors else dict(zip((b"names", b"item", b"timed"), row, strict=True))
                # It may have been erased between the two questions.
                if fields and fields.get(b"names") is not None:
                    found.append(_record(kind, fields))
        return found

    async def _delete(self, client: Any, where: Where) -> int:
        gone = 0
        script = client.register_script(DELETE)
        for kind, owner in await self._partitions(client, where):
            names = await self._names(client, kind, owner, where, None, False)
            if not _only_time(where):
                records = await self._read(client, kind, owner, names, False)
                names = [digest_of(record.id) for record in records if sees(where, record)]
            if names:
                gone += int(await script([], [self._base[kind], owner, *names]))
        return gone


def _owner(user_id: str | None) -> str:
    return "anonymous" if user_id is None else digest_of(user_id, "user_id")


def _only_time(where: Where) -> bool:
    """Whether an index answers the question alone: nothing but the partition, the group and the time is asked for."""
    return where.ids is None and where.label is None and where.after_seq is None


def _only_names(where: Where) -> bool:
    """Whether the search index answers the question: it knows no times, as its numbers are too coarse for them."""
    times = (where.since, where.until, where.before, where.after_seq, where.ids)
    return not where.all_users and all(one is None for one in times)


def _bounds(where: Where) -> tuple[str, str]:
    low, high = "-", "+"
    if where.since is not None:
        low = f"[{micros(where.since) + _YEAR_ONE:020d}"
    ends = [micros(where.before)] if where.before is not None else []
    if where.until is not None:
        ends.append(micros(where.until) + 1)
    if ends:
        high = f"({min(ends) + _YEAR_ONE:020d}"
    return low, high


def _record(kind: str, fields: Mapping[bytes, bytes]) -> Record:
    user_id, name, group, label = json.loads(fields[b"names"])
    timed = fields[b"timed"]
    vector = next((value for field, value in fields.items() if field[:1] in b"vu"), None)
    at = moment(int(timed[:20]) - _YEAR_ONE)
    return Record(kind, user_id, name, at, int(timed[20:40]), load(kind, fields[b"item"]), group, label, unpack(vector))
