"""Budgets: none, and caps on tokens, cost and time for everybody and for each user."""

import threading
import time
from collections.abc import AsyncIterator, Callable, Hashable
from contextlib import asynccontextmanager
from contextvars import ContextVar
from itertools import count

from loomlab.core import BudgetStatus
from loomlab.core.bounded import BoundedDict
from loomlab.governance.config import BudgetConfig
from loomlab.governance.run_clock import RunClock
from loomlab.governance.tally import Account, Caps, Peak, Tally
from loomlab.governance.waiting import Wish

_holding: ContextVar[tuple[Wish, ...]] = ContextVar("loomlab_budget_holds", default=())
_made = count(1)


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
        self.order = next(_made)
        """Whoever reserves in several budgets does so in this order, or two could wait for each other for ever."""
        self._clock = clock
        self._caps = Caps(self.config)
        self._user_caps = Caps(self.config, "per_user_")
        self._timed = self._caps.seconds is not None or self._user_caps.seconds is not None
        self._counted = self._caps.counted or self._user_caps.counted
        self._used, self._held, self._under_way, self._unknown = Tally(), Tally(), 0, 0
        self._peaks: BoundedDict[Hashable, Peak] = BoundedDict(Peak, max_items=1_000, clock=clock)
        self._users: BoundedDict[str | None, Account] = BoundedDict(
            Account, max_items=max_users, idle_s=user_idle_ttl_seconds, clock=clock
        )
        self._run_clock = RunClock(clock)
        self._waiting: dict[Wish, None] = {}
        self._lock = threading.Lock()

    def begin_run(self, *, user_id: str | None = None) -> None:
        """A run begins in this context: wall clocks count from here. Runs within runs do not restart them."""
        if not self._timed:
            return
        with self._lock:
            account = self._users.use(user_id)
            begun = self._run_clock.begin(account)
            if begun.outermost:
                account.running += 1
                account.begun += begun.at

    def end_run(self, *, user_id: str | None = None) -> None:
        """The run is over; its time counts for the user."""
        begun = self._run_clock.end() if self._timed else None
        if begun is not None and begun.outermost:
            with self._lock:
                begun.account.running -= 1
                begun.account.begun -= begun.at
                self._users.use(user_id).used.wall_clock += self._clock() - begun.at

    async def allows_step(self, *, user_id: str | None = None) -> BudgetStatus:
        """Whether the next model call may be made: blocked at a cap, a warning near one, else ok."""
        with self._lock:
            return self._status(self._users.use(user_id), self._started())

    async def consume(
        self, *, tokens_in: int, tokens_out: int, cost_usd: float | None, user_id: str | None = None
    ) -> None:
        """Count a call that was made. ``cost_usd`` in US dollars, None when its price is not known."""
        kind = next((one.kind for one in reversed(_holding.get()) if one.budget is self), None)
        with self._lock:
            self._peaks.use(kind).saw(tokens_in, tokens_out, cost_usd)
            for tally in (self._used, self._users.use(user_id).used):
                tally.add(tokens_in, tokens_out, cost_usd)

    @asynccontextmanager
    async def reserve(
        self,
        *,
        tokens_in: int | None = None,
        tokens_out: int | None = None,
        cost_usd: float | None = None,
        user_id: str | None = None,
        kind: Hashable = None,
    ) -> AsyncIterator[BudgetStatus]:
        """Hold what a call is expected to use while the block lasts, so that parallel calls cannot overshoot together.

        Waits while the calls under way may use up what is left. What is not given is as much as the largest of the
        recent calls of this ``kind`` (who asks which model, say); of calls of which nothing is known, one is made at
        a time. A call within a call does not wait for that one. Gives the status: when it is blocked, nothing is held,
        and no call may be made.
        """
        outer = _holding.get()
        inside = tuple(one for one in outer if one.budget is self)
        wish = Wish(self, user_id, kind, (tokens_in, tokens_out, cost_usd), self._started(), inside)
        with self._lock:
            if not self._answer(wish):
                wish.will_wait()
                self._waiting[wish] = None
        try:
            while wish.status is None:
                await wish.wait(self._patience(wish))
                with self._lock:
                    if self._answer(wish):
                        self._waiting.pop(wish, None)
            _holding.set((*outer, wish))
            yield wish.status
        finally:
            _holding.set(outer)
            self._release(wish)

    def usage_for(self, user_id: str | None = None) -> dict[str, int | float | None]:
        """What a user has used: tokens_in, tokens_out, tokens_total; cost_usd, None when a price is not known."""
        with self._lock:
            account = self._users.peek(user_id)
            return self._told(Tally() if account is None else account.used)

    def usage(self) -> dict[str, int | float | None]:
        """What everybody together has used, as ``usage_for`` tells it of one."""
        with self._lock:
            return self._told(self._used)

    def users(self) -> list[str | None]:
        """Who is counted now; None stands for runs without a user."""
        with self._lock:
            return self._users.keys()

    # ---- under the lock -----------------------------------------------------------------------------

    @staticmethod
    def _told(used: Tally) -> dict[str, int | float | None]:
        return {
            "tokens_in": used.input_tokens,
            "tokens_out": used.output_tokens,
            "tokens_total": used.tokens,
            "cost_usd": None if used.unpriced else used.cost_usd,
        }

    def _answer(self, wish: Wish) -> bool:
        """Give the wish its status, and hold what it may use; False while calls under way may use up what is left."""
        if wish.status is not None:
            return True
        account = self._users.use(wish.user_id)
        status = self._status(account, wish.started)
        if status.blocked:
            wish.status = status
            return True
        peak = self._peaks.use(wish.kind)
        unknown = self._counted and not peak.known and wish.given == (None, None, None)
        held, held_of_user = self._held, account.held
        if wish.inside:
            held = held.without(wish.inside)
            held_of_user = held_of_user.without([one for one in wish.inside if one.account is account])
        if (
            (unknown and self._unknown > sum(one.unknown for one in wish.inside))
            or self._caps.blocked(self._used, held)
            or self._user_caps.blocked(account.used, held_of_user)
        ):
            return False
        wish.account, wish.amounts, wish.unknown = account, peak.expect(wish.given), unknown
        self._under_way += 1
        self._unknown += unknown
        self._held.add(*wish.amounts)
        account.held.add(*wish.amounts)
        wish.status = status
        return True

    def _release(self, wish: Wish) -> None:
        woken: list[Wish] = []
        with self._lock:
            self._waiting.pop(wish, None)
            if wish.account is not None:
                self._under_way -= 1
                self._unknown -= wish.unknown
                self._held.add(*wish.amounts, times=-1)
                wish.account.held.add(*wish.amounts, times=-1)
                if not self._under_way:
                    self._held = Tally()  # what rounding left of dollars
                # Oldest first; who has no room of their own may be passed by others.
                woken = [one for one in self._waiting if self._answer(one)]
                for one in woken:
                    del self._waiting[one]
        for one in woken:
            one.wake()

    def _status(self, account: Account, started: float) -> BudgetStatus:
        now = self._clock() if self._timed else 0.0
        elapsed = now - started
        # Of a user's runs at once all count; of one that nobody told of, the time since its first question.
        mine = max(elapsed, account.running_s(now)) if self._user_caps.seconds is not None else 0.0
        return (
            self._caps.blocked(self._used, elapsed_s=elapsed)
            or self._user_caps.blocked(account.used, elapsed_s=mine)
            or self._caps.near(self._used)
            or self._user_caps.near(account.used)
            or BudgetStatus.ok_()
        )

    def _started(self) -> float:
        return self._run_clock.started() if self._timed else 0.0

    def _patience(self, wish: Wish) -> float | None:
        """Seconds until a cap on time would block the wish; None: it only waits for others."""
        if not self._timed:
            return None
        left = [one - (self._clock() - wish.started) for one in (self._caps.seconds, self._user_caps.seconds) if one]
        return max(0.01, min(left, default=0.01))

    def __repr__(self) -> str:
        return f"StandardBudget({self._used.tokens} tokens used)"
