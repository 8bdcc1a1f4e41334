"""A store on disk: one JSON file with a version, written whole or not at all."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from loomlab.core.ids import new_id

VERSION = 1


def write(path: Path, embedder: str, items: list[dict[str, Any]]) -> None:
    """Write the items of a store. Raises ValueError for metadata that JSON cannot hold."""
    try:
        text = json.dumps({"version": VERSION, "embedder": embedder, "items": items}, ensure_ascii=False)
    except TypeError as exc:
        raise ValueError(f"the store can't be saved: metadata may hold what JSON can ({exc})") from exc
    path.parent.mkdir(parents=True, exist_ok=True)
    # A crash half-way leaves the old file as it was.
    fresh = path.with_name(f"{path.name}.{new_id('new')}")
    try:
        fresh.write_text(text, encoding="utf-8")
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)


def read(path: Path, embedder: str) -> list[Mapping[str, Any]]:
    """The items of a saved store. Raises ValueError for another version, or vectors of another embedder."""
    data = json.loads(path.read_text(encoding="utf-8"))
    version = data.get("version") if isinstance(data, dict) else None
    if version != VERSION:
        raise ValueError(f"{path} has version {version!r} of the format; this loomlab reads version {VERSION}")
    if data["embedder"] != embedder:
        raise ValueError(
            f"{path} holds vectors of {data['embedder']!r}, which mean nothing to {embedder!r}: load it with the former"
        )
    items: list[Mapping[str, Any]] = data["items"]
    return items
