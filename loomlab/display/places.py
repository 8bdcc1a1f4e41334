"""The steps of a trace in reading order, each with its depth."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from loomlab.display.nodes import ModelStep, NodeStep, RunNode, Step, ToolStep


@dataclass(frozen=True, slots=True)
class Place:
    """A step, where it stands, the run it belongs to, and what the model said last before it."""

    run: RunNode
    step: Step
    depth: int
    said: str = ""


def places(roots: list[RunNode]) -> list[Place]:
    """All steps in reading order. A single outermost run has no line of its own."""
    found: list[Place] = []
    for root in roots:
        if len(roots) > 1:
            found.append(Place(root, root, 0))
        found.extend(_below(root, int(len(roots) > 1)))
    return found


def _below(run: RunNode, depth: int) -> Iterator[Place]:
    inner, said = depth, ""
    for step in _in_order(run):
        if isinstance(step, ModelStep):
            yield Place(run, step, depth)
            inner, said = depth + 1, step.text
        else:
            yield Place(run, step, inner, said)
            if isinstance(step, RunNode):
                yield from _below(step, inner + 1)
            elif isinstance(step, NodeStep):
                yield from _inside(run, step, inner + 1)


def _inside(run: RunNode, node: NodeStep, depth: int) -> Iterator[Place]:
    """What happened in a step of a workflow. A single agent in it has no line of its own: the step's says it all."""
    only = next(iter(node.steps.values()), None) if len(node.steps) == 1 else None
    if isinstance(only, RunNode):
        yield from _below(only, depth)
        return
    for step in _settled(list(node.steps.values())):
        yield Place(run, step, depth)
        if isinstance(step, RunNode):
            yield from _below(step, depth + 1)
        elif isinstance(step, NodeStep):
            yield from _inside(run, step, depth + 1)


def _in_order(run: RunNode) -> list[Step]:
    """Steps as they began; between two model calls tools in the model's order, then the runs they started."""
    ordered: list[Step] = []
    between: list[Step] = []
    for step in run.steps.values():
        if isinstance(step, ModelStep):
            ordered += [*_settled(between), step]
            between = []
        else:
            between.append(step)
    return ordered + _settled(between)


def _settled(steps: list[Step]) -> list[Step]:
    """What runs side by side comes in any order; shown in one order, a replay looks like its recording."""
    tools = sorted((step for step in steps if isinstance(step, ToolStep)), key=lambda step: (step.turn, step.slot))
    moved: Iterator[Step] = iter([*tools, *(step for step in steps if isinstance(step, RunNode))])
    placed = [next(moved) if isinstance(step, (ToolStep, RunNode)) else step for step in steps]
    return [step for _, ways in groupby(placed, _on_a_way) for step in sorted(ways, key=_way)]


def _on_a_way(step: Step) -> bool:
    return isinstance(step, NodeStep) and bool(step.way)


def _way(step: Step) -> tuple[int, ...]:
    return step.way if isinstance(step, NodeStep) else ()
