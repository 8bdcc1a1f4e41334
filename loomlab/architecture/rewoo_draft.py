"""How a planner writes a plan of tool calls, what form it is held to, and how its reply is read."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Annotated, Any, Literal, Union

from pydantic import BaseModel, Field, WithJsonSchema, create_model

from loomlab.architecture.reading import json_values
from loomlab.architecture.rewoo_plan import ReWOOPlan, ReWOOStep
from loomlab.core.messages import ToolDef


class StepDraft(BaseModel):
    """One step as a planner writes it."""

    id: str = ""
    tool: str
    args: dict[str, Any] = Field(default_factory=dict)


class ReWOODraft(BaseModel):
    """A plan as a planner writes it."""

    steps: list[StepDraft]

    def plan(self, max_steps: int) -> ReWOOPlan:
        """The first ``max_steps`` steps; one without an id is called by its place. Raises ValueError for double ids."""
        steps = [
            ReWOOStep(one.id.strip().strip("#{}") or f"E{number}", one.tool, dict(one.args))
            for number, one in enumerate(self.steps[:max_steps], start=1)
        ]
        double = sorted({one.id for one in steps if sum(one.id == other.id for other in steps) > 1})
        if double:
            raise ValueError(f"the plan has more than one step called {', '.join(double)}")
        return ReWOOPlan(steps)


def read_rewoo(text: str) -> ReWOODraft | None:
    """A plan that keeps the form loosely: a bare list, a step without an id, a tool that does not exist."""
    for value in json_values(text):
        if isinstance(value, dict):
            value = value.get("steps", value.get("plan", [value] if "tool" in value else None))
        if isinstance(value, list) and all(isinstance(one, dict) and isinstance(one.get("tool"), str) for one in value):
            return ReWOODraft(steps=[_draft(one) for one in value])
    return None


def draft_for(tools: Sequence[ToolDef]) -> type[ReWOODraft]:
    """The draft whose JSON schema holds a planner to the tools there are and to their arguments."""
    return _draft_for(tuple((one.name, json.dumps(one.input_schema, sort_keys=True)) for one in tools))


def _draft(step: Mapping[str, Any]) -> StepDraft:
    args = step.get("args", step.get("arguments", {}))
    return StepDraft(id=str(step.get("id", "")), tool=step["tool"], args=args if isinstance(args, dict) else {})


@lru_cache(maxsize=64)
def _draft_for(tools: tuple[tuple[str, str], ...]) -> type[ReWOODraft]:
    steps: list[Any] = [
        create_model(
            f"Step_{number}",
            __base__=StepDraft,
            id=(str, Field(description="E1, E2, … in order")),
            tool=(_exactly(name), ...),
            args=(Annotated[dict[str, Any], WithJsonSchema(_loosened(json.loads(schema)))], ...),
        )
        for number, (name, schema) in enumerate(tools, start=1)
    ]
    if not steps:
        return ReWOODraft
    step: Any = Union[tuple(steps)]  # noqa: UP007 (built at run time)
    return create_model("ReWOODraft", __base__=ReWOODraft, steps=(_list_of(step), ...))


def _exactly(name: str) -> Any:
    return Literal[name]


def _loosened(schema: Mapping[str, Any]) -> dict[str, Any]:
    """A tool's schema in which every argument may also be a reference to another step."""
    if "$ref" in json.dumps(schema):  # its definitions would not be found from inside the plan
        return {"type": "object"}
    loosened = {"type": "object", **schema}
    loosened["properties"] = {
        name: one if one.get("type") == "string" and "enum" not in one else {"anyOf": [one, {"type": "string"}]}
        for name, one in (schema.get("properties") or {}).items()
    }
    return loosened


def _list_of(item: Any) -> Any:
    return list[item]
