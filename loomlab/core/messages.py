"""What goes to a model and comes back: messages, tool definitions, tool calls and results, usage, stream chunks."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Literal, Self

from pydantic import ConfigDict, Field
from pydantic_core import to_json

from loomlab.core.ids import deterministic_hash, new_id
from loomlab.core.value import Value


def utc_now() -> datetime:
    """The present instant, timezone-aware, in UTC."""
    return datetime.now(UTC)


class Role(StrEnum):
    """Who speaks in a conversation."""

    SYSTEM = "system"
    USER = "user"
    ASSISTANT = "assistant"
    TOOL = "tool"


class ToolDef(Value):
    """What a model is told about a tool: name, purpose, JSON schema of its arguments."""

    model_config = ConfigDict(frozen=True)

    name: str
    description: str
    input_schema: dict[str, Any] = Field(default_factory=dict)
    server: str | None = None
    destructive: bool = False


class ToolCall(Value):
    """A model's wish to run one tool.

    ``error`` is set when the model's arguments could not be read (broken JSON): the gate turns it into
    an error result that the model sees, and the tool does not run.
    """

    id: str = Field(default_factory=lambda: new_id("tcall"))
    tool: str
    args: dict[str, Any] = Field(default_factory=dict)
    tool_def: ToolDef | None = None
    destructive: bool = False
    error: str | None = None

    def is_destructive(self) -> bool:
        """Whether the call, or the definition it carries, is marked as changing the world."""
        return self.destructive or (self.tool_def is not None and self.tool_def.destructive)

    def idempotency_key(self) -> str:
        """The same for the same tool and arguments, whatever the call's id."""
        return deterministic_hash(self.tool, self.args)


class ToolResult(Value):
    """What came of one tool call: output, error, or denial. ``duration_ms`` is wall time."""

    call_id: str
    ok: bool
    output: Any = None
    error: str | None = None
    denied: bool = False
    reason: str | None = None
    duration_ms: float | None = None
    started_at: datetime = Field(default_factory=utc_now)

    @classmethod
    def success(cls, call_id: str, output: Any, **kwargs: Any) -> Self:
        """The tool ran and returned ``output``."""
        return cls(call_id=call_id, ok=True, output=output, **kwargs)

    @classmethod
    def error_(cls, call_id: str, message: str, **kwargs: Any) -> Self:
        """The tool could not run, or raised."""
        return cls(call_id=call_id, ok=False, error=message, **kwargs)

    @classmethod
    def denied_(cls, call_id: str, reason: str, **kwargs: Any) -> Self:
        """A hook, the permissions, a person or a sandbox said no; the tool did not run."""
        return cls(call_id=call_id, ok=False, denied=True, reason=reason, **kwargs)

    def for_model(self) -> str:
        """The text that the model sees as the answer to its call; an output that is not text becomes JSON."""
        if self.denied:
            return f"DENIED: {self.reason}"
        if not self.ok:
            return f"ERROR: {self.error}"
        if isinstance(self.output, str):
            return self.output
        return to_json(self.output, fallback=str, inf_nan_mode="constants").decode()


class Message(Value):
    """One message of a conversation."""

    model_config = ConfigDict(frozen=True)

    role: Role
    content: str
    name: str | None = None
    tool_call_id: str | None = None
    tool_calls: tuple[ToolCall, ...] = ()


class Usage(Value):
    """Tokens and cost (US dollars) of model calls. ``cost_usd`` None: the price is not known."""

    model_config = ConfigDict(frozen=True)

    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float | None = 0.0
    cached_tokens: int = 0

    def __add__(self, other: "Usage") -> "Usage":
        known = self.cost_usd is not None and other.cost_usd is not None
        return Usage(
            input_tokens=self.input_tokens + other.input_tokens,
            output_tokens=self.output_tokens + other.output_tokens,
            cost_usd=(self.cost_usd or 0.0) + (other.cost_usd or 0.0) if known else None,
            cached_tokens=self.cached_tokens + other.cached_tokens,
        )

    @property
    def total_tokens(self) -> int:
        """Input and output tokens together."""
        return self.input_tokens + self.output_tokens


class ModelChunk(Value):
    """One piece of a streamed reply: some text, one whole tool call, or the finish with its usage."""

    kind: Literal["text", "tool_call", "finish"]
    text: str | None = None
    tool_call: ToolCall | None = None
    finish_reason: str | None = None
    usage: Usage | None = None
