"""What was erased, and where a user's words may still be."""

from datetime import datetime

from pydantic import Field

from loomlab.core.messages import utc_now
from loomlab.core.value import Value

ELSEWHERE = (
    "what was copied out of memory before: records of runs (the run log), cassettes, outputs saved in notebooks, "
    "exports, and backups of the store"
)
"""What memory itself cannot reach. Who can look there replaces this sentence by what was found."""


class Receipt(Value):
    """The answer to ``forget(..., receipt=True)``.

    ``erased`` counts by kind: episodes, facts, blocks, and what others erased with them. ``may_remain`` names places
    that may still hold the user's text, one sentence each.
    """

    user_id: str | None
    session_id: str | None = None
    before: datetime | None = None
    at: datetime = Field(default_factory=utc_now)
    erased: dict[str, int] = Field(default_factory=dict)
    may_remain: list[str] = Field(default_factory=list)

    @property
    def total(self) -> int:
        """How many items of memory went."""
        return sum(self.erased.values())

    def format(self) -> str:
        """What went, and what may remain, in lines."""
        counts = ", ".join(f"{count} {kind}" for kind, count in self.erased.items() if count) or "nothing"
        lines = [f"erased {counts} of user {self.user_id!r} at {self.at:%Y-%m-%d %H:%M:%S} UTC"]
        return "\n".join([*lines, *(f"may remain: {place}" for place in self.may_remain)])
