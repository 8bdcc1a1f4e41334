"""How a strategy looks: the few boxes and arrows that a picture of it is drawn from."""

from dataclasses import dataclass
from typing import Literal

NodeKind = Literal["start", "end", "model", "tools", "worker", "check", "memory", "base"]


@dataclass(frozen=True, slots=True)
class ShapeNode:
    """A box. ``id`` is what events name: the ``role`` of a model call, ``tools``, or a worker's name.

    ``base`` stands for a wrapped strategy (attribute ``base`` of the architecture), drawn as a group of its own.
    """

    id: str
    label: str
    kind: NodeKind = "model"


@dataclass(frozen=True, slots=True)
class ShapeEdge:
    """An arrow; ``label`` says when it is taken."""

    source: str
    target: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class Shape:
    """The picture of one strategy. The ids ``start`` and ``end`` are where a run comes in and where its answer leaves.

    An architecture may have ``shape(self) -> Shape``; one without is drawn as one box with its workers around it.
    """

    nodes: tuple[ShapeNode, ...]
    edges: tuple[ShapeEdge, ...]
