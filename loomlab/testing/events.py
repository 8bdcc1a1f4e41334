"""Events of runs that never happened: for tests of whatever watches a run (displays, the run log, the notebook).

``sample_run`` tells one run from ``started`` to its end, with the objects that a real run puts into its events, and
gives the same list every time: fixed times, fixed ids, fixed figures.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from loomlab.core import EndReason, Event, EventKind, Fact, ModelChunk, RunResult, ToolCall, ToolResult, Usage
from loomlab.core.payloads import ModelCallInfo

START = datetime(2026, 1, 5, 12, 0, 0, tzinfo=UTC)
"""The instant at which a sample run starts unless told otherwise."""

Ending = Literal["answered", "error", "max_turns", "budget", "cancelled", "running"]

_REASONS = {"max_turns": "max_turns_exceeded", "budget": "budget:max_tokens", "cancelled": "cancelled"}
_ENDED = {
    "answered": EndReason.ANSWERED,
    "max_turns": EndReason.TURN_CAP,
    "budget": EndReason.BUDGET,
    "cancelled": EndReason.CANCELLED,
}


def sample_run(
    *,
    run_id: str = "run_SAMPLE0001",
    session_id: str = "session_SAMPLE",
    parent_run_id: str | None = None,
    user_id: str | None = None,
    agent: str = "agent",
    architecture: str = "react",
    model: str = "scripted",
    prompt: str = "What should I wear in Lyon tomorrow?",
    answer: str = "Light rain and 12 °C: take a jacket.",
    tools: int = 1,
    denied: bool = False,
    failing: bool = False,
    nested: bool = False,
    memory: bool = False,
    chunks: int = 3,
    cost_usd: float | None = 0.0012,
    cached: bool = False,
    ending: Ending = "answered",
    hostile: str | None = None,
    metadata: dict[str, Any] | None = None,
    at: datetime = START,
    offset_ms: float = 0.0,
) -> list[Event]:
    """The events of one run, sub-runs included, in the order in which an observer sees them.

    ``tools`` calls are made together in the first turn; ``denied`` refuses one more, ``failing`` adds one that raises,
    ``nested`` adds one that asks another agent (a sub-run). ``memory`` adds recall, two facts and the final write.
    ``chunks`` is the number of text pieces the answer comes in (0: no text chunk). ``cost_usd`` is the price of one
    model call, None where it is not known. ``hostile`` replaces every text that a user, a model or a tool may choose.
    ``ending="running"`` stops after the first tool call, as a killed process would.
    """
    text = hostile
    tale = _Tale(run_id, session_id, parent_run_id, at, offset_ms, model, cost_usd, cached, chunks)
    prompt, answer = text or prompt, text or answer
    tale.add(
        EventKind.STARTED,
        prompt=prompt,
        agent=agent,
        architecture=architecture,
        model=model,
        user_id=user_id,
        metadata=metadata or {},
        offset_ms=tale.offset,
    )
    if memory:
        tale.recall(prompt, text, user_id)
    calls = _calls(run_id, tools, denied, failing, nested, text)
    messages = [{"role": "system", "content": "You are helpful."}, {"role": "user", "content": prompt}]
    if calls:
        tale.ask(messages, [text or "Let me look that up."], calls)
        results = []
        for slot, call in enumerate(calls):
            tale.call(call, slot)
            if ending == "running":
                return tale.events
            if call.tool == "ask_expert":
                tale.weave(_expert(tale, call, user_id, text))
            result = _result(call, text, tale.now)
            tale.result(call, result, slot)
            results.append(result)
        messages = [
            {"role": "assistant", "content": text or "Let me look that up."},
            *({"role": "tool", "content": one.for_model(), "tool_call_id": one.call_id} for one in results),
        ]
    return tale.end(ending, messages, _pieces(answer, chunks), answer, text, agent, architecture, user_id, memory)


class _Tale:
    """The events so far, a clock that ticks by itself, and the sums."""

    def __init__(
        self,
        run_id: str,
        session_id: str,
        parent_run_id: str | None,
        at: datetime,
        offset_ms: float,
        model: str,
        cost_usd: float | None,
        cached: bool,
        chunks: int,
    ) -> None:
        self.run_id, self.session_id, self.parent_run_id = run_id, session_id, parent_run_id
        self.start, self.first_offset, self.offset = at, offset_ms, offset_ms
        self.model, self.cost_usd, self.cached, self.chunks = model, cost_usd, cached, chunks
        self.events: list[Event] = []
        self.turn, self.sent, self.usage = 0, 0, Usage()

    @property
    def now(self) -> datetime:
        return self.start + timedelta(milliseconds=self.offset - self.first_offset)

    def add(self, kind: EventKind, **parts: Any) -> None:
        self.events.append(
            Event(kind, self.session_id, self.now, run_id=self.run_id, parent_run_id=self.parent_run_id, parts=parts)
        )

    def weave(self, events: list[Event]) -> None:
        self.events += events
        last = events[-1].part("result")
        self.usage += Usage(input_tokens=last.tokens_in, output_tokens=last.tokens_out, cost_usd=last.cost_usd)
        self.offset += last.duration_ms

    def recall(self, query: str, text: str | None, user_id: str | None) -> None:
        facts = [
            Fact(
                id=f"fact_{self.run_id}_{index}",
                user_id=user_id,
                subject=text or "user",
                predicate=predicate,
                object=text or value,
                valid_from=self.start - timedelta(days=30),
                recorded_at=self.start - timedelta(days=29),
                sources=["ep_SAMPLE"],
            )
            for index, (predicate, value) in enumerate([("lives_in", "Lyon"), ("rides", "a bicycle")])
        ]
        began, self.offset = self.offset, self.offset + 1.5
        self.add(
            EventKind.MEMORY_RECALL,
            query=query,
            blocks=["persona"],
            facts=facts,
            episodes=[],
            duration_ms=1.5,
            offset_ms=began,
        )

    def ask(
        self, messages: list[dict[str, Any]], pieces: list[str], calls: Sequence[ToolCall] = (), finish: bool = True
    ) -> None:
        self.turn += 1
        began = self.offset
        self.add(
            EventKind.ARCHITECTURE_EVENT,
            name="model.started",
            role="agent",
            turn=self.turn,
            model=self.model,
            offset_ms=began,
        )
        self.offset += 120.0
        for piece in pieces:
            self.chunk(ModelChunk(kind="text", text=piece))
            self.offset += 0.01
        for call in calls:
            self.chunk(ModelChunk(kind="tool_call", tool_call=call))
        self.offset = began + 400.0
        if not finish:
            return
        usage = Usage(input_tokens=100 * self.turn, output_tokens=20, cost_usd=self.cost_usd, cached_tokens=10)
        self.usage += usage
        self.sent += len(messages)
        reason = "tool_calls" if calls else "stop"
        info = ModelCallInfo(
            role="agent",
            turn=self.turn,
            model=self.model,
            input_tokens=usage.input_tokens,
            output_tokens=usage.output_tokens,
            cached_tokens=usage.cached_tokens,
            cost_usd=usage.cost_usd,
            offset_ms=began,
            latency_ms=400.0,
            ttft_ms=120.0 if pieces else None,
            cached=self.cached,
            finish_reason=reason,
            messages=messages,
            message_count=self.sent,
            tools=["get_weather"],
        )
        self.chunk(ModelChunk(kind="finish", finish_reason=reason, usage=usage), call=info)

    def chunk(self, chunk: ModelChunk, **more: Any) -> None:
        self.add(EventKind.MODEL_CHUNK, chunk=chunk, role="agent", turn=self.turn, **more)

    def call(self, call: ToolCall, slot: int) -> None:
        self.add(EventKind.TOOL_CALL, call=call, turn=self.turn, slot=slot, offset_ms=self.offset)
        if call.tool == "delete_file":
            decision = {"call_id": call.id, "tool": call.tool, "decision": "deny", "reason": "destructive"}
            self.add(EventKind.PERMISSION_DECISION, **decision, by="policy")

    def result(self, call: ToolCall, result: ToolResult, slot: int) -> None:
        if result.duration_ms and call.tool != "ask_expert":
            self.offset += result.duration_ms
        self.add(EventKind.TOOL_RESULT, result=result, tool=call.tool, turn=self.turn, slot=slot)

    def end(
        self,
        ending: Ending,
        messages: list[dict[str, Any]],
        pieces: list[str],
        answer: str,
        text: str | None,
        agent: str,
        architecture: str,
        user_id: str | None,
        memory: bool,
    ) -> list[Event]:
        if ending == "error":
            self.add(
                EventKind.ERROR,
                type="RateLimitError",
                message=text or "the provider asks to slow down",
                retryable=True,
                retry_after=2.0,
                provider="openai",
            )
            return self.events
        reason = _REASONS.get(ending)
        if ending == "cancelled":
            self.ask(messages, pieces[: len(pieces) // 2], finish=False)
        else:
            self.ask(messages, pieces)
        if memory and reason is None:
            self.add(
                EventKind.MEMORY_WRITE,
                what="episode",
                id=f"ep_{self.run_id}",
                duration_ms=0.5,
                offset_ms=self.offset,
            )
        result = RunResult(
            session_id=self.session_id,
            output=answer if reason is None else "",
            turns=self.turn,
            tokens_in=self.usage.input_tokens,
            tokens_out=self.usage.output_tokens,
            cost_usd=self.usage.cost_usd,
            started_at=self.start,
            finished_at=self.now,
            interrupted=reason is not None,
            interruption_reason=reason,
            ended=_ENDED[ending],
            run_id=self.run_id,
            agent=agent,
            model=self.model,
            architecture=architecture,
            user_id=user_id,
            duration_ms=self.offset - self.first_offset,
        )
        self.add(EventKind.COMPLETED, result=result)
        return self.events


def _calls(run_id: str, tools: int, denied: bool, failing: bool, nested: bool, text: str | None) -> list[ToolCall]:
    wanted: list[tuple[str, dict[str, Any]]] = [
        ("get_weather", {"city": text or "Lyon", "days": index + 1}) for index in range(tools)
    ]
    wanted += [("delete_file", {"path": text or "/tmp/notes.txt"})] * denied
    wanted += [("search", {"query": text or "weather"})] * failing
    wanted += [("ask_expert", {"question": text or "Is 12 °C cold?"})] * nested
    return [
        ToolCall(id=f"tcall_{run_id}_{index}", tool=tool, args=args, destructive=tool == "delete_file")
        for index, (tool, args) in enumerate(wanted)
    ]


def _result(call: ToolCall, text: str | None, at: datetime) -> ToolResult:
    if call.tool == "delete_file":
        return ToolResult.denied_(call.id, text or "destructive", started_at=at)
    if call.tool == "search":
        message = text or "ConnectionError: no route to host"
        return ToolResult.error_(call.id, message, duration_ms=31.0, started_at=at)
    if call.tool == "ask_expert":
        return ToolResult.success(call.id, text or "Cool, not cold.", duration_ms=400.0, started_at=at)
    output = text or {"city": "Lyon", "celsius": 12, "sky": "light rain"}
    return ToolResult.success(call.id, output, duration_ms=84.0, started_at=at)


def _expert(tale: _Tale, call: ToolCall, user_id: str | None, text: str | None) -> list[Event]:
    return sample_run(
        run_id=f"{tale.run_id}_SUB",
        session_id=f"{tale.session_id}_SUB",
        parent_run_id=tale.run_id,
        user_id=user_id,
        agent="expert",
        architecture="self-refine",
        model=tale.model,
        prompt=call.args["question"],
        answer="Cool, not cold.",
        tools=0,
        chunks=tale.chunks,
        cost_usd=tale.cost_usd,
        cached=tale.cached,
        hostile=text,
        at=tale.now,
        offset_ms=tale.offset,
    )


def _pieces(text: str, chunks: int) -> list[str]:
    """``text`` in ``chunks`` pieces that join to it; empty ones at the end where it has fewer characters."""
    if chunks < 1:
        return []
    size = max(1, -(-len(text) // chunks))
    return [text[index * size : (index + 1) * size] for index in range(chunks)]
