"""Architectures made from their tables, their role models and members too."""

from collections.abc import Callable, Mapping
from typing import Any

from loomlab.agent.config.schema.architecture import HandoffTable, RouteTable
from loomlab.agent.config.schema.base import Custom, Table
from loomlab.architecture import resolve_architecture
from loomlab.architecture.actor_critic import ActorCritic
from loomlab.architecture.blackboard import BlackboardArchitecture
from loomlab.architecture.debate import MultiAgentDebate
from loomlab.architecture.handoff import Handoff
from loomlab.architecture.plan_and_execute import PlanAndExecute
from loomlab.architecture.react import ReAct
from loomlab.architecture.reflexion import Reflexion
from loomlab.architecture.rewoo import ReWOO
from loomlab.architecture.router import Router, RouterRoute
from loomlab.architecture.self_refine import SelfRefine
from loomlab.architecture.supervisor import Supervisor
from loomlab.architecture.swarm import Swarm
from loomlab.architecture.tree_of_thoughts import TreeOfThoughts

CLASSES: Mapping[str, Callable[..., Any]] = {
    "react": ReAct,
    "self-refine": SelfRefine,
    "reflexion": Reflexion,
    "plan-and-execute": PlanAndExecute,
    "rewoo": ReWOO,
    "tree-of-thoughts": TreeOfThoughts,
    "router": Router,
    "supervisor": Supervisor,
    "actor-critic": ActorCritic,
    "debate": MultiAgentDebate,
    "swarm": Swarm,
    "blackboard": BlackboardArchitecture,
}
"""The class of each name that a table may have."""

MEMBERS = {"workers", "agents", "actor", "critic", "judge", "coordinator", "decider", "debaters"}
"""Parameters that are agents, or lists or tables of some."""

Place = tuple[str | int, ...]


class Maker:
    """Makes architectures with the three things that differ from config to config."""

    def __init__(
        self,
        *,
        model: Callable[[Any], Any],
        member: Callable[[Any, Place], Any],
        custom: Callable[[Custom], Any],
        imported: Callable[[str], Any],
    ) -> None:
        self._model, self._member, self._custom, self._imported = model, member, custom, imported

    def make(self, form: Any, place: Place) -> Any:
        """The architecture of a form."""
        if isinstance(form, str):
            return resolve_architecture(form)
        if isinstance(form, Custom):
            return self._custom(form)
        options = {
            key: self._option(key, getattr(form, key), (*place, key))
            for key in type(form).model_fields
            if key in form.model_fields_set and key != "name" and getattr(form, key) is not None
        }
        return CLASSES[form.name](**options)

    def _option(self, key: str, value: Any, place: Place) -> Any:
        if key.endswith("_model"):
            return self._model(value)
        if key == "base":
            return self.make(value, place)
        if isinstance(value, Custom):
            return self._custom(value)
        if key == "routes":
            return [self._route(one, (*place, number)) for number, one in enumerate(value)]
        if key not in MEMBERS:
            return value
        if isinstance(value, list):
            return [self._peer(one, (*place, number)) for number, one in enumerate(value)]
        if isinstance(value, dict):
            return {name: self._peer(one, (*place, name)) for name, one in value.items()}
        return self._peer(value, place)

    def _route(self, table: RouteTable, place: Place) -> RouterRoute:
        return RouterRoute(table.name, self._member(table.agent, (*place, "agent")), table.description or "")

    def _peer(self, form: Table, place: Place) -> Any:
        if not isinstance(form, HandoffTable):
            return self._member(form, place)
        return Handoff(
            self._member(form.agent, (*place, "agent")),
            input_type=None if form.input_type is None else self._imported(form.input_type),
            input_filter=None if form.input_filter is None else self._imported(form.input_filter),
            description=form.description,
            tool_name=form.tool_name,
        )
