"""Amounts, and budgets made of them."""

import pytest

from loomlab import BudgetConfig, ConfigError, StandardBudget
from loomlab.notebook.spending import budget_for, read_amount, shown


@pytest.mark.parametrize(
    ("text", "config", "said"),
    [
        ("0.05", BudgetConfig(max_cost_usd=0.05), "$0.05"),
        ("$2", BudgetConfig(max_cost_usd=2.0), "$2"),
        (".5", BudgetConfig(max_cost_usd=0.5), "$0.5"),
        ("3 usd", BudgetConfig(max_cost_usd=3.0), "$3"),
        ("5000tokens", BudgetConfig(max_tokens=5000), "5,000 tokens"),
        ("5ktok", BudgetConfig(max_tokens=5000), "5,000 tokens"),
        ("1_000 tokens", BudgetConfig(max_tokens=1000), "1,000 tokens"),
    ],
)
def test_amounts_are_dollars_or_tokens(text: str, config: BudgetConfig, said: str) -> None:
    assert read_amount(text) == config
    assert shown(config) == said


@pytest.mark.parametrize("text", ["", "much", "-1", "1.5tokens", "5k", "1e9", "nan", "inf"])
def test_anything_else_is_refused_with_both_forms(text: str) -> None:
    with pytest.raises(ConfigError, match=r"write dollars as 0\.05, or tokens as 5000tokens"):
        read_amount(text)


@pytest.mark.anyio
async def test_of_two_budgets_the_stricter_stops_and_both_count() -> None:
    notebook = StandardBudget(BudgetConfig(max_tokens=100))
    both = budget_for(notebook, "10tokens")
    assert both is not None
    assert not (await both.allows_step(user_id="alice")).blocked
    await both.consume(tokens_in=10, tokens_out=0, cost_usd=0.0, user_id="alice")
    assert (await both.allows_step(user_id="alice")).blocked
    assert notebook.usage_for("alice")["tokens_total"] == 10
    assert notebook.usage_for("bob")["tokens_total"] == 0
    assert not (await notebook.allows_step(user_id="alice")).blocked


def test_without_amounts_there_is_no_budget() -> None:
    notebook = StandardBudget(BudgetConfig(max_tokens=100))
    assert budget_for(None, None) is None
    assert budget_for(notebook, None) is notebook
