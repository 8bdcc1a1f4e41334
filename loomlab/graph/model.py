"""What a picture of an agent, a team or a workflow is made of: boxes, arrows, and groups inside groups."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, Literal

NodeKind = Literal["start", "end", "model", "tools", "worker", "step", "check", "memory", "more"]
GroupKind = Literal["agent", "base"]


@dataclass(frozen=True, slots=True)
class Node:
    """A box.

    ``group`` is the id of the group around it, empty for the outermost. ``owner`` says whose run lights it up: the id
    of the worker (a group, or a node) that it belongs to, empty for the outermost agent; ``keys`` are what the events
    of that run call it. ``items`` are names of tools; ``place`` is the order in which things were met.
    """

    id: str
    label: str
    kind: NodeKind = "model"
    group: str = ""
    owner: str = ""
    keys: tuple[str, ...] = ()
    detail: str = ""
    items: tuple[str, ...] = ()
    about: str = ""
    place: int = 0


@dataclass(frozen=True, slots=True)
class Edge:
    """An arrow between two boxes or groups; ``label`` says when it is taken. ``dashed``: it need not be."""

    source: str
    target: str
    label: str = ""
    dashed: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """A frame around boxes: a worker with a strategy of its own, or a strategy that another one wraps (``base``)."""

    id: str
    label: str
    kind: GroupKind = "agent"
    group: str = ""
    owner: str = ""
    keys: tuple[str, ...] = ()
    detail: str = ""
    about: str = ""
    place: int = 0


@dataclass(frozen=True, slots=True)
class Graph:
    """The picture. ``title`` is the agent's or workflow's name, ``detail`` its strategy, ``about`` what it is told.

    ``cut`` is how many boxes were left out because there were too many.
    """

    title: str
    detail: str = ""
    about: str = ""
    nodes: tuple[Node, ...] = ()
    edges: tuple[Edge, ...] = ()
    groups: tuple[Group, ...] = ()
    cut: int = 0

    def to_dict(self) -> dict[str, Any]:
        """All of it as JSON-ready data."""
        return {
            name: [asdict(one) for one in value] if isinstance(value, tuple) else value
            for name, value in ((name, getattr(self, name)) for name in self.__dataclass_fields__)
        }

    @property
    def everything(self) -> tuple[Node | Group, ...]:
        """All boxes and groups, in the order in which they were met."""
        both: list[Node | Group] = [*self.nodes, *self.groups]
        return tuple(sorted(both, key=lambda one: one.place))

    def parts(self, group: str = "") -> Iterator[Node | Group]:
        """What lies directly in a group, in order."""
        yield from (one for one in self.everything if one.group == group)

    def find(self, owner: str, key: str) -> str | None:
        """The id of what the events of ``owner`` call ``key``."""
        for one in self.everything:
            if one.owner == owner and key in one.keys:
                return one.id
        return None
