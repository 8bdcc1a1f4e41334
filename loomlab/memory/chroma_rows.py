"""Records as Chroma keeps them: an id, a vector, metadata to filter by, the item as the document."""

import json
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from typing import Any

from loomlab.core.vectors import pack as directed
from loomlab.memory.record import KINDS, Record, Where, dump, load
from loomlab.memory.store_rows import digest_of, micros, moment, names_json, pack, unpack

Row = tuple[str, list[float], dict[str, Any], str]
"""Id, vector, metadata, document."""

NATIVE, ASIDE, NONE = "native", "aside", "none"
"""Where a record's vector is: in the collection, in the metadata (it doesn't fit there), nowhere."""


def owner(user_id: str | None) -> str:
    """The key of a user's partition."""
    return "anonymous" if user_id is None else digest_of(user_id, "user_id")


def row_id(kind: str, user_id: str | None, name: str) -> str:
    """The id of a record in its collection; nothing in it is anybody's text."""
    return f"{kind}:{owner(user_id)}:{digest_of(name, 'an id')}"


def row(record: Record, dimensions: int) -> Row:
    """A record for a collection whose vectors have ``dimensions``."""
    metadata: dict[str, Any] = {
        "kind": record.kind,
        "owner": owner(record.user_id),
        "at": micros(record.at),
        "seq": record.seq,
        "topic": digest_of(record.group),
        "label": digest_of(record.label),
        "names": names_json(record),
        "held": NONE,
    }
    # Every row of a collection has a vector of one length; those without one of their own all have the same.
    vector = [1.0] + [0.0] * (dimensions - 1)
    if record.vector is not None:
        if len(record.vector) == dimensions and directed(record.vector) is not None:
            vector = list(map(float, record.vector))
            metadata["held"] = NATIVE
        else:
            metadata["held"] = ASIDE
            metadata["vector"] = b64encode(pack(record.vector) or b"").decode()
    return row_id(record.kind, record.user_id, record.id), vector, metadata, dump(record.item)


def record(metadata: Mapping[str, Any], document: str, vector: Sequence[float] | None) -> Record:
    """The record behind a row; ``vector`` is the collection's, or None where it was not asked for."""
    user_id, name, group, label = json.loads(metadata["names"])
    kind = str(metadata["kind"])
    at, seq = moment(int(metadata["at"])), int(metadata["seq"])
    return Record(kind, user_id, name, at, seq, load(kind, document), group, label, vector_of(metadata, vector))


def vector_of(metadata: Mapping[str, Any], vector: Sequence[float] | None) -> Sequence[float] | None:
    """A record's own vector."""
    if metadata["held"] == ASIDE:
        return unpack(b64decode(metadata["vector"]))
    return vector if metadata["held"] == NATIVE else None


def filters(where: Where) -> dict[str, Any]:
    """A question as Chroma's filter; ids are not in it."""
    conditions: list[dict[str, Any]] = []
    if not where.all_users:
        conditions.append({"owner": owner(where.user_id)})
    if where.kind is not None:
        conditions.append({"kind": where.kind})
    elif where.all_users:
        conditions.append({"kind": {"$in": list(KINDS)}})
    if where.group is not None:
        conditions.append({"topic": digest_of(where.group)})
    if where.label is not None:
        conditions.append({"label": digest_of(where.label)})
    for sign, at in (("$gte", where.since), ("$lte", where.until), ("$lt", where.before)):
        if at is not None:
            conditions.append({"at": {sign: micros(at)}})
    if where.after_seq is not None:
        conditions.append({"seq": {"$gt": where.after_seq}})
    return conditions[0] if len(conditions) == 1 else {"$and": conditions}
