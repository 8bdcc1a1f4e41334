"""A finite number of users: who was seen last, and who has to go."""

from collections import OrderedDict
from collections.abc import Callable
from time import monotonic


class UserBounds:
    """Keeps at most ``max_users`` named users, none idle for longer than ``idle_ttl_seconds`` (None: no bound).

    The stores that share one object say ``touch`` whenever a user's data is read or written, and give a function to
    ``on_drop`` that erases a user. The anonymous bucket is one bucket and never goes.
    """

    def __init__(
        self,
        max_users: int | None = None,
        idle_ttl_seconds: float | None = None,
        *,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        if max_users is not None and max_users < 1:
            raise ValueError(f"max_users must be at least 1 or None, not {max_users}")
        if idle_ttl_seconds is not None and idle_ttl_seconds <= 0:
            raise ValueError(f"user_idle_ttl_seconds must be above 0 or None, not {idle_ttl_seconds}")
        self._max_users = max_users
        self._idle_ttl = idle_ttl_seconds
        self._clock = clock
        self._seen: OrderedDict[str, float] = OrderedDict()
        self._drops: list[Callable[[str], None]] = []

    @property
    def named_users(self) -> int:
        """How many users with a name there are."""
        return len(self._seen)

    def on_drop(self, drop: Callable[[str], None]) -> None:
        """Have ``drop(user_id)`` called when a user has to go."""
        self._drops.append(drop)

    def sweep(self) -> None:
        """Let go of the users that were idle for too long."""
        if self._idle_ttl is None:
            return
        oldest_kept = self._clock() - self._idle_ttl
        while self._seen and (first := next(iter(self._seen.items())))[1] < oldest_kept:
            self.drop(first[0])

    def read(self, user_id: str | None) -> None:
        """This user's data was asked for, if there is any."""
        self.sweep()
        if user_id in self._seen:
            self.touch(user_id)

    def touch(self, user_id: str | None) -> None:
        """This user's data was used just now."""
        self.sweep()
        if user_id is None:
            return
        self._seen[user_id] = self._clock()
        self._seen.move_to_end(user_id)
        while self._max_users is not None and len(self._seen) > self._max_users:
            self.drop(next(iter(self._seen)))

    def drop(self, user_id: str) -> None:
        """Erase this user everywhere."""
        self._seen.pop(user_id, None)
        for drop in self._drops:
            drop(user_id)
