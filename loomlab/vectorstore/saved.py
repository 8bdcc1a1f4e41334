"""A store on disk: one JSON file with a version, written whole or not at all."""

import json
from array import array
from base64 import b64decode, b64encode
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from loomlab.core.ids import new_id
from loomlab.vectorstore.base import Item
from loomlab.vectorstore.coding import decoded, encoded

VERSION = 2


def write(path: Path, embedder: str, items: Iterable[Item]) -> None:
    """Write the items of a store. Raises ValueError for metadata that JSON cannot hold."""
    kept = [
        {"id": one.id, "content": one.content, "metadata": encoded(one.metadata), "vector": _text(one.vector)}
        for one in items
    ]
    text = json.dumps({"version": VERSION, "embedder": embedder, "items": kept}, ensure_ascii=False)
    path.parent.mkdir(parents=True, exist_ok=True)
    # A crash half-way leaves the old file as it was.
    fresh = path.with_name(f"{path.name}.{new_id('new')}")
    try:
        fresh.write_text(text, encoding="utf-8", errors="surrogatepass")
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)


def read(path: Path, embedder: str) -> list[Item]:
    """The items of a saved store. Raises ValueError for another version, or vectors of another embedder."""
    try:
        data = json.loads(path.read_text(encoding="utf-8", errors="surrogatepass"))
    except ValueError:
        raise ValueError(f"{path} is no saved store: it holds no JSON") from None
    version = data.get("version") if isinstance(data, dict) else None
    if version != VERSION:
        raise ValueError(f"{path} has version {version!r} of the format; this loomlab reads version {VERSION}")
    if data["embedder"] != embedder:
        raise ValueError(
            f"{path} holds vectors of {data['embedder']!r}, which mean nothing to {embedder!r}: load it with the former"
        )
    return [_item(one) for one in data["items"]]


def _item(one: dict[str, Any]) -> Item:
    vector = None if one["vector"] is None else array("f", b64decode(one["vector"]))
    return Item(one["id"], one["content"], decoded(one["metadata"]), vector)


def _text(vector: "array[float] | None") -> str | None:
    # 32-bit floats; as decimal numbers a store would be five times as large.
    return None if vector is None else b64encode(vector.tobytes()).decode()
