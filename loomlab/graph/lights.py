"""What a run adds to a picture: words and a state for each box and arrow, made by whoever reads its events."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

State = Literal["idle", "on", "ok", "no", "hm"]
"""Not reached, under way, done, failed, interrupted."""


@dataclass(frozen=True, slots=True)
class NodeLight:
    """A box or a group: at most two short ``lines`` of figures; ``words`` say the same in full, for the tooltip."""

    state: State = "idle"
    lines: tuple[str, ...] = ()
    words: str = ""


@dataclass(frozen=True, slots=True)
class EdgeLight:
    """An arrow: how often it was taken, and what went wrong on it."""

    state: State = "idle"
    count: int = 0
    fault: str = ""

    @property
    def times(self) -> str:
        """The count as it is written beside the label."""
        return f"×{self.count:,}" if self.count else ""


@dataclass(frozen=True, slots=True)
class Lights:
    """Lights of a whole picture: boxes and groups by id, arrows by their number."""

    nodes: Mapping[str, NodeLight] = field(default_factory=dict)
    edges: Mapping[int, EdgeLight] = field(default_factory=dict)
