"""A run's model and tools for code that calls them itself: the same gate and the same accountant."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from loomlab.core.messages import Message, ModelChunk, ToolCall, ToolDef, ToolResult
from loomlab.core.protocols import Completion
from loomlab.core.records import ToolEvent

if TYPE_CHECKING:
    from loomlab.runtime.run import Run


class MeteredModel:
    """The run's model; every call is budgeted, retried, counted and shown."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self.name = run.raw_model.name

    async def complete(
        self,
        messages: Sequence[Message],
        *,
        tools: Sequence[ToolDef] | None = None,
        temperature: float | None = None,
        max_tokens: int | None = None,
        output_schema: Any = None,
    ) -> Completion:
        """One call: text, tool calls, usage, finish reason."""
        run = self._run
        assert run.session is not None
        reply = await run.ask(
            run.session,
            messages,
            tools=tools or False,
            schema=output_schema,
            temperature=temperature,
            max_tokens=max_tokens,
        )
        return reply.text, reply.tool_calls, reply.usage, reply.finish_reason

    async def stream(self, messages: Sequence[Message], **options: Any) -> AsyncIterator[ModelChunk]:
        """One call as chunks. Those who watch the run see the tokens as they come; the caller gets them at the end."""
        text, tool_calls, usage, reason = await self.complete(messages, **options)
        if text:
            yield ModelChunk(kind="text", text=text)
        for call in tool_calls:
            yield ModelChunk(kind="tool_call", tool_call=call)
        yield ModelChunk(kind="finish", finish_reason=reason, usage=usage)


class GatedTools:
    """The run's tools; every call passes hooks, permission, approval, journal and audit."""

    def __init__(self, run: Run) -> None:
        self._run = run

    async def list_tools(self, *, query: str | None = None) -> list[ToolDef]:
        """The tools there are, or those that fit ``query``."""
        return await self._run.list_tools() if query is None else await self._run.raw_tools.list_tools(query=query)

    async def call(self, tool: str, args: Mapping[str, Any], *, call_id: str = "") -> ToolResult:
        """Run one tool."""
        run = self._run
        assert run.session is not None
        call = ToolCall(id=call_id, tool=tool, args=dict(args)) if call_id else ToolCall(tool=tool, args=dict(args))
        return (await run.act(run.session, [call]))[0]

    def watch(self) -> AsyncIterator[ToolEvent]:
        """Tools as they come and go."""
        return self._run.raw_tools.watch()
