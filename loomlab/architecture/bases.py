"""What strategies share without importing one another: the default base, and the models of their roles."""

from collections.abc import Iterator, Sequence
from typing import Any

from loomlab.architecture.react import ReAct
from loomlab.core.protocols import Architecture
from loomlab.core.shape import NodeKind, Shape, ShapeEdge, ShapeNode


def default_base() -> Architecture:
    """A plain ReAct loop."""
    return ReAct()


def role_models(architecture: Any) -> Iterator[Any]:
    """The models that a strategy, and those it wraps, give to single roles: attributes named ``<role>_model``."""
    while architecture is not None:
        for name, value in sorted(getattr(architecture, "__dict__", {}).items()):
            if name.endswith("_model") and value is not None:
                yield value
        architecture = getattr(architecture, "base", None)


def shape_of(
    nodes: Sequence[tuple[str, str, NodeKind]], edges: Sequence[tuple[str, str] | tuple[str, str, str]]
) -> Shape:
    """A shape from plain tuples: (id, label, kind) and (source, target, label)."""
    return Shape(tuple(ShapeNode(*one) for one in nodes), tuple(ShapeEdge(*one) for one in edges))


START: tuple[str, str, NodeKind] = ("start", "task", "start")
END: tuple[str, str, NodeKind] = ("end", "answer", "end")
BASE: tuple[str, str, NodeKind] = ("base", "attempt", "base")
TOOLS: tuple[str, str, NodeKind] = ("tools", "tools", "tools")
