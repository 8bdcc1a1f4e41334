"""One role that may use the run's tools: ask, act, ask again, until it answers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from loomlab.core.messages import Message, Role
from loomlab.core.protocols import Model
from loomlab.core.session import AgentSession
from loomlab.runtime import Run


async def converse(
    deps: Run,
    session: AgentSession,
    messages: Sequence[Message],
    *,
    role: str,
    model: Model | str | None = None,
    schema: Any = None,
    tools: bool = True,
) -> str:
    """The role's answer. One model call where it wants no tools, one more a round of tools where it does.

    The conversation is left in ``session.messages``.
    """
    session.messages = list(messages)
    while True:
        reply = await deps.ask(session, role=role, model=model, tools=tools, schema=schema)
        session.messages.append(reply.message())
        if not reply.tool_calls:
            return reply.text
        results = await deps.act(session, reply.tool_calls)
        session.messages += [
            Message(role=Role.TOOL, content=result.for_model(), name=call.tool, tool_call_id=call.id)
            for call, result in zip(reply.tool_calls, results, strict=True)
        ]


def plain_instructions(deps: Run, session: AgentSession) -> str:
    """The agent's instructions without the form that only the final answer has."""
    return session.instructions.replace(deps.answer_form, "") if deps.answer_form else session.instructions
