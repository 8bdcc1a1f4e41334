"""Texts as PostgreSQL can hold them."""

from typing import Any


def storable(value: Any) -> Any:
    """The same with U+FFFD for NUL characters and halves of surrogate pairs, in lists and mappings too."""
    if isinstance(value, str):
        clean = value.replace("\0", "\ufffd")
        return clean if clean.isascii() else clean.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, dict):
        return {storable(key): storable(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [storable(one) for one in value]
    return value
