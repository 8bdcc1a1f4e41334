"""What one case may cost: the same for every arm, so that none wins by spending more."""

from dataclasses import dataclass, fields
from time import monotonic

from loomlab.core.errors import ConfigError
from loomlab.core.results import BudgetStatus


@dataclass(frozen=True, slots=True)
class CaseBudget:
    """The most a trial may use, sub-runs included: model ``calls``, ``tokens``, ``cost_usd``, ``seconds`` of wall time.

    Checked before each model call: a call that was begun is finished, so ``seconds`` does not cut an answer off;
    ``evaluate(timeout=…)`` does. A call whose price is not known counts nothing towards ``cost_usd``. A trial that
    meets a limit is scored by what it has, and its ``interruption`` is ``budget:<limit>``.
    """

    calls: int | None = None
    tokens: int | None = None
    cost_usd: float | None = None
    seconds: float | None = None

    def __post_init__(self) -> None:
        given = {one.name: getattr(self, one.name) for one in fields(self) if getattr(self, one.name) is not None}
        if not given:
            raise ConfigError("a CaseBudget limits something: give calls, tokens, cost_usd or seconds")
        for name, value in given.items():
            if value <= 0:
                raise ConfigError(f"CaseBudget: {name} is above 0, not {value}")

    def open(self) -> "OpenBudget":
        """The budget of one trial, with its clock running."""
        return OpenBudget(self)


class OpenBudget:
    """What one trial has used so far. A ``Budget``; it counts for whichever user."""

    def __init__(self, limits: CaseBudget) -> None:
        self.limits = limits
        self.calls = 0
        self.tokens = 0
        self.cost_usd = 0.0
        self._began = monotonic()

    async def allows_step(self, *, user_id: str | None = None) -> BudgetStatus:
        """Whether one more model call may be made."""
        used = {"calls": self.calls, "tokens": self.tokens, "cost_usd": self.cost_usd}
        for name, value in used.items():
            limit = getattr(self.limits, name)
            if limit is not None and value >= limit:
                return BudgetStatus.blocked_(name)
        if self.limits.seconds is not None and monotonic() - self._began >= self.limits.seconds:
            return BudgetStatus.blocked_("seconds")
        # Counted when it begins: calls made side by side must not all slip through the last gap.
        self.calls += 1
        return BudgetStatus.ok_()

    async def consume(
        self, *, tokens_in: int, tokens_out: int, cost_usd: float | None, user_id: str | None = None
    ) -> None:
        """Count what a call has used."""
        self.tokens += tokens_in + tokens_out
        self.cost_usd += cost_usd or 0.0
