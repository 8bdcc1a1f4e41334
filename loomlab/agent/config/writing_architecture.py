"""Architectures as tables: what differs from the default, with role models and members."""

import inspect
from collections.abc import Callable
from typing import Any

from loomlab.agent.config.architectures import CLASSES, MEMBERS
from loomlab.agent.config.dotted import path_of
from loomlab.agent.config.made import Made
from loomlab.agent.config.models import model_form
from loomlab.agent.config.places import Place
from loomlab.agent.config.refusing import Refusing
from loomlab.architecture import actor_critic, blackboard, debate, router, self_refine, supervisor
from loomlab.architecture.handoff import Handoff
from loomlab.architecture.react import ReAct

WriteMember = Callable[[Any, Place], Any]

TEXTS = {
    "critique_template": actor_critic.CRITIQUE_TEMPLATE,
    "refine_template": actor_critic.REFINE_TEMPLATE,
    "coordinator_instructions": blackboard.COORDINATOR_PROMPT,
    "decider_instructions": blackboard.DECIDER_PROMPT,
    "debater_instructions": debate.DEBATER_INSTRUCTIONS,
    "judge_instructions": debate.JUDGE_INSTRUCTIONS,
    "classifier_prompt": router.CLASSIFIER_PROMPT,
    "instructions_template": supervisor.TEAM_PROMPT,
}
"""The text that each parameter stands for when it is None."""


class ArchitectureWriter:
    """Writes architectures; ``member`` writes an agent in one."""

    def __init__(self, made: Made, refusing: Refusing, member: WriteMember) -> None:
        self._made, self._refusing, self._member = made, refusing, member

    def write(self, architecture: Any, place: Place) -> Any:
        """The form of an architecture: its name alone where that says all; None for a plain ReAct."""
        known = self._made.form_of(architecture)
        if known is not None:
            return known
        name = next((name for name, kind in CLASSES.items() if type(architecture) is kind), None)
        if name is None:
            self._refusing.refuse(
                place,
                f"an architecture of your own ({type(architecture).__name__})",
                'make it by a class or function in a module, { object = "package.module:name" }',
            )
            return None
        table: dict[str, Any] = {"name": name}
        for key, parameter in inspect.signature(CLASSES[name]).parameters.items():
            value = self._option(architecture, key, parameter.default, (*place, key))
            if value is not None:
                table[key] = value
        if len(table) > 1:
            return table
        return None if name == "react" and "base" not in place else name

    def _option(self, architecture: Any, key: str, default: Any, place: Place) -> Any:
        if key == "workers":
            return self._members(architecture.declared_workers(), place)
        if key == "routes":
            return [
                {"name": one.name, "agent": self._member(one.agent, (*place, number, "agent"))}
                | ({"description": one.description} if one.description else {})
                for number, one in enumerate(architecture.routes.values())
            ]
        value = architecture.peers if key == "agents" and hasattr(architecture, "peers") else getattr(architecture, key)
        if value is None:
            return None
        if key.endswith("_model"):
            return self._model(value, place)
        if key == "base":
            return None if type(value) is ReAct and value.max_turns is None else self.write(value, place)
        if key == "lesson_store":
            return self._custom(value, place)
        if key in MEMBERS:
            return self._members(value, place)
        if key == "critic_prompt":
            default = self_refine.CRITIC_PROMPT.replace("{stop_phrase}", architecture.stop_phrase)
        elif default is None:
            default = TEXTS.get(key)
        return None if value == default else value

    def _members(self, value: Any, place: Place) -> Any:
        if isinstance(value, dict):
            return {name: self._peer(one, (*place, name)) for name, one in value.items()}
        if isinstance(value, (list, tuple)):
            return [self._peer(one, (*place, number)) for number, one in enumerate(value)]
        return self._peer(value, place)

    def _peer(self, value: Any, place: Place) -> Any:
        if not isinstance(value, Handoff):
            return self._member(value, place)
        table: dict[str, Any] = {}
        for key in ("input_type", "input_filter"):
            if (thing := getattr(value, key)) is not None:
                table[key] = path_of(thing)
                if table[key] is None:
                    self._refusing.refuse((*place, key), repr(thing), "define it at the top of a module")
                    del table[key]
        table |= {key: getattr(value, key) for key in ("description", "tool_name") if getattr(value, key) is not None}
        agent = self._member(value.agent, (*place, "agent") if table else place)
        return {"agent": agent, **table} if table else agent

    def _model(self, model: Any, place: Place) -> Any:
        form = self._made.form_of(model) or model_form(model)
        if form is None:
            self._refusing.refuse(place, repr(model), "give the name of a model, or a table")
        return form

    def _custom(self, thing: Any, place: Place) -> Any:
        form = self._made.form_of(thing)
        if form is None:
            remedy = 'make it by a function in a module, { object = "package.module:name" }'
            self._refusing.refuse(place, f"a {type(thing).__name__}", remedy)
        return form
