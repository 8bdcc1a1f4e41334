"""What was used, and whether it reaches a cap."""

from dataclasses import dataclass

from loomlab.core import BudgetStatus
from loomlab.governance.config import BudgetConfig

_SOFT = ("tokens", "input_tokens", "output_tokens", "cost_usd")


@dataclass(slots=True)
class Tally:
    """Tokens, US dollars and seconds used. ``unpriced``: at least one call had no known price."""

    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float = 0.0
    wall_clock: float = 0.0
    unpriced: bool = False

    @property
    def tokens(self) -> int:
        """Input and output tokens together."""
        return self.input_tokens + self.output_tokens

    def add(self, tokens_in: int, tokens_out: int, cost_usd: float | None, times: int = 1) -> None:
        """Count one call; ``times=-1`` takes it back."""
        self.input_tokens += times * tokens_in
        self.output_tokens += times * tokens_out
        if cost_usd is None:
            self.unpriced = True
        else:
            self.cost_usd += times * cost_usd


class Caps:
    """The caps that are set, for everybody or for each user, ready to be held against a tally."""

    def __init__(self, config: BudgetConfig, prefix: str = "") -> None:
        limits = {what: getattr(config, f"{prefix}max_{what}") for what in (*_SOFT, "wall_clock")}
        self._limits = {
            what: float(limit.total_seconds() if what == "wall_clock" else limit)
            for what, limit in limits.items()
            if limit is not None
        }
        self._prefix = f"{prefix}max_"
        self._soft = config.soft_warning_at

    def __bool__(self) -> bool:
        return bool(self._limits)

    @property
    def timed(self) -> bool:
        """There is a cap on time."""
        return "wall_clock" in self._limits

    def blocked(self, used: Tally, held: Tally | None = None, elapsed_s: float = 0.0) -> BudgetStatus | None:
        """The cap that is reached by what was used, and what is ``held`` for calls under way; None for none."""
        for what, limit in self._limits.items():
            amount = getattr(used, what) + (getattr(held, what) if held is not None else 0)
            if what == "wall_clock":
                amount += elapsed_s
            if amount >= limit:
                return BudgetStatus.blocked_(self._prefix + what)
            if what == "cost_usd" and used.unpriced:
                return BudgetStatus.blocked_(f"{self._prefix}{what}: price unknown")
        return None

    def near(self, used: Tally) -> BudgetStatus | None:
        """The first cap on tokens or cost that is near; None for none."""
        for what in _SOFT:
            limit = self._limits.get(what)
            if limit is not None and getattr(used, what) >= self._soft * limit:
                return BudgetStatus.warn_(self._prefix + what)
        return None
