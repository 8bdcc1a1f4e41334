"""From a name to a strategy, and the errors on the way."""

import pytest

from loomlab import Agent, ScriptedModel
from loomlab.architecture import (
    PlanAndExecute,
    ReAct,
    Reflexion,
    ReWOO,
    SelfRefine,
    TreeOfThoughts,
    resolve_architecture,
)
from loomlab.core import ConfigError

SINGLE = {
    "react": ReAct,
    "self-refine": SelfRefine,
    "reflexion": Reflexion,
    "plan-and-execute": PlanAndExecute,
    "rewoo": ReWOO,
    "tree-of-thoughts": TreeOfThoughts,
}


@pytest.mark.parametrize("name", SINGLE)
def test_every_single_agent_strategy_has_a_name(name: str) -> None:
    for spelt in (name, name.upper(), name.replace("-", "_"), f" {name} "):
        made = resolve_architecture(spelt)
        assert type(made) is SINGLE[name] and made.name == name


def test_none_is_react_and_an_instance_is_itself() -> None:
    mine = ReWOO()
    assert type(resolve_architecture(None)) is ReAct and resolve_architecture(mine) is mine


def test_options_go_to_the_class_and_wrong_ones_are_named() -> None:
    assert resolve_architecture("reflexion", max_attempts=5).max_attempts == 5  # type: ignore[attr-defined]
    with pytest.raises(ConfigError, match="did you mean 'max_attempts'"):
        resolve_architecture("reflexion", max_attempt=5)
    with pytest.raises(ConfigError, match="max_attempts must be at least 1"):
        resolve_architecture("reflexion", max_attempts=0)
    with pytest.raises(ConfigError, match="instance"):
        resolve_architecture(ReAct(), max_turns=3)


@pytest.mark.parametrize(
    ("name", "builder"),
    [
        ("router", "Team.router"),
        ("supervisor", "Team.supervisor"),
        ("actor-critic", "Team.actor_critic"),
        ("actor_critic", "Team.actor_critic"),
        ("debate", "Team.debate"),
        ("swarm", "Team.swarm"),
        ("blackboard", "Team.blackboard"),
    ],
)
def test_a_team_has_no_name_but_the_error_knows_its_builder(name: str, builder: str) -> None:
    with pytest.raises(ConfigError, match=builder):
        Agent("x", model=ScriptedModel([]), architecture=name)


@pytest.mark.parametrize(
    ("name", "nearest"), [("reflection", "reflexion"), ("rewo", "rewoo"), ("plan-execute", "plan-and-execute")]
)
def test_an_unknown_name_is_told_the_nearest(name: str, nearest: str) -> None:
    with pytest.raises(ConfigError, match=f"unknown architecture .*{nearest}"):
        resolve_architecture(name)


@pytest.mark.parametrize("spec", [ReAct, object(), 3])
def test_what_is_no_architecture_is_refused(spec: object) -> None:
    with pytest.raises(ConfigError, match=r"declared_workers|options"):
        resolve_architecture(spec)
