"""The steps of a trace in reading order, each with its depth."""

from collections.abc import Iterator
from dataclasses import dataclass

from loomlab.display.nodes import ModelStep, RunNode, Step, ToolStep


@dataclass(frozen=True, slots=True)
class Place:
    """A step, where it stands, and the run it belongs to."""

    run: RunNode
    step: Step
    depth: int


def places(roots: list[RunNode]) -> list[Place]:
    """All steps in reading order. A single outermost run has no line of its own."""
    found: list[Place] = []
    for root in roots:
        if len(roots) > 1:
            found.append(Place(root, root, 0))
        found.extend(_below(root, int(len(roots) > 1)))
    return found


def _below(run: RunNode, depth: int) -> Iterator[Place]:
    inner = depth
    for step in _in_order(run):
        if isinstance(step, ModelStep):
            yield Place(run, step, depth)
            inner = depth + 1
        else:
            yield Place(run, step, inner)
            if isinstance(step, RunNode):
                yield from _below(step, inner + 1)


def _in_order(run: RunNode) -> list[Step]:
    """Steps as they began; tool calls that were made together in the order of the model's list."""
    steps = list(run.steps.values())
    tools = [index for index, step in enumerate(steps) if isinstance(step, ToolStep)]
    inside = sorted(tools, key=lambda index: (_turn(steps[index]), _slot(steps[index]), index))
    ordered = list(steps)
    for to, origin in zip(tools, inside, strict=True):
        ordered[to] = steps[origin]
    return ordered


def _turn(step: Step) -> int:
    return step.turn if isinstance(step, ToolStep) else 0


def _slot(step: Step) -> int:
    return step.slot if isinstance(step, ToolStep) else 0
