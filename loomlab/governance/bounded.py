"""A dictionary that forgets: whoever was idle for too long, and the longest idle when there are too many."""

from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class BoundedDict(Generic[K, V]):
    """At most ``max_items`` values, each dropped after ``idle_s`` seconds without use; O(1) amortised."""

    def __init__(self, make: Callable[[], V], *, max_items: int, idle_s: float, clock: Callable[[], float]) -> None:
        self._make = make
        self._max_items = max_items
        self._idle_s = idle_s
        self._clock = clock
        self._items: OrderedDict[K, tuple[float, V]] = OrderedDict()

    def __len__(self) -> int:
        self._sweep()
        return len(self._items)

    def peek(self, key: K) -> V | None:
        """The value, or None; asking does not count as use."""
        self._sweep()
        found = self._items.get(key)
        return None if found is None else found[1]

    def use(self, key: K) -> V:
        """The value, made where it is missing; it is now the one used last."""
        now = self._sweep()
        found = self._items.get(key)
        value = self._make() if found is None else found[1]
        self._items[key] = (now, value)
        self._items.move_to_end(key)
        if len(self._items) > self._max_items:
            self._items.popitem(last=False)
        return value

    def _sweep(self) -> float:
        now = self._clock()
        while self._items:
            used_at, _ = next(iter(self._items.values()))
            if now - used_at <= self._idle_s:
                break
            self._items.popitem(last=False)
        return now
