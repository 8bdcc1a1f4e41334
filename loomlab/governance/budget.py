"""Budgets: none, and caps on tokens, cost and time for everybody and for each user."""

import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import anyio

from loomlab.core import BudgetStatus
from loomlab.core.bounded import BoundedDict
from loomlab.governance.config import BudgetConfig
from loomlab.governance.run_clock import RunClock
from loomlab.governance.tally import Caps, Tally

_LOOK_AGAIN_S = 0.01


class NoBudget:
    """No cap. The default; a run then skips the question."""

    async def allows_step(self, *, user_id: str | None = None) -> BudgetStatus:
        """Yes."""
        return BudgetStatus.ok_()

    async def consume(
        self, *, tokens_in: int, tokens_out: int, cost_usd: float | None, user_id: str | None = None
    ) -> None:
        """Nothing is counted."""

    def __repr__(self) -> str:
        return "NoBudget()"


class StandardBudget:
    """Caps of a ``BudgetConfig``, counted over the life of this object, for all runs and users that share it.

    A status names the cap by its field, everybody's caps before the user's own. Once a call has cost an unknown
    price, a cap on cost blocks, because nobody can say that it is kept. At most ``max_users`` users are counted; one
    who is idle for ``user_idle_ttl_seconds`` starts again from zero. Safe to share between tasks, threads and loops.
    """

    def __init__(
        self,
        cfg: BudgetConfig | None = None,
        *,
        max_users: int = 100_000,
        user_idle_ttl_seconds: float = 86_400,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.config = cfg or BudgetConfig()
        self._caps = Caps(self.config)
        self._user_caps = Caps(self.config, "per_user_")
        self._timed = self._caps.timed or self._user_caps.timed
        self._used, self._held, self._calls = Tally(), Tally(), 0
        self._users: BoundedDict[str | None, tuple[Tally, Tally]] = BoundedDict(
            lambda: (Tally(), Tally()), max_items=max_users, idle_s=user_idle_ttl_seconds, clock=clock
        )
        self._run_clock = RunClock(clock)
        self._lock = threading.Lock()

    def begin_run(self, *, user_id: str | None = None) -> None:
        """A run begins in this context: wall clocks count from here. Runs within runs do not restart them."""
        self._run_clock.begin()

    def end_run(self, *, user_id: str | None = None) -> None:
        """The run is over; its time counts for the user."""
        seconds = self._run_clock.end()
        if seconds is not None and self._user_caps.timed:
            with self._lock:
                self._users.use(user_id)[0].wall_clock += seconds

    async def allows_step(self, *, user_id: str | None = None) -> BudgetStatus:
        """Whether the next model call may be made: blocked at a cap, a warning near one, else ok."""
        with self._lock:
            return self._status(user_id)

    async def consume(
        self, *, tokens_in: int, tokens_out: int, cost_usd: float | None, user_id: str | None = None
    ) -> None:
        """Count a call that was made. ``cost_usd`` in US dollars, None when its price is not known."""
        with self._lock:
            self._calls += 1
            for tally in (self._used, self._users.use(user_id)[0]):
                tally.add(tokens_in, tokens_out, cost_usd)

    @asynccontextmanager
    async def reserve(
        self,
        *,
        tokens_in: int | None = None,
        tokens_out: int | None = None,
        cost_usd: float | None = None,
        user_id: str | None = None,
    ) -> AsyncIterator[BudgetStatus]:
        """Hold what a call is expected to use while the block lasts, so that parallel calls cannot overshoot together.

        Waits while the calls under way may use up what is left. What is not given is the mean of the calls so far.
        Gives the status: when it is blocked, nothing is held, and no call may be made.
        """
        while True:
            with self._lock:
                status = self._status(user_id)
                mine, held = self._users.use(user_id)
                crowded = not status.blocked and (
                    self._caps.blocked(self._used, self._held) or self._user_caps.blocked(mine, held)
                )
                if not crowded:
                    expected = self._expected(tokens_in, tokens_out, cost_usd)
                    if not status.blocked:
                        self._held.add(*expected)
                        held.add(*expected)
                    break
            await anyio.sleep(_LOOK_AGAIN_S)
        try:
            yield status
        finally:
            if not status.blocked:
                with self._lock:
                    self._held.add(*expected, times=-1)
                    held.add(*expected, times=-1)

    def usage_for(self, user_id: str | None = None) -> dict[str, int | float | None]:
        """What a user has used: tokens_in, tokens_out, tokens_total; cost_usd, None when a price is not known."""
        with self._lock:
            used = (self._users.peek(user_id) or (Tally(),))[0]
            return {
                "tokens_in": used.input_tokens,
                "tokens_out": used.output_tokens,
                "tokens_total": used.tokens,
                "cost_usd": None if used.unpriced else used.cost_usd,
            }

    def _status(self, user_id: str | None) -> BudgetStatus:
        elapsed = self._run_clock.elapsed_s() if self._timed else 0.0
        used = self._users.use(user_id)[0] if self._user_caps else Tally()
        return (
            self._caps.blocked(self._used, elapsed_s=elapsed)
            or self._user_caps.blocked(used, elapsed_s=elapsed)
            or self._caps.near(self._used)
            or self._user_caps.near(used)
            or BudgetStatus.ok_()
        )

    def _expected(self, tokens_in: int | None, tokens_out: int | None, cost: float | None) -> tuple[int, int, float]:
        calls = max(1, self._calls)
        return (
            round(self._used.input_tokens / calls) if tokens_in is None else tokens_in,
            round(self._used.output_tokens / calls) if tokens_out is None else tokens_out,
            self._used.cost_usd / calls if cost is None else cost,
        )

    def __repr__(self) -> str:
        return f"StandardBudget({self._used.tokens} tokens used)"
