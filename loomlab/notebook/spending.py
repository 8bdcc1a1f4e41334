"""What a notebook, or one cell, may spend: an amount as it is typed, as a budget."""

import re

from loomlab.core.errors import ConfigError
from loomlab.core.protocols import Budget
from loomlab.core.results import BudgetStatus
from loomlab.governance import BudgetConfig, StandardBudget

_TOKENS = re.compile(r"(\d[\d_]*)(k?) ?tok(?:en)?s?", re.IGNORECASE)
_DOLLARS = re.compile(r"\$? ?(\d+(?:\.\d+)?|\.\d+)(?: ?(?:\$|usd|dollars?))?", re.IGNORECASE)


def read_amount(text: str) -> BudgetConfig:
    """``0.05`` or ``$0.05`` are US dollars, ``5000tokens`` and ``5ktokens`` are tokens. Else ConfigError."""
    if tokens := _TOKENS.fullmatch(text.strip()):
        return BudgetConfig(max_tokens=int(tokens[1]) * (1_000 if tokens[2] else 1))
    if dollars := _DOLLARS.fullmatch(text.strip()):
        return BudgetConfig(max_cost_usd=float(dollars[1]))
    raise ConfigError(f"{text!r} is no amount: write dollars as 0.05, or tokens as 5000tokens")


def shown(config: BudgetConfig) -> str:
    """An amount as a person reads it."""
    return f"{config.max_tokens:,} tokens" if config.max_tokens is not None else f"${config.max_cost_usd:g}"


class EveryBudget:
    """Several budgets as one: the strictest answers, all of them count."""

    def __init__(self, *budgets: Budget) -> None:
        self._budgets = budgets

    async def allows_step(self, *, user_id: str | None = None) -> BudgetStatus:
        """Blocked where any is; a warning where any warns."""
        found = [await one.allows_step(user_id=user_id) for one in self._budgets]
        worst = [status for status in found if status.blocked] or [status for status in found if status.warn]
        return worst[0] if worst else BudgetStatus.ok_()

    async def consume(
        self, *, tokens_in: int, tokens_out: int, cost_usd: float | None, user_id: str | None = None
    ) -> None:
        """Count a call everywhere."""
        for one in self._budgets:
            await one.consume(tokens_in=tokens_in, tokens_out=tokens_out, cost_usd=cost_usd, user_id=user_id)


def budget_for(notebook: StandardBudget | None, cell: str | None) -> Budget | None:
    """The budget of one cell: the notebook's, the cell's own, both, or none."""
    own = StandardBudget(read_amount(cell)) if cell is not None else None
    if notebook is not None and own is not None:
        return EveryBudget(notebook, own)
    return own or notebook
