"""The state of one run while it runs."""

from dataclasses import dataclass, field
from typing import Any

from loomlab.core.messages import Message, Usage
from loomlab.core.results import EndReason


@dataclass
class AgentSession:
    """What a strategy reads and writes: the conversation so far, the answer, and what it has cost.

    ``turns`` counts model calls; ``cumulative_usage`` includes those of sub-runs. ``ended`` is set by a strategy that
    knows why it stopped where the runtime can't (a plan nobody could read, an answer forced out).
    """

    id: str
    instructions: str
    messages: list[Message] = field(default_factory=list)
    turns: int = 0
    output: str = ""
    cumulative_usage: Usage = field(default_factory=Usage)
    interrupted: bool = False
    interruption_reason: str | None = None
    ended: EndReason | None = None
    metadata: dict[str, Any] = field(default_factory=dict)

    def interrupt(self, reason: str) -> None:
        """Mark the run as not finished by itself; the first reason stays."""
        if not self.interrupted:
            self.interrupted = True
            self.interruption_reason = reason
