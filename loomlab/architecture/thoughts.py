"""A tree of thoughts: what was thought, from which thought it came, what it is worth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class ThoughtNode:
    """One thought. The root of the tree is the task itself and no node, so ``depth`` counts from 1."""

    id: str
    parent_id: str | None
    content: str
    score: float = 0.0
    depth: int = 1

    def told(self) -> dict[str, Any]:
        """What an event says of it."""
        return {"id": self.id, "parent": self.parent_id, "depth": self.depth, "thought": self.content}


@dataclass(slots=True)
class ThoughtTree:
    """All thoughts so far, dropped ones included; ``judged`` once any score could be read."""

    nodes: dict[str, ThoughtNode] = field(default_factory=dict)
    judged: bool = False

    def grow(self, parents: Sequence[ThoughtNode | None], texts: Sequence[str], depth: int) -> list[ThoughtNode]:
        """One node for each text that is not empty, below the parent of the same place."""
        fresh = [
            ThoughtNode(f"t{depth}.{slot}", None if parent is None else parent.id, text, depth=depth)
            for slot, (parent, text) in enumerate(zip(parents, texts, strict=True), start=1)
            if text
        ]
        self.nodes.update({one.id: one for one in fresh})
        return fresh

    def grade(self, node: ThoughtNode, score: float | None) -> None:
        """Note a score; None (nobody could read it) counts as 0."""
        node.score = score or 0.0
        self.judged = self.judged or score is not None

    def best(self) -> ThoughtNode:
        """The best-scored thought, of equals the deepest, of those the first."""
        return max(self.nodes.values(), key=lambda one: (one.score, one.depth))

    def line(self, node: ThoughtNode | None) -> str:
        """The thoughts from the first to ``node``, numbered by depth, for a model to read."""
        path: list[ThoughtNode] = []
        while node is not None:
            path.insert(0, node)
            node = self.nodes[node.parent_id] if node.parent_id is not None else None
        return "\n".join(f"{one.depth}. {one.content}" for one in path) or "(none)"


def best_of(nodes: Sequence[ThoughtNode], width: int, min_score: float) -> list[ThoughtNode]:
    """The ``width`` best that reach ``min_score``; of equals the first."""
    return sorted((one for one in nodes if one.score >= min_score), key=lambda one: -one.score)[:width]
