"""What a trace is made of: runs, and the steps inside them. Figures as the events gave them, times in milliseconds."""

from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

RunStatus: TypeAlias = Literal["running", "answered", "interrupted", "cancelled", "error"]
StepState: TypeAlias = Literal["running", "ok", "failed", "denied"]


@dataclass(slots=True)
class ModelStep:
    """One model call. ``text`` is the reply as far as it is kept; ``asked`` the tools it wished for.

    ``waiting`` says what the call waits for before its next attempt, ``replayed`` that the reply came from the journal.
    """

    key: str
    role: str
    turn: int
    model: str = ""
    state: StepState = "running"
    start_ms: float | None = None
    ms: float | None = None
    tokens_in: int = 0
    tokens_out: int = 0
    cost_usd: float | None = 0.0
    attempts: int = 1
    replayed: bool = False
    finish_reason: str | None = None
    error: str | None = None
    waiting: str = ""
    asked: list[str] = field(default_factory=list)
    sent: list[tuple[str, str]] = field(default_factory=list)
    message_count: int = 0
    parts: list[str] = field(default_factory=list)
    chars: int = 0
    kept: int = 0

    @property
    def text(self) -> str:
        """The reply so far; a note at its end says how much was not kept."""
        if len(self.parts) > 1:
            self.parts = ["".join(self.parts)]
        text = self.parts[0] if self.parts else ""
        return text if self.chars == self.kept else f"{text}… ({self.chars - self.kept:,} more characters)"

    def add(self, text: str, limit: int) -> None:
        """Append to the reply, of which at most ``limit`` characters are kept."""
        self.chars += len(text)
        if self.kept < limit:
            text = text[: limit - self.kept]
            self.parts.append(text)
            self.kept += len(text)


@dataclass(slots=True)
class ToolStep:
    """One tool call: ``call`` as a person reads it, ``args`` and ``output`` as text, ``why`` a fault or a refusal.

    ``by`` says who refused it, ``asked`` whether a person was asked, ``replayed`` that it did not run again; ``values``
    are source and age of the certified values in its result, ``rejected`` that one of them kept the result from use.
    """

    key: str
    tool: str
    call: str
    args: str = ""
    turn: int = 0
    slot: int = 0
    state: StepState = "running"
    start_ms: float | None = None
    ms: float | None = None
    output: str = ""
    why: str = ""
    by: str = ""
    asked: "AskStep | None" = None
    replayed: bool = False
    values: list[str] = field(default_factory=list)
    rejected: bool = False


@dataclass(slots=True)
class MemoryStep:
    """A recall (``facts``, ``episodes`` and ``blocks`` as lines of text) or a write (``wrote`` says what).

    ``why`` has a line for each item whose score is known: the score, its parts, the item.
    """

    key: str
    wrote: str = ""
    query: str = ""
    why: list[str] = field(default_factory=list)
    facts: list[str] = field(default_factory=list)
    episodes: list[str] = field(default_factory=list)
    blocks: list[str] = field(default_factory=list)
    start_ms: float | None = None
    ms: float | None = None


@dataclass(slots=True)
class AskStep:
    """A person, or a policy, was asked whether a call may run; ``answer`` is ``allow``, ``deny`` or still empty."""

    key: str
    call: str
    reason: str = ""
    answer: str = ""
    by: str = ""
    remember: str = ""
    edited: bool = False


@dataclass(slots=True)
class NoteStep:
    """Anything else worth a line: a strategy's own step, a retry, a budget warning.

    ``level`` says how loud: ``plain``, ``good``, ``warn``, ``bad``. ``fields`` are names and texts, in order.
    """

    key: str
    name: str
    level: Literal["plain", "good", "warn", "bad"] = "plain"
    text: str = ""
    fields: list[tuple[str, str]] = field(default_factory=list)


@dataclass(slots=True)
class NodeStep:
    """One visit of a step of a workflow, or one branch of such a step; the runs inside it are among its ``steps``.

    ``way`` says on which of several ways at once it lies. ``why`` is a fault, or why an agent inside could not finish.
    """

    key: str
    name: str
    visit: int = 1
    way: tuple[int, ...] = ()
    state: StepState = "running"
    start_ms: float | None = None
    ms: float | None = None
    output: str = ""
    why: str = ""
    tokens: int | None = None
    steps: "dict[str, Step]" = field(default_factory=dict)
    dropped: int = 0


@dataclass(slots=True)
class Fault:
    """What ended a run: the error's type and message, and what its sender knew about it."""

    type: str
    message: str
    retryable: bool | None = None
    retry_after: float | None = None
    provider: str = ""


@dataclass(slots=True)
class RunNode:
    """One run, and the runs it started among its ``steps``. Figures include the sub-runs'.

    ``number`` counts the outermost runs from one and is zero for a sub-run. ``turn`` is the newest of its own.
    """

    key: str
    parent: "RunNode | None" = None
    number: int = 0
    agent: str = ""
    architecture: str = ""
    model: str = ""
    user: str | None = None
    prompt: str = ""
    status: RunStatus = "running"
    reason: str = ""
    ended: str = ""
    fault: Fault | None = None
    output: str = ""
    draft: ModelStep | None = None
    parsed: Any = None
    turn: int = 0
    turns: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    cost_usd: float | None = 0.0
    start_ms: float | None = None
    ms: float | None = None
    steps: "dict[str, Step]" = field(default_factory=dict)
    dropped: int = 0

    @property
    def answer(self) -> str:
        """The answer, or as much of it as there is."""
        if self.output or self.draft is None:
            return self.output
        # what a model says beside its tool calls is part of the answer's making, not the answer
        return "" if self.draft.asked and self.status != "running" else self.draft.text


Step: TypeAlias = ModelStep | ToolStep | MemoryStep | AskStep | NoteStep | NodeStep | RunNode
