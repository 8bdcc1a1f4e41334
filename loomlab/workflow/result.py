"""What comes out of a workflow."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from loomlab.core.messages import Usage
from loomlab.core.results import EndReason, format_cost
from loomlab.workflow.runnable import text_of


@dataclass(slots=True)
class StepTaken:
    """One visit of one step: which visit of it (from 1), what came of it, and what the runs inside it used.

    ``cost_usd`` is in US dollars, None when the price of a call is not known; ``duration_ms`` is None where nobody
    watched the run.
    """

    node: str
    visit: int
    output: Any = None
    turns: int = 0
    usage: Usage | None = None
    duration_ms: float | None = None

    @property
    def total_tokens(self) -> int:
        """Input and output tokens together."""
        return self.usage.total_tokens if self.usage is not None else 0

    @property
    def cost_usd(self) -> float | None:
        """US dollars, None when the price of a call is not known."""
        return self.usage.cost_usd if self.usage is not None else 0.0


@dataclass(slots=True)
class WorkflowResult:
    """The outcome of one run of a workflow.

    ``output`` is the value that came out at the end, ``visited`` the steps in order, ``per_step`` the last output of
    each. ``steps`` has every visit with what it used. ``turns``, ``tokens_in``, ``tokens_out`` and ``cost_usd`` (US
    dollars, None when the price of a call is not known) include all agents inside.

    ``interrupted`` tells a run that stopped because an agent in it could not finish (its budget was spent, its cap on
    turns reached); the reason begins with the step: ``draft:budget:max_tokens``. ``output`` is what that agent had.
    """

    output: Any
    visited: list[str] = field(default_factory=list)
    per_step: dict[str, Any] = field(default_factory=dict)
    steps: list[StepTaken] = field(default_factory=list)
    workflow: str = ""
    session_id: str = ""
    run_id: str = ""
    user_id: str | None = None
    turns: int = 0
    usage: Usage = field(default_factory=Usage)
    interrupted: bool = False
    interruption_reason: str | None = None
    ended: EndReason = EndReason.ANSWERED
    started_at: datetime | None = None
    finished_at: datetime | None = None
    duration_ms: float | None = None

    @property
    def tokens_in(self) -> int:
        """Input tokens of all agents inside."""
        return self.usage.input_tokens

    @property
    def tokens_out(self) -> int:
        """Output tokens of all agents inside."""
        return self.usage.output_tokens

    @property
    def total_tokens(self) -> int:
        """Input and output tokens together."""
        return self.usage.total_tokens

    @property
    def cost_usd(self) -> float | None:
        """US dollars of all agents inside, None when the price of a call is not known."""
        return self.usage.cost_usd

    def model_dump(self, *, mode: str = "python", **_: Any) -> dict[str, Any]:
        """All fields as plain data, for events and the run log: ``output`` as text, ``parsed`` as the value itself."""
        return {
            "session_id": self.session_id,
            "output": text_of(self.output),
            "parsed": None if isinstance(self.output, str) else self.output,
            "turns": self.turns,
            "tokens_in": self.tokens_in,
            "tokens_out": self.tokens_out,
            "cost_usd": self.cost_usd,
            "started_at": self.started_at,
            "finished_at": self.finished_at,
            "interrupted": self.interrupted,
            "interruption_reason": self.interruption_reason,
            "ended": self.ended,
            "run_id": self.run_id,
            "agent": self.workflow,
            "model": "",
            "architecture": "workflow",
            "user_id": self.user_id,
            "duration_ms": self.duration_ms,
            "visited": self.visited,
        }

    @property
    def cost(self) -> str:
        """The cost as a person reads it: ``$0.0042``, ``$0.00``, or ``unknown``."""
        return format_cost(self.cost_usd)
