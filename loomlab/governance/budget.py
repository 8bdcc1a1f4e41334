"""What a run may spend. ``NoBudget`` here; the caps are in ``standard.py``."""

from loomlab.core import BudgetStatus

_OK = BudgetStatus.ok_()


class NoBudget:
    """No cap. The default; a run then skips the question."""

    async def allows_step(self, *, user_id: str | None = None) -> BudgetStatus:
        """Yes."""
        return _OK

    async def consume(
        self, *, tokens_in: int, tokens_out: int, cost_usd: float | None, user_id: str | None = None
    ) -> None:
        """Nothing is counted."""

    def __repr__(self) -> str:
        return "NoBudget()"
