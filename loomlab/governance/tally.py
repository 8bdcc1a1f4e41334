"""What was used, and whether it reaches a cap."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from math import ceil
from typing import Protocol

from loomlab.core import BudgetStatus
from loomlab.governance.config import BudgetConfig

Amounts = tuple[int, int, float]
"""What a call is expected to use: input tokens, output tokens, US dollars."""

_SOFT = ("tokens", "input_tokens", "output_tokens", "cost_usd")
_FADING = 0.98


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

    def without(self, calls: "Iterable[Held]") -> "Tally":
        """The same less what these calls hold."""
        left = replace(self)
        for one in calls:
            left.add(*one.amounts, times=-1)
        return left


class Held(Protocol):
    """A call that holds what it may use."""

    amounts: Amounts


@dataclass(slots=True)
class Account:
    """One user's: what was used, what is held for calls under way, and the runs that go on (how many, begun when)."""

    used: Tally = field(default_factory=Tally)
    held: Tally = field(default_factory=Tally)
    running: int = 0
    begun: float = 0.0

    def running_s(self, now: float) -> float:
        """Seconds of the runs that go on, all together."""
        return self.running * now - self.begun


class Peak:
    """How much a call uses at most, as far as the calls so far tell; old ones count less and less."""

    def __init__(self) -> None:
        self._peaks = [0.0, 0.0, 0.0]
        self.known = False

    def saw(self, tokens_in: int, tokens_out: int, cost_usd: float | None) -> None:
        """A call was made."""
        self.known = True
        for at, amount in enumerate((tokens_in, tokens_out, cost_usd or 0.0)):
            self._peaks[at] = max(float(amount), self._peaks[at] * _FADING)

    def expect(self, given: tuple[int | None, int | None, float | None]) -> Amounts:
        """What the next one may use, where it was not given."""
        tokens_in, tokens_out, cost = given
        return (
            ceil(self._peaks[0]) if tokens_in is None else tokens_in,
            ceil(self._peaks[1]) if tokens_out is None else tokens_out,
            self._peaks[2] if cost is None else cost,
        )


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
    def seconds(self) -> float | None:
        """The cap on time, None for none."""
        return self._limits.get("wall_clock")

    @property
    def counted(self) -> bool:
        """There is a cap on tokens or cost."""
        return any(what in self._limits for what in _SOFT)

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
