"""What agents, workflows and strategies say of themselves, asked for gently: anything missing is simply not drawn."""

from collections.abc import Coroutine, Mapping
from typing import Any

from loomlab.core.shape import Shape, ShapeEdge, ShapeNode
from loomlab.graph.labels import LABEL, first_line, one_line

Tools = Mapping[int, tuple[str, ...] | None]
"""Names of tools by the ``id`` of their host; None: there are some, but nobody asked which."""


def strategy_of(thing: Any) -> Any:
    """What leads a run of ``thing``: an agent's architecture; a workflow, or an architecture, is its own."""
    return getattr(thing, "architecture", None) or thing


def name_of(thing: Any) -> str:
    """How ``thing`` is called."""
    name = getattr(thing, "name", None)
    return one_line(name if isinstance(name, str) and name else type(thing).__name__, LABEL)


def about(thing: Any) -> str:
    """The first line of an agent's instructions."""
    told = getattr(thing, "instructions", None)
    return first_line(told) if isinstance(told, str) else ""


def workers_of(strategy: Any) -> dict[str, Any]:
    """Those a strategy sends work to, by name."""
    declared = getattr(strategy, "declared_workers", None)
    found = declared() if callable(declared) else None
    return {str(name): worker for name, worker in found.items()} if isinstance(found, Mapping) else {}


def shape_of(strategy: Any, workers: Mapping[str, Any]) -> Shape:
    """The strategy's own shape; for one without, a box with its workers around it."""
    own = getattr(strategy, "shape", None)
    found = own() if callable(own) else None
    if isinstance(found, Shape):
        return found
    base = getattr(strategy, "base", None)
    middle = ShapeNode("base", name_of(base), "base") if base is not None else ShapeNode("agent", name_of(strategy))
    nodes = [ShapeNode("start", "prompt", "start"), middle, ShapeNode("end", "answer", "end")]
    edges = [ShapeEdge("start", middle.id), ShapeEdge(middle.id, "end")]
    if base is None and not workers:
        nodes.insert(2, ShapeNode("tools", "tools", "tools"))
        edges.append(ShapeEdge(middle.id, "tools", "uses"))
    for name in workers:
        nodes.append(ShapeNode(name, name, "worker"))
        edges += [ShapeEdge(middle.id, name), ShapeEdge(name, middle.id)]
    return Shape(tuple(nodes), tuple(edges))


def drawable(thing: Any) -> bool:
    """Whether ``thing`` is an agent, a strategy or a workflow, and not a plain step."""
    return hasattr(thing, "architecture") or callable(getattr(thing, "declared_workers", None))


def tools_of(thing: Any, known: Tools) -> tuple[str, ...] | None:
    """Names of the tools of an agent; None where they cannot be known without waiting for them."""
    host = getattr(thing, "tool_host", None)
    if host is None:
        return ()
    if id(host) in known:
        return known[id(host)]
    inner = host
    while inner is not None and not _is_registry(inner):
        inner = getattr(inner, "inner", None)
    return None if inner is None else _names(_at_once(host.list_tools()))


def _is_registry(host: Any) -> bool:
    """Whether tools are kept right here, so that asking for their names reaches nobody else."""
    return all(callable(getattr(host, name, None)) for name in ("register", "get", "list_tools"))


def _names(listed: Any) -> tuple[str, ...] | None:
    return None if listed is None else tuple(one_line(one.name, LABEL) for one in listed)


def _at_once(work: Coroutine[Any, Any, Any]) -> Any:
    """What a coroutine gives that has nothing to wait for; None for any other."""
    try:
        work.send(None)
    except StopIteration as done:
        return done.value
    except Exception:  # a host that fails is drawn without its tools
        return None
    work.close()
    return None
