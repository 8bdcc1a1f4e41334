"""The usual shapes: a chain, a choice, several at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from loomlab.workflow.fan_out import FanOut
from loomlab.workflow.graph import Routes, unique_names

if TYPE_CHECKING:
    from loomlab.workflow.workflow import Workflow


def chain(made: Workflow, steps: Sequence[Any]) -> Workflow:
    """One after the other."""
    if not steps:
        raise ValueError("a chain needs at least one step")
    graph = made.graph
    before = None
    for name, step in zip(unique_names(steps), steps, strict=True):
        node = graph.add(name, step)
        if before is None:
            graph.start, graph.begun = node, True
        else:
            before.then = node
        before = node
    return made


def route(made: Workflow, classifier: Any, handlers: Mapping[Any, Any], default: Any) -> Workflow:
    """A step that says which, and the ones there are."""
    if not handlers:
        raise ValueError("a route needs at least one handler")
    graph = made.graph
    first = graph.add("classify", classifier)
    ways = {str(key): graph.add(f"route_{key}", step) for key, step in handlers.items()}
    otherwise = None if default is None else graph.add_unique("route_default", default)
    first.then = Routes(None, ways, otherwise, default is not None, of_input=True)
    graph.start, graph.begun = first, True
    return made


def parallel(
    made: Workflow, steps: Sequence[Any], merge: Callable[[list[Any]], Any] | None, limit: int | None
) -> Workflow:
    """All at once, in one step."""
    node = made.graph.add("fan_out", FanOut(list(steps), merge, limit))
    made.graph.start, made.graph.begun = node, True
    return made
