"""A plan in words: its steps, what came of them, and how a planner's reply is read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, Field

from loomlab.architecture.reading import json_values, read_lines


@dataclass(frozen=True, slots=True)
class PlanStep:
    """One thing to do."""

    id: str
    description: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do, in order."""

    steps: list[PlanStep]


@dataclass(frozen=True, slots=True)
class StepResult:
    """What came of one step."""

    step_id: str
    description: str
    output: str


class PlanDraft(BaseModel):
    """A plan as a planner writes it."""

    steps: list[str] = Field(description="what to do, one step each, in order")

    def plan(self, max_steps: int) -> Plan:
        """The first ``max_steps`` steps, numbered."""
        wanted = [one.strip() for one in self.steps if one.strip()]
        return Plan([PlanStep(f"step_{number}", text) for number, text in enumerate(wanted[:max_steps], start=1)])


def read_plan(text: str) -> PlanDraft | None:
    """A plan in the forms that models fall into: a list of texts or of objects, bullets, numbered lines."""
    for value in json_values(text):
        found = value.get("steps", value.get("plan")) if isinstance(value, dict) else value
        if isinstance(found, list):
            steps = [_words(one) for one in found]
            if all(steps):
                return PlanDraft(steps=steps)
    lines = read_lines(text)
    return PlanDraft(steps=lines) if lines else None


def told(results: Sequence[StepResult]) -> str:
    """The steps done so far, for the next one to read."""
    return "\n\n".join(f"{one.description}\n→ {one.output}" for one in results) or "(none yet)"


def _words(item: Any) -> str:
    if isinstance(item, str):
        return item.strip()
    if isinstance(item, dict):
        for key in ("description", "step", "name"):
            if isinstance(item.get(key), str):
                return str(item[key]).strip()
    return ""
