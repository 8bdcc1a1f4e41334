"""Writing many rows to Chroma all or none: one call is one transaction, and larger batches are made up of several."""

import time
from collections.abc import Sequence
from typing import Any
from uuid import uuid4

from loomlab.memory.chroma_rows import Row

PENDING = "pending"
_COMMIT = "commit"
_ABANDONED = 3_600.0
"""Seconds after which a batch on a server counts as left behind by a writer that is gone."""


def write(collection: Any, rows: Sequence[Row], most: int) -> None:
    """Write rows, all or none; ``most`` fit into one call.

    More than that are first put aside, then declared complete by a single row, then moved to their places: whoever
    opens the collection after a crash finishes what was complete and drops what was not.
    """
    if len(rows) <= most:
        _upsert(collection, rows)
        return
    batch = uuid4().hex
    aside = [
        (
            f"{PENDING}:{batch}:{at}",
            vector,
            {**metadata, **_waiting(batch), "true_id": name, **_kept(metadata)},
            document,
        )
        for at, (name, vector, metadata, document) in enumerate(rows)
    ]
    for start in range(0, len(aside), most):
        _upsert(collection, aside[start : start + most])
    _upsert(collection, [(f"{_COMMIT}:{batch}", rows[0][1], _waiting(batch), "")])
    _finish(collection, rows, batch, most)


def recover(collection: Any, most: int, *, alone: bool) -> None:
    """Finish or drop the batches that were left behind; ``alone``: nobody else can be writing one now."""
    found = collection.get(where={"kind": PENDING}, include=["metadatas"])
    batches: dict[str, float] = {str(one["batch"]): float(one["since"]) for one in found["metadatas"]}
    complete = {str(name).partition(":")[2] for name in found["ids"] if str(name).startswith(f"{_COMMIT}:")}
    for batch, since in batches.items():
        if not alone and time.time() - since < _ABANDONED:
            continue
        if batch in complete:
            waiting = collection.get(where={"batch": batch}, include=["metadatas", "documents", "embeddings"])
            rows = [
                (str(metadata["true_id"]), list(map(float, vector)), _restored(metadata), str(document))
                for metadata, document, vector in zip(
                    waiting["metadatas"], waiting["documents"], waiting["embeddings"], strict=True
                )
                if "true_id" in metadata
            ]
            _finish(collection, rows, batch, most)
        else:
            collection.delete(where={"batch": batch})


def _finish(collection: Any, rows: Sequence[Row], batch: str, most: int) -> None:
    for start in range(0, len(rows), most):
        _upsert(collection, rows[start : start + most])
    waiting = list(collection.get(where={"batch": batch}, include=[])["ids"])
    # The row that declares the batch complete goes last, or what is left of it would count as incomplete.
    waiting.sort(key=lambda name: str(name).startswith(f"{_COMMIT}:"))
    for start in range(0, len(waiting), most):
        collection.delete(ids=waiting[start : start + most])


def _upsert(collection: Any, rows: Sequence[Row]) -> None:
    names, vectors, metadatas, documents = zip(*rows, strict=True)
    collection.upsert(ids=list(names), embeddings=list(vectors), metadatas=list(metadatas), documents=list(documents))


def _waiting(batch: str) -> dict[str, Any]:
    return {"kind": PENDING, "owner": PENDING, "batch": batch, "since": time.time()}


def _kept(metadata: dict[str, Any]) -> dict[str, Any]:
    return {"true_kind": metadata["kind"], "true_owner": metadata["owner"]}


def _restored(metadata: Any) -> dict[str, Any]:
    plain = {name: value for name, value in metadata.items() if not name.startswith("true_")}
    del plain["batch"], plain["since"]
    return {**plain, "kind": metadata["true_kind"], "owner": metadata["true_owner"]}
