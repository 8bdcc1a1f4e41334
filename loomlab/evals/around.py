"""What an evaluation puts around its trials: a budget each, replies kept, a pace for all."""

from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType

import anyio

from loomlab.core.errors import ConfigError
from loomlab.evals.case_budget import CaseBudget
from loomlab.evals.ledger import Meter
from loomlab.evals.replies import ReplyCache
from loomlab.evals.trial import Trial
from loomlab.runtime.surroundings import Surroundings, surrounded


class Around:
    """Opens a cache that was given by its path for the block, and closes it again."""

    def __init__(
        self, budget: CaseBudget | None, cache: ReplyCache | str | Path | None, per_minute: float | None
    ) -> None:
        if budget is not None and not isinstance(budget, CaseBudget):
            raise ConfigError(f"budget is a CaseBudget, as in budget=CaseBudget(calls=10), not {type(budget).__name__}")
        self._budget = budget
        self._own = isinstance(cache, (str, Path))
        self._cache = ReplyCache(cache) if isinstance(cache, (str, Path)) else cache
        self._pace = None if per_minute is None else _Pace(per_minute)

    def __enter__(self) -> "Around":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._own and self._cache is not None:
            self._cache.close()

    def trial(self, trial: Trial, meter: Meter) -> AbstractContextManager[None]:
        """What is around one trial."""
        return surrounded(
            Surroundings(
                budgets=() if self._budget is None else (self._budget.open(),),
                replies=None if self._cache is None else self._cache.of_trial(trial.arm, trial.case_id, trial.epoch),
                pace=self._pace,
                meter=meter,
            )
        )


class _Pace:
    """Calls begin one after the other, evenly spread."""

    def __init__(self, per_minute: float) -> None:
        if per_minute <= 0:
            raise ConfigError(f"per_minute is a number of model calls above 0, not {per_minute}")
        self._gap_s = 60 / per_minute
        self._next = 0.0

    async def wait(self) -> None:
        """Return when it is this call's turn."""
        now = anyio.current_time()
        turn = max(now, self._next)
        self._next = turn + self._gap_s
        if turn > now:
            await anyio.sleep(turn - now)
