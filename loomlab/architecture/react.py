"""ReAct: think, act, observe, until the model answers."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

from loomlab.core.events import Event
from loomlab.core.messages import Message, Role
from loomlab.core.session import AgentSession
from loomlab.core.shape import Shape, ShapeEdge, ShapeNode
from loomlab.runtime import Run


class ReAct:
    """The loop behind most agents: one model call a turn; the tools it asks for run in parallel; their results go back.

    Use it when the next step depends on what the last one showed. Costs one model call a turn, and sends the
    growing conversation each time.

    Source: Yao et al., "ReAct: Synergizing Reasoning and Acting in Language Models", ICLR 2023.

    ``max_turns`` caps the model calls; None takes the agent's own cap.
    """

    name = "react"

    def __init__(self, *, max_turns: int | None = None) -> None:
        if max_turns is not None and max_turns < 1:
            raise ValueError("ReAct: max_turns must be at least 1")
        self.max_turns = max_turns

    async def run(self, session: AgentSession, deps: Run, prompt: str) -> AsyncIterator[Event]:
        """Lead the run; the last text the model gave is the answer."""
        session.messages = (await deps.recall(session, prompt)).messages(session.instructions, prompt)
        cap = self.max_turns or deps.max_turns
        # A cap of its own is the user's word on this loop, so it may also be the higher one.
        deps.max_turns = max(deps.max_turns, cap)
        schema = deps.output_schema
        for _ in range(min(cap, deps.turns_left)):
            reply = await deps.ask(session, tools=True, schema=schema)
            session.messages.append(reply.message())
            if reply.text or not reply.tool_calls:
                session.output = reply.text
            if not reply.tool_calls:
                return
            results = await deps.act(session, reply.tool_calls)
            session.messages += [
                Message(role=Role.TOOL, content=result.for_model(), name=call.tool, tool_call_id=call.id)
                for call, result in zip(reply.tool_calls, results, strict=True)
            ]
        session.interrupt("max_turns_exceeded")
        yield deps.note(session, "react.turn_cap_reached", cap=cap)

    def declared_workers(self) -> Mapping[str, Any]:
        """None: one agent does it all."""
        return {}

    def shape(self) -> Shape:
        """The model and its tools in a ring."""
        nodes = (
            ShapeNode("start", "task", "start"),
            ShapeNode("agent", "model"),
            ShapeNode("tools", "tools", "tools"),
            ShapeNode("end", "answer", "end"),
        )
        edges = (
            ShapeEdge("start", "agent"),
            ShapeEdge("agent", "tools", "wants tools"),
            ShapeEdge("tools", "agent", "results"),
            ShapeEdge("agent", "end", "answers"),
        )
        return Shape(nodes, edges)
