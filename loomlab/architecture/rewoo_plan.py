"""A plan of tool calls: steps that refer to one another's results, how they are read, ordered and filled in."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

_PLACE = re.compile(r"\{\{\s*(?P<id>\w+)(?P<path>(?:\.\w+|\[\d+\])*)\s*\}\}")
_PART = re.compile(r"\.(\w+)|\[(\d+)\]")


@dataclass(frozen=True, slots=True)
class ReWOOStep:
    """One tool call to come. ``{{E1}}`` in its arguments stands for the result of the step E1, ``{{E1.url}}`` for a
    part of it.
    """

    id: str
    tool: str
    args: dict[str, Any] = field(default_factory=dict)

    @property
    def depends_on(self) -> list[str]:
        """The ids that the arguments refer to, sorted."""
        return sorted({found["id"] for found in _PLACE.finditer(json.dumps(self.args, ensure_ascii=False))})


@dataclass(frozen=True, slots=True)
class ReWOOPlan:
    """All the calls to make."""

    steps: list[ReWOOStep]

    def levels(self) -> list[list[ReWOOStep]] | None:
        """The steps in the order in which they can run, those that need not wait for one another together.

        None where steps wait for each other in a circle. Nothing waits for a step that the plan lacks.
        """
        known = {one.id for one in self.steps}
        waiting = {one.id: set(one.depends_on) & known for one in self.steps}
        left, levels = list(self.steps), []
        while left:
            ready = [one for one in left if not waiting[one.id]]
            if not ready:
                return None
            levels.append(ready)
            left = [one for one in left if waiting[one.id]]
            for needs in waiting.values():
                needs -= {one.id for one in ready}
        return levels


def filled(args: Mapping[str, Any], outputs: Mapping[str, Any]) -> dict[str, Any]:
    """``args`` with results in their places. A place that is the whole argument keeps the type of the result.

    Raises ``LookupError`` that says which part of a result is not there.
    """
    return {name: _fill(value, outputs) for name, value in args.items()}


def _fill(value: Any, outputs: Mapping[str, Any]) -> Any:
    if isinstance(value, str):
        whole = _PLACE.fullmatch(value.strip())
        if whole:
            return _look_up(whole, outputs)
        return _PLACE.sub(lambda found: as_text(_look_up(found, outputs)), value)
    if isinstance(value, Mapping):
        return {name: _fill(one, outputs) for name, one in value.items()}
    if isinstance(value, list):
        return [_fill(one, outputs) for one in value]
    return value


def _look_up(place: re.Match[str], outputs: Mapping[str, Any]) -> Any:
    value = outputs[place["id"]]
    for name, index in _PART.findall(place["path"]):
        try:
            value = value[int(index)] if index else value[name]
        except (LookupError, TypeError) as exc:
            raise LookupError(f"the result of {place['id']} has no part {name or index!r}") from exc
    return value


def as_text(output: Any) -> str:
    """A result as it stands in a text."""
    return output if isinstance(output, str) else json.dumps(output, ensure_ascii=False, default=str)
