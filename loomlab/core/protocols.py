"""Every boundary of the library, on one page. Reading this file is reading the library.

A run asks a ``Model``, acts through a ``ToolHost`` behind ``HookHost`` and ``Permissions``, pays from a ``Budget``,
remembers in a ``Memory``, is made durable by a ``Runtime`` and led by an ``Architecture``. Each of them is any object
with these members; none needs a base class.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from loomlab.core.events import Event
from loomlab.core.messages import Message, ModelChunk, ToolCall, ToolDef, ToolResult, Usage
from loomlab.core.records import AuditEntry, Span, ToolEvent
from loomlab.core.remembered import Episode, Fact, MemoryBlock, MemoryExport, MemoryProfile
from loomlab.core.results import BudgetStatus, PermissionDecision

if TYPE_CHECKING:
    from loomlab.core.session import AgentSession

Completion = tuple[str, list[ToolCall], Usage, str]
"""What ``Model.complete`` returns: text, tool calls, usage, finish reason."""

ApprovalHandler = Callable[[ToolCall, str | None], Awaitable[Any]]
"""``handler(call, user_id)``: True, False, or a ``loomlab.security.Approval``."""
"""Asked when a permission says "ask": the call and the user; True lets it run."""

EmitCallback = Callable[[Event], Awaitable[None]]
"""Given every event of a run."""


@runtime_checkable
class Model(Protocol):
    """A chat model. May also have ``complete(same arguments)`` -> ``Completion``, used when nobody streams."""

    name: str

    def stream(
        self,
        messages: Sequence[Message],
        *,
        tools: Sequence[ToolDef] | None = None,
        temperature: float = 1.0,
        max_tokens: int | None = None,
        output_schema: Any = None,
    ) -> AsyncIterator[ModelChunk]:
        """Reply in pieces: text, then whole tool calls, then one finish with the usage."""


@runtime_checkable
class Stopwatch(Protocol):
    """What a cassette does to measured figures: keeps them while recording, repeats them on replay."""

    def measure(self, key: str, value: float) -> float:
        """The figure to show for ``key``, where ``value`` is the one just measured."""


class Embedder(Protocol):
    """Text to vectors."""

    name: str
    dimensions: int

    async def embed(self, text: str) -> list[float]:
        """One vector."""

    async def embed_batch(self, texts: list[str]) -> list[list[float]]:
        """One vector a text, in order."""


@runtime_checkable
class FactStore(Protocol):
    """Facts over two times, partitioned by user."""

    async def append(self, fact: Fact) -> str:
        """Store a fact; close the open ones it supersedes."""

    async def query(
        self,
        *,
        subject: str | None = None,
        predicate: str | None = None,
        object_: str | None = None,
        valid_at: datetime | None = None,
        limit: int = 10,
        user_id: str | None = None,
    ) -> list[Fact]:
        """Facts that match every given field, newest recorded first."""

    async def recall_text(
        self, query: str, *, limit: int = 5, valid_at: datetime | None = None, user_id: str | None = None
    ) -> list[Fact]:
        """Facts that answer a text, best first."""

    async def all_facts(self) -> list[Fact]:
        """Everything, of every user."""

    async def aclose(self) -> None:
        """Let go of what the store opened itself."""


@runtime_checkable
class Memory(Protocol):
    """What an agent remembers, hard-partitioned by ``user_id``; None is a bucket of its own."""

    async def working(self, *, user_id: str | None = None) -> list[MemoryBlock]:
        """The working blocks, by ``pinned_order``."""

    async def update_block(self, name: str, content: str, *, user_id: str | None = None) -> None:
        """Set a block."""

    async def append_block(self, name: str, content: str, *, user_id: str | None = None) -> None:
        """Add to a block's end; makes it where it is missing."""

    async def remember(self, episode: Episode) -> str:
        """Store an episode; its id."""

    async def recall(
        self,
        query: str,
        *,
        kind: str = "episodic",
        limit: int = 5,
        time_range: tuple[datetime, datetime] | None = None,
        user_id: str | None = None,
    ) -> list[Episode]:
        """Episodes that fit a text."""

    async def recall_facts(
        self, query: str, *, limit: int = 5, valid_at: datetime | None = None, user_id: str | None = None
    ) -> list[Fact]:
        """Facts that fit a text."""

    async def consolidate(self) -> None:
        """Turn what is new into facts."""

    async def session_messages(self, session_id: str, *, user_id: str | None = None, limit: int = 20) -> list[Message]:
        """A conversation so far, oldest first, of at most ``limit // 2`` exchanges."""

    async def profile(self, *, user_id: str | None = None) -> MemoryProfile:
        """What is known about a user, in short."""

    async def forget(
        self, *, user_id: str | None = None, session_id: str | None = None, before: datetime | None = None
    ) -> int:
        """Erase; how many items went."""

    async def export(self, *, user_id: str | None = None) -> MemoryExport:
        """Everything stored about a user."""


