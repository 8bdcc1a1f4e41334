"""How records look inside databases: times as whole microseconds, vectors as 32-bit floats, names as keys."""

import json
import sys
from array import array
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from hashlib import blake2b

from loomlab.core.errors import ConfigError
from loomlab.memory.instants import instant
from loomlab.memory.record import Record

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_PLAIN = 200
"""Characters that a key may take from a name as they are: index entries of databases are bounded."""


def micros(at: datetime) -> int:
    """Microseconds since 1970, exact for every date there is."""
    return (instant(at) - _EPOCH) // _MICROSECOND


def moment(microseconds: int) -> datetime:
    """The instant behind ``micros``, in UTC."""
    return _EPOCH + microseconds * _MICROSECOND


def pack(vector: Sequence[float] | None) -> bytes | None:
    """A vector as little-endian 32-bit floats, which is how all stores keep them."""
    if vector is None:
        return None
    floats = array("f", vector)
    if sys.byteorder == "big":
        floats.byteswap()
    return floats.tobytes()


def unpack(data: bytes | None) -> Sequence[float] | None:
    """The vector behind ``pack``."""
    if data is None:
        return None
    floats = array("f")
    floats.frombytes(data)
    if sys.byteorder == "big":
        floats.byteswap()
    return floats


def writable(text: str, what: str) -> str:
    """``text``, or a ConfigError where it holds half a character, which no encoding can write."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ConfigError(
            f"{what} holds a lone surrogate (half of a character), which no store can write: {text[:40]!a}; "
            "decode it properly, or replace the character"
        ) from None
    return text


def owner_of(user_id: str | None) -> str:
    """The key of a user's partition: the name itself where every database can keep it, else a digest of it."""
    return "-" if user_id is None else key_of(user_id, "user_id")


def key_of(text: str, what: str = "a name") -> str:
    """A key for any name: never two names with one key, never a character or a length that a database refuses."""
    data = writable(text, what).encode()
    if len(text) <= _PLAIN and "\0" not in text:
        return f"={text}"
    return f"#{blake2b(data, digest_size=32).hexdigest()}"


def digest_of(text: str, what: str = "a name") -> str:
    """A key of 32 hexadecimal digits, for databases where other characters could mean something."""
    return blake2b(writable(text, what).encode(), digest_size=16).hexdigest()


def in_order(records: Sequence[Record], ids: Sequence[str]) -> list[Record]:
    """``records`` in the order in which their ids were asked for."""
    found = {record.id: record for record in records}
    return [found[one] for one in dict.fromkeys(ids) if one in found]


def names_json(record: Record) -> str:
    """Who, what and where of a record as JSON, for stores whose keys are digests."""
    return json.dumps([record.user_id, record.id, record.group, record.label])
