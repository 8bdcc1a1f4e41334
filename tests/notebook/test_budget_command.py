"""``%loom budget``: what everybody and each user has used of every cap."""

import pytest
from IPython.core.completer import provisionalcompleter
from ipython_shell import Shell

from loomlab import Agent, BudgetConfig, StandardBudget

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(1)>"


@pytest.fixture
def spending(echo: Shell) -> Shell:
    """A notebook whose agent has caps; alice has used all of hers, bob little of his."""
    config = BudgetConfig(max_tokens=1_000, per_user_max_tokens=40, per_user_max_cost_usd=1.0)
    echo["own"] = StandardBudget(config)
    echo["writer"] = Agent("Write.", model="echo", budget=echo["own"])
    echo.ok(f"%%loom --agent writer --user alice --quiet\n{'word ' * 60}")
    echo.ok("%%loom --agent writer --user bob --quiet\nhi")
    return echo


def test_each_user_has_lines_of_their_own_and_everybody_comes_first(spending: Shell) -> None:
    cell = spending.ok("%loom budget")
    lines = cell.text.splitlines()
    assert lines[0].startswith("Budget of own") and "1 cap reached" in lines[0]
    rows = [line.split()[0] for line in lines[2:]]
    assert rows == ["everybody", "alice", "alice", "bob", "bob"]
    (alice,) = [line for line in lines if line.startswith("alice") and "tokens" in line]
    (bob,) = [line for line in lines if line.startswith("bob") and "tokens" in line]
    assert "✕ spent" in alice and "✕" not in bob and "40" in bob
    used = spending["own"].usage_for("bob")["tokens_total"]
    assert f" {used} " in bob, "the figure is the budget's own"


def test_a_user_whose_share_is_used_up_is_the_one_who_is_stopped(spending: Shell) -> None:
    spending.ok("%%loom --agent writer --user alice --quiet --out hers\nmore")
    spending.ok("%%loom --agent writer --user bob --quiet --out his\nhi")
    assert spending["hers"].interrupted and not spending["his"].interrupted


def test_the_notebooks_own_budget_and_those_of_agents_are_each_shown_once(spending: Shell) -> None:
    spending.ok("%loom budget=5000tokens")
    text = spending.ok("%loom budget").text
    assert text.count("Budget of") == 2 and "Budget of this notebook" in text
    assert "5,000" in text or "5.0k" in text or "5k" in text
    only = spending.ok("%loom budget --of writer").text
    assert only.count("Budget of") == 1 and only.startswith("Budget of writer")


def test_without_a_budget_it_says_how_to_set_one(echo: Shell) -> None:
    said = echo.run("%loom budget").text
    assert "there is no budget here" in said and "%loom budget=0.50" in said
    assert "did you mean" in echo.run("%loom budget --off x").text


def test_a_budget_without_caps_tells_what_was_used(echo: Shell) -> None:
    echo["free"] = StandardBudget()
    echo["writer"] = Agent("Write.", model="echo", budget=echo["free"])
    echo.ok("%%loom --agent writer --user alice --quiet\nhello")
    text = echo.ok("%loom budget").text
    assert "no caps are set" in text and "everybody" in text and "alice" not in text


def test_hostile_users_are_plain_text(echo: Shell) -> None:
    echo["own"] = StandardBudget(BudgetConfig(per_user_max_tokens=40))
    echo["writer"] = Agent("Write.", model="echo", budget=echo["own"])
    echo["who"] = HOSTILE
    echo.ok("run = await writer.run('hello', user_id=who)")
    cell = echo.ok("%loom budget")
    assert "<script>alert(1)" in cell.text and "<script" not in cell.html and "<img" not in cell.html


def test_budgets_complete(spending: Shell) -> None:
    def offered(text: str) -> list[str]:
        with provisionalcompleter():
            found = list(spending.ip.Completer.completions(text, len(text)))
        return [text[: one.start] + one.text for one in found]

    assert offered("%loom budget --") == ["%loom budget --of"]
    assert offered("%loom budget --of ") == ["%loom budget --of own", "%loom budget --of writer"]
