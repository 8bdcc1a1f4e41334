"""``%loom budget``: what everybody and each user has used of every cap."""

from collections.abc import Iterable
from typing import Any

from loomlab.agent import Agent
from loomlab.core.errors import ConfigError
from loomlab.display.budget import Use, budget_html, budget_text
from loomlab.governance import StandardBudget
from loomlab.notebook.commands.command import Command
from loomlab.notebook.face import Face
from loomlab.notebook.names import find, names_of
from loomlab.notebook.notebook import Notebook
from loomlab.notebook.options import Option, parse, split

OPTIONS = (Option("of", "the budget of this agent, or this budget, instead of all there are", "VARIABLE", "budget"),)
NONE_YET = (
    "there is no budget here; set one for this notebook, as in %loom budget=0.50 or %loom budget=5000tokens, or for an "
    "agent: Agent(…, budget=StandardBudget(BudgetConfig(max_cost_usd=1.0, per_user_max_tokens=50_000)))"
)
_KINDS = {
    "tokens": ("tokens", "tokens_total", ""),
    "input_tokens": ("input tokens", "tokens_in", ""),
    "output_tokens": ("output tokens", "tokens_out", ""),
    "cost_usd": ("cost", "cost_usd", "$"),
}


def _run(notebook: Notebook, rest: str) -> Face:
    options = parse(split(rest), OPTIONS, of="%loom budget")
    if "of" in options:
        budget = budget_of(find(options["of"], notebook.space, is_budgeted, "budget"))
        found = {options["of"]: budget} if budget is not None else {}
    else:
        found = budgets_in(notebook)
    if not found:
        raise ConfigError(NONE_YET)
    faces = [(f"Budget of {name}", uses_of(budget)) for name, budget in found.items()]
    return Face("".join(budget_html(*one) for one in faces), "\n\n".join(budget_text(*one) for one in faces))


def budgets_in(notebook: Notebook) -> dict[str, StandardBudget]:
    """The notebook's own budget and those of its agents, each once."""
    found: dict[int, tuple[str, StandardBudget]] = {}
    if notebook.budget is not None:
        found[id(notebook.budget)] = ("this notebook", notebook.budget)
    for name in names_of(notebook.space, is_budgeted):
        budget = budget_of(notebook.space[name])
        if budget is not None:
            found.setdefault(id(budget), (name, budget))
    return dict(found.values())


def is_budgeted(value: Any) -> bool:
    """A budget, or an agent that has one."""
    return budget_of(value) is not None


def budget_of(value: Any) -> StandardBudget | None:
    """The budget that a variable is, or has."""
    held = value.budget if isinstance(value, Agent) else value
    return held if isinstance(held, StandardBudget) else None


def uses_of(budget: StandardBudget) -> list[Use]:
    """Each cap with what is used of it: everybody's first, then each user's, who used most first."""
    config, everybody = budget.config, budget.usage()
    uses = _lines("everybody", "", config, everybody) or [
        Use("everybody", "tokens", "", everybody["tokens_total"], None)
    ]
    if not _caps("per_user_", config):
        return uses
    used = {user: budget.usage_for(user) for user in budget.users()}
    if not used:
        nothing: dict[str, Any] = {"tokens_total": 0, "tokens_in": 0, "tokens_out": 0, "cost_usd": 0.0}
        return [*(one for one in uses if one.cap is not None), *_lines("each user", "per_user_", config, nothing)]
    for user in sorted(used, key=lambda one: (-(used[one]["tokens_total"] or 0), one or "")):
        uses += _lines("no user" if user is None else user, "per_user_", config, used[user])
    return uses


def _caps(prefix: str, config: Any) -> dict[str, float]:
    caps = {kind: getattr(config, f"{prefix}max_{kind}") for kind in _KINDS}
    return {kind: float(cap) for kind, cap in caps.items() if cap is not None}


def _lines(who: str, prefix: str, config: Any, used: dict[str, int | float | None]) -> list[Use]:
    lines = []
    for kind, cap in _caps(prefix, config).items():
        name, field, unit = _KINDS[kind]
        lines.append(Use(who, name, unit, used[field], cap, config.soft_warning_at))
    return lines


def _complete(notebook: Notebook, words: list[str]) -> Iterable[str]:
    return names_of(notebook.space, is_budgeted) if words[-1:] == ["--of"] else ["--of"]


COMMAND = Command(
    "budget", "%loom budget [--of VAR]", "what everybody and each user has used of every cap", _run, _complete
)
