"""What happens in a run, as it happens: one closed set of kinds, one event class.

An event is made for every streamed token, so it is a plain slotted object whose payload is dumped
only when somebody reads it. It validates and serialises like a pydantic model.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from pydantic_core import core_schema, from_json, to_json

from loomlab.core.messages import ModelChunk, ToolCall, ToolResult

if TYPE_CHECKING:
    from loomlab.core.results import BudgetStatus, RunResult


class EventKind(StrEnum):
    """Every kind of event there is."""

    STARTED = "started"
    MODEL_CHUNK = "model_chunk"
    TOOL_CALL = "tool_call"
    TOOL_RESULT = "tool_result"
    MEMORY_RECALL = "memory_recall"
    MEMORY_WRITE = "memory_write"
    BUDGET_WARNING = "budget_warning"
    BUDGET_EXCEEDED = "budget_exceeded"
    PERMISSION_ASK = "permission_ask"
    PERMISSION_DECISION = "permission_decision"
    ERROR = "error"
    COMPLETED = "completed"
    ARCHITECTURE_EVENT = "architecture_event"
    WORKFLOW_STARTED = "workflow_started"
    WORKFLOW_STEP_STARTED = "workflow_step_started"
    WORKFLOW_STEP_COMPLETED = "workflow_step_completed"
    WORKFLOW_STEP_FAILED = "workflow_step_failed"
    WORKFLOW_COMPLETED = "workflow_completed"


class Event:
    """One thing that happened.

    Attributes: ``kind``; ``session_id`` (the conversation); ``at`` (aware UTC); ``run_id`` and
    ``parent_run_id`` (which run it belongs to, and which run started that one); ``payload`` (plain
    JSON-ready data; ``loomlab.core.payloads`` says what each kind carries).
    """

    __slots__ = ("_parts", "_payload", "at", "kind", "parent_run_id", "run_id", "session_id")

    def __init__(
        self,
        kind: EventKind | str,
        session_id: str,
        at: datetime | None = None,
        payload: Mapping[str, Any] | None = None,
        *,
        run_id: str = "",
        parent_run_id: str | None = None,
        parts: Mapping[str, Any] | None = None,
    ) -> None:
        self.kind = kind if type(kind) is EventKind else EventKind(kind)
        self.session_id = session_id
        self.at = at or datetime.now(UTC)
        self.run_id = run_id
        self.parent_run_id = parent_run_id
        self._payload: dict[str, Any] | None = None if parts is not None else dict(payload or {})
        self._parts = parts

    @property
    def payload(self) -> dict[str, Any]:
        """What happened, as JSON-ready data."""
        if self._payload is None:
            self._payload = {key: _plain(value) for key, value in (self._parts or {}).items()}
        return self._payload

    def part(self, name: str) -> Any:
        """The object behind a payload field (a ``ModelChunk``, say) where it is still at hand, else the plain data."""
        return self._parts[name] if self._parts is not None and name in self._parts else self.payload.get(name)

    def __repr__(self) -> str:
        return f"Event({self.kind.value}, {self.payload!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Event) and self.model_dump() == other.model_dump()

    __hash__ = object.__hash__

    def model_dump(self, *, mode: str = "python", **_: Any) -> dict[str, Any]:
        """All fields as a dict; ``mode="json"`` makes the time a string."""
        return {
            "kind": self.kind.value if mode == "json" else self.kind,
            "session_id": self.session_id,
            "at": self.at.isoformat() if mode == "json" else self.at,
            "payload": self.payload,
            "run_id": self.run_id,
            "parent_run_id": self.parent_run_id,
        }

    def model_dump_json(self, **_: Any) -> str:
        """All fields as JSON text."""
        data = self.model_dump(mode="json")
        try:
            return to_json(data, fallback=repr).decode()
        except ValueError:  # half a surrogate pair in a text
            return to_json(_as_json(data)).decode()

    @classmethod
    def model_validate(cls, data: Any) -> "Event":
        """An event from its dumped form; an event passes through."""
        if isinstance(data, Event):
            return data
        at = data["at"]
        return cls(
            data["kind"],
            data["session_id"],
            datetime.fromisoformat(at) if isinstance(at, str) else at,
            data.get("payload"),
            run_id=data.get("run_id", ""),
            parent_run_id=data.get("parent_run_id"),
        )

    @classmethod
    def model_validate_json(cls, text: str | bytes) -> "Event":
        """An event from its JSON text."""
        return cls.model_validate(from_json(text))

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> core_schema.CoreSchema:
        return core_schema.no_info_plain_validator_function(
            cls.model_validate,
            serialization=core_schema.plain_serializer_function_ser_schema(lambda event: event.model_dump(mode="json")),
        )

    @classmethod
    def started(cls, session_id: str, prompt: str) -> "Event":
        """A run begins."""
        return cls(EventKind.STARTED, session_id, payload={"prompt": prompt})

    @classmethod
    def model_chunk(cls, session_id: str, chunk: ModelChunk) -> "Event":
        """A piece of a model's reply."""
        return cls(EventKind.MODEL_CHUNK, session_id, parts={"chunk": chunk})

    @classmethod
    def tool_call(cls, session_id: str, call: ToolCall) -> "Event":
        """A tool is about to be tried."""
        return cls(EventKind.TOOL_CALL, session_id, parts={"call": call})

    @classmethod
    def tool_result(cls, session_id: str, result: ToolResult) -> "Event":
        """What came of a tool call."""
        return cls(EventKind.TOOL_RESULT, session_id, parts={"result": result})

    @classmethod
    def budget_warning(cls, session_id: str, status: "BudgetStatus") -> "Event":
        """A budget nears its cap."""
        return cls(EventKind.BUDGET_WARNING, session_id, parts={"status": status})

    @classmethod
    def budget_exceeded(cls, session_id: str, status: "BudgetStatus") -> "Event":
        """A budget cap stopped the run."""
        return cls(EventKind.BUDGET_EXCEEDED, session_id, parts={"status": status})

    @classmethod
    def error(cls, session_id: str, exc: BaseException) -> "Event":
        """Something failed."""
        return cls(EventKind.ERROR, session_id, payload={"type": type(exc).__name__, "message": str(exc)})

    @classmethod
    def completed(cls, session_id: str, result: "RunResult") -> "Event":
        """A run is over."""
        return cls(EventKind.COMPLETED, session_id, parts={"result": result})

    @classmethod
    def architecture_event(cls, session_id: str, name: str, **data: Any) -> "Event":
        """A step of a strategy, named ``strategy.step``."""
        return cls(EventKind.ARCHITECTURE_EVENT, session_id, parts={"name": name, **data})


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, (str, int, float, bool)):
        return value
    dump = getattr(value, "model_dump", None)
    if dump is not None:
        try:
            return dump(mode="json")
        except ValueError:  # a tool may return anything; pydantic refuses what it cannot serialise
            value = dump()
    return _as_json(value)


def _as_json(value: Any, depth: int = 0) -> Any:
    try:
        return from_json(to_json(value, fallback=repr, inf_nan_mode="null"))
    except ValueError:  # half a surrogate pair, bytes that are no text, a list that holds itself: keep the rest
        if isinstance(value, str):
            return value.encode("utf-8", "replace").decode()
        if isinstance(value, Mapping) and depth < 8:
            return {str(_as_json(str(key))): _as_json(item, depth + 1) for key, item in value.items()}
        if isinstance(value, (list, tuple)) and depth < 8:
            return [_as_json(item, depth + 1) for item in value]
        return repr(value)
