"""A dictionary that forgets: whoever was idle for too long, and the longest idle when there are too many.

Whatever keeps something for each user, session or run keeps it in one of these, so that a service that meets a
new user with every request does not grow for ever.
"""

from collections import OrderedDict
from collections.abc import Callable
from time import monotonic
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class BoundedDict(Generic[K, V]):
    """At most ``max_items`` values, each dropped after ``idle_s`` seconds without use (None: no bound); O(1) amortised.

    ``make`` makes the value of a new key; ``on_drop`` adds functions that are told which keys went. ValueError for
    bounds that hold nothing.
    """

    def __init__(
        self,
        make: Callable[[], V],
        *,
        max_items: int | None = None,
        idle_s: float | None = None,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        if max_items is not None and max_items < 1:
            raise ValueError(f"a bound on how many are kept is at least 1, or None for no bound, not {max_items}")
        if idle_s is not None and not idle_s > 0:
            raise ValueError(f"a bound on idle time is above 0 seconds, or None for no bound, not {idle_s}")
        self._make = make
        self._max_items = max_items
        self._idle_s = idle_s
        self._clock = clock
        self._items: OrderedDict[K, tuple[float, V]] = OrderedDict()
        self._drops: list[Callable[[K], object]] = []

    def on_drop(self, drop: Callable[[K], object]) -> None:
        """Have ``drop(key)`` called when a key has to go."""
        self._drops.append(drop)

    def __len__(self) -> int:
        self.sweep()
        return len(self._items)

    def __contains__(self, key: object) -> bool:
        return key in self._items

    def keys(self) -> list[K]:
        """Those kept now, the one used longest ago first."""
        self.sweep()
        return list(self._items)

    def peek(self, key: K) -> V | None:
        """The value, or None; asking does not count as use."""
        self.sweep()
        found = self._items.get(key)
        return None if found is None else found[1]

    def use(self, key: K) -> V:
        """The value, made where it is missing; it is now the one used last."""
        now = self.sweep()
        found = self._items.get(key)
        value = self._make() if found is None else found[1]
        self._items[key] = (now, value)
        if found is not None:
            self._items.move_to_end(key)
        elif self._max_items is not None and len(self._items) > self._max_items:
            self.drop(next(iter(self._items)))
        return value

    def drop(self, key: K) -> None:
        """Let go of a key, and tell."""
        self._items.pop(key, None)
        for drop in self._drops:
            drop(key)

    def sweep(self) -> float:
        """Let go of what was idle for too long; the time it is now."""
        now = self._clock()
        if self._idle_s is not None:
            while self._items:
                key, (used_at, _) = next(iter(self._items.items()))
                if now - used_at <= self._idle_s:
                    break
                self.drop(key)
        return now
