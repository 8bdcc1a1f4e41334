"""What comes out: the result of a run, a budget's state, a permission's answer."""

from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from typing import Any, Literal, Self

from pydantic import ConfigDict

from loomlab.core.value import Value


class EndReason(StrEnum):
    """Why a run ended."""

    ANSWERED = "answered"
    TURN_CAP = "turn_cap"
    BUDGET = "budget"
    PARSE_FAILURE = "parse_failure"
    TOOL_ERROR = "tool_error"
    DENIED = "denied"
    FORCED_ANSWER = "forced_answer"
    CANCELLED = "cancelled"
    ERROR = "error"
    STOPPED = "stopped"


class RunResult(Value):
    """The outcome of one run, sub-runs included.

    ``cost_usd`` is in US dollars, None when the price of any call is not known. ``interrupted`` with its
    reason tells a run that did not reach an answer by itself: ``max_turns_exceeded``, ``budget:<cap>``, ``cancelled``.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    session_id: str
    output: str
    parsed: Any = None
    turns: int
    tokens_in: int = 0
    tokens_out: int = 0
    cost_usd: float | None = 0.0
    started_at: datetime
    finished_at: datetime
    interrupted: bool = False
    interruption_reason: str | None = None
    ended: EndReason = EndReason.ANSWERED
    run_id: str = ""
    agent: str = ""
    model: str = ""
    architecture: str = ""
    user_id: str | None = None
    duration_ms: float | None = None

    @property
    def value(self) -> Any:
        """The parsed object where a schema was asked for, else the text."""
        return self.output if self.parsed is None else self.parsed

    @property
    def total_tokens(self) -> int:
        """Input and output tokens together."""
        return self.tokens_in + self.tokens_out

    @property
    def duration(self) -> timedelta:
        """Wall time of the run."""
        return self.finished_at - self.started_at

    @property
    def cost(self) -> str:
        """The cost as a person reads it: ``$0.0042``, ``$0.00``, or ``unknown``."""
        return format_cost(self.cost_usd)


def format_cost(cost_usd: float | None) -> str:
    """US dollars with three significant digits; ``unknown`` for None; never scientific notation."""
    if cost_usd is None:
        return "unknown"
    if cost_usd == 0 or abs(cost_usd) >= 1:
        return f"${cost_usd:,.2f}"
    digits = max(2, 2 - int(f"{cost_usd:e}".split("e")[1]))
    return f"${cost_usd:.{digits}f}"


class PermissionDecision(Value):
    """What a policy says to one tool call."""

    model_config = ConfigDict(frozen=True)

    decision: Literal["allow", "deny", "ask"]
    reason: str | None = None

    @property
    def allow(self) -> bool:
        """The call may run."""
        return self.decision == "allow"

    @property
    def deny(self) -> bool:
        """The call may not run."""
        return self.decision == "deny"

    @property
    def ask(self) -> bool:
        """A person has to decide."""
        return self.decision == "ask"

    @classmethod
    def allow_(cls, reason: str | None = None) -> Self:
        """Yes."""
        return cls._plain_yes() if reason is None else cls(decision="allow", reason=reason)

    @classmethod
    @cache
    def _plain_yes(cls) -> Self:
        return cls(decision="allow")

    @classmethod
    def deny_(cls, reason: str) -> Self:
        """No, and why."""
        return cls(decision="deny", reason=reason)

    @classmethod
    def ask_(cls, reason: str | None = None) -> Self:
        """Ask a person."""
        return cls(decision="ask", reason=reason)


class BudgetStatus(Value):
    """Whether the next step may be paid for."""

    model_config = ConfigDict(frozen=True)

    state: Literal["ok", "warn", "blocked"]
    reason: str | None = None

    @property
    def blocked(self) -> bool:
        """A cap is reached."""
        return self.state == "blocked"

    @property
    def warn(self) -> bool:
        """A cap is near."""
        return self.state == "warn"

    @classmethod
    @cache
    def ok_(cls) -> Self:
        """Go on."""
        return cls(state="ok")

    @classmethod
    def warn_(cls, reason: str) -> Self:
        """Go on, but say so."""
        return cls(state="warn", reason=reason)

    @classmethod
    def blocked_(cls, reason: str) -> Self:
        """Stop; ``reason`` names the cap."""
        return cls(state="blocked", reason=reason)