@runtime_checkable
class ToolHost(Protocol):
    """Where tools live: in this process, on an MCP server, behind a sandbox."""

    async def list_tools(self, *, query: str | None = None) -> list[ToolDef]:
        """The tools there are, or those whose name or description holds ``query``."""

    async def call(self, tool: str, args: Mapping[str, Any], *, call_id: str = "") -> ToolResult:
        """Run one tool. Faults come back as results, not as exceptions."""

    def watch(self) -> AsyncIterator[ToolEvent]:
        """Tools as they come and go."""


class Sandbox(Protocol):
    """A place where a tool can do no harm."""

    async def execute(self, tool: str, args: Mapping[str, Any]) -> ToolResult:
        """Run one tool inside."""

    def with_filesystem(self, root: str) -> AbstractAsyncContextManager[None]:
        """Let the tools see one folder for the block."""


class Permissions(Protocol):
    """A policy over tool calls."""

    async def check(
        self, call: ToolCall, *, context: Mapping[str, Any], user_id: str | None = None
    ) -> PermissionDecision:
        """Allow, deny, or ask a person."""


class HookHost(Protocol):
    """Code that looks at each tool call before and after, and at each event."""

    async def pre_tool(self, call: ToolCall, *, user_id: str | None = None) -> PermissionDecision:
        """May deny the call."""

    async def post_tool(self, call: ToolCall, result: ToolResult) -> None:
        """Sees the result."""

    async def on_event(self, event: Event) -> None:
        """Sees an event."""


class Budget(Protocol):
    """What a run may spend."""

    async def allows_step(self, *, user_id: str | None = None) -> BudgetStatus:
        """May the next model call be made?"""

    async def consume(
        self, *, tokens_in: int, tokens_out: int, cost_usd: float | None, user_id: str | None = None
    ) -> None:
        """A call was paid for."""


class Telemetry(Protocol):
    """Spans and metrics."""

    def trace(self, name: str, **attrs: Any) -> AbstractAsyncContextManager[Span]:
        """A span around the block."""

    async def emit_metric(self, name: str, value: float, **attrs: Any) -> None:
        """One measurement."""


class RuntimeSession(Protocol):
    """One session of a runtime."""

    id: str

    async def deliver(self, name: str, payload: Any) -> None:
        """Hand over a signal."""


@runtime_checkable
class Runtime(Protocol):
    """How side effects happen: at once, or journaled so that they can be replayed."""

    name: str

    async def step(
        self,
        name: str,
        fn: Callable[..., Awaitable[Any]],
        *args: Any,
        idempotency_key: str | None = None,
        **kwargs: Any,
    ) -> Any:
        """Do one side effect, or return its recorded outcome."""

    def stream_step(
        self, name: str, fn: Callable[..., AsyncIterator[Any]], *args: Any, **kwargs: Any
    ) -> AsyncIterator[Any]:
        """The same for a stream."""

    def session(self, session_id: str) -> AbstractAsyncContextManager[RuntimeSession]:
        """Scope of the steps of one session."""

    async def signal(self, session_id: str, name: str, payload: Any) -> None:
        """Send a signal to a session."""


class Secrets(Protocol):
    """Where keys come from, and what must not leave the process."""

    async def resolve(self, ref: str) -> str:
        """A secret's value; KeyError where there is none."""

    async def store(self, ref: str, value: str) -> None:
        """Keep a secret."""

    def redact(self, text: str) -> str:
        """The text with secrets masked."""

    def lookup_sync(self, ref: str) -> str | None:
        """A secret's value at once, or None."""


@runtime_checkable
class AuditLog(Protocol):
    """A signed, append-only record of who did what."""

    async def append(
        self, *, session_id: str, actor: str, action: str, payload: Mapping[str, Any], user_id: str | None = None
    ) -> AuditEntry:
        """Write one entry."""

    async def query(
        self, *, session_id: str | None = None, action: str | None = None, user_id: str | None = None
    ) -> list[AuditEntry]:
        """Entries that match every given field, oldest first."""


@runtime_checkable
class Architecture(Protocol):
    """A way to think: leads a run by the five verbs of ``deps`` (ask, act, recall, remember, delegate)."""

    name: str

    def run(self, session: "AgentSession", deps: Any, prompt: str) -> AsyncIterator[Event]:
        """Lead the run; leave the answer in ``session.output``; yield events of its own."""

    def declared_workers(self) -> Mapping[str, Any]:
        """The agents this architecture sends work to, by name."""
