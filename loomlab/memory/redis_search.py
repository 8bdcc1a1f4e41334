"""Ranking of vectors by the server, where it has the search module (RediSearch)."""

from collections.abc import Mapping, Sequence
from typing import Any

from loomlab.core.vectors import DIGITS
from loomlab.memory.store_rows import digest_of, pack

VECTOR_FIELD = "v"
"""The field of a vector is this and its dimension, so that embedders may change."""

_SPARE = 32
"""Results beyond those asked for, which tell ties at the edge apart."""

_TIMEOUT = 10_000
"""Milliseconds; a server that gives up sooner answers with a part of the results and does not say so."""


class RedisSearch:
    """One index over the records' hashes: users, kinds and topics as tags, vectors flat and therefore exact."""

    def __init__(self, index_name: str, prefixes: Sequence[str]) -> None:
        self._index = index_name
        self._prefixes = list(prefixes)
        self._there: bool | None = None
        self._fields: set[int] = set()
        self._complete = False

    async def ensure(self, client: Any, *dimensions: int) -> bool:
        """Make the index, with a field for vectors of each of these dimensions; False where there is no module."""
        for one in dimensions:
            if self._there is not False and one not in self._fields:
                await self._add(client, one)
        return self._there is True

    async def _add(self, client: Any, dimensions: int) -> None:
        field = f"{VECTOR_FIELD}{dimensions}"
        kind = ["VECTOR", "FLAT", "6", "TYPE", "FLOAT32", "DIM", dimensions, "DISTANCE_METRIC", "COSINE"]
        try:
            await self._create(client, field, kind)
        except Exception as error:
            if "unknown command" not in str(error).lower():
                raise
            self._there = False
            return
        await _ignoring("duplicate", client, "FT.ALTER", self._index, "SCHEMA", "ADD", field, *kind)
        self._there = True
        self._fields.add(dimensions)
        self._complete = False

    async def _create(self, client: Any, field: str, kind: Sequence[Any]) -> None:
        tags = [word for tag in ("owner", "kind", "topic", "label") for word in (tag, "TAG")]
        where = ["ON", "HASH", "PREFIX", len(self._prefixes), *self._prefixes]
        for name in (self._index, f"{self._index}:{digest_of(' '.join(self._prefixes))[:8]}"):
            # Where an index of this name watches other keys, ours gets a name that says which keys it watches.
            await _ignoring("already exists", client, "FT.CREATE", name, *where, "SCHEMA", *tags, field, *kind)
            about = _pairs(await client.execute_command("FT.INFO", name))
            watched = _pairs(about["index_definition"])["prefixes"]
            if sorted(map(_text, watched)) == sorted(self._prefixes):
                self._index = name
                return
        raise ValueError(f"the index {self._index} watches other keys")

    async def nearest(
        self, client: Any, filters: Mapping[str, str], vector: Sequence[float], limit: int
    ) -> list[tuple[bytes, float]] | None:
        """``(names, cosine)``, best first; None where only a scan can tell exactly.

        The values of ``filters`` are words of letters and digits.
        """
        if not await self.ensure(client, len(vector)) or not await self._is_complete(client):
            return None
        tags = " ".join(f"@{tag}:{{{word}}}" for tag, word in filters.items())
        wanted = limit + _SPARE
        query = f"({tags})=>[KNN {wanted} @{VECTOR_FIELD}{len(vector)} $vector AS distance]"
        # fmt: off
        reply = await client.execute_command(
            "FT.SEARCH", self._index, query, "PARAMS", "2", "vector", pack(vector),
            "SORTBY", "distance", "ASC", "RETURN", "3", "distance", "names", "timed",
            "LIMIT", "0", wanted, "TIMEOUT", _TIMEOUT, "DIALECT", "2",
        )
        # fmt: on
        rows = [
            (round(1.0 - float(one["distance"]), DIGITS), one["timed"], one["names"])
            for one in _documents(reply)
            if "distance" in one
        ]
        rows.sort(reverse=True)
        if len(rows) == wanted and rows[-1][0] == rows[limit - 1][0]:
            return None
        return [(names, cosine) for cosine, _, names in rows[:limit]]

    async def _is_complete(self, client: Any) -> bool:
        """Whether what was there before the index is in it by now."""
        if not self._complete:
            about = _pairs(await client.execute_command("FT.INFO", self._index))
            self._complete = float(about.get("indexing", 1)) == 0
        return self._complete


async def _ignoring(what: str, client: Any, *command: Any) -> None:
    try:
        await client.execute_command(*command)
    except Exception as error:
        if what not in str(error).lower():
            raise


def _pairs(reply: Any) -> dict[str, Any]:
    """A reply of names and values, from either version of the protocol."""
    items = reply.items() if isinstance(reply, dict) else zip(reply[::2], reply[1::2], strict=False)
    return {_text(key): value for key, value in items}


def _documents(reply: Any) -> list[dict[str, Any]]:
    if isinstance(reply, dict):
        about = _pairs(reply)
        return [_pairs(_pairs(one)["extra_attributes"]) for one in about["results"]]
    return [_pairs(fields) for fields in reply[2::2]]


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
