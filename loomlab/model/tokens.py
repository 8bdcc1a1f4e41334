"""Token counts out of SDK objects."""

from typing import Any


def count(thing: Any, name: str) -> int:
    """The count ``name`` of an SDK's usage object; 0 where it has none."""
    value = getattr(thing, name, None)
    return value if isinstance(value, int) else 0
