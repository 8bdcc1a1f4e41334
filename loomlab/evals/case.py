"""One question of a dataset."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Case:
    """What is asked, and what a right answer looks like.

    ``id`` names the case within its dataset and stays the same under shuffling and sampling. ``target`` is what
    the scorers compare with; a list means any of its members is right. ``cluster`` names the group a case was drawn
    with (a passage with ten questions, say): its cases are not independent. ``metadata`` is free.
    """

    id: str
    input: Any
    target: Any = None
    cluster: str | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)

    def as_row(self) -> dict[str, Any]:
        """The case as JSON-ready data; fields that say nothing are left out."""
        row: dict[str, Any] = {"id": self.id, "input": self.input}
        if self.target is not None:
            row["target"] = self.target
        if self.cluster is not None:
            row["cluster"] = self.cluster
        if self.metadata:
            row["metadata"] = dict(self.metadata)
        return row
