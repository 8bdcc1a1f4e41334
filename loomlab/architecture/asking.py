"""Asking a model for something with a form: a plan, a score, a route. What can't be read is told, never made up."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from pydantic import BaseModel, ValidationError

from loomlab.architecture.reading import json_values
from loomlab.core.messages import Message, Role, ToolDef
from loomlab.core.protocols import Model
from loomlab.core.session import AgentSession
from loomlab.runtime import Run

T = TypeVar("T", bound=BaseModel)

EXCERPT = 500
"""Characters of an unreadable reply that its event carries."""


@dataclass(frozen=True, slots=True)
class Answer(Generic[T]):
    """What came of asking: the value, or None with the ``cause`` why the text could not be read."""

    value: T | None
    text: str
    cause: str = ""


async def ask_for(
    deps: Run,
    session: AgentSession,
    messages: Sequence[Message],
    schema: type[T],
    *,
    role: str,
    model: Model | str | None = None,
    read: Callable[[str], T | None] | None = None,
) -> Answer[T]:
    """Ask for a value of ``schema``.

    A model that takes schemas is held to it; a reply of any other is searched for JSON that fits, and then given to
    ``read``, which knows the looser forms that the prompt allows. ``schema`` needs at least one required field, else
    any object fits. A reply that neither understands becomes the event ``parse.failed`` (role, cause, text).
    """
    reply = await deps.ask(session, messages, role=role, schema=schema, model=model)
    answer = understand(reply.text, schema, read)
    if answer.value is None and deps.watched:
        await deps.send(deps.note(session, "parse.failed", role=role, cause=answer.cause, text=reply.text[:EXCERPT]))
    return answer


def understand(text: str, schema: type[T], read: Callable[[str], T | None] | None = None) -> Answer[T]:
    """A reply as a value of ``schema``, or the reason why it is none."""
    cause = "the reply is empty" if not text.strip() else "the reply holds no JSON"
    for number, candidate in enumerate(json_values(text)):
        try:
            return Answer(schema.model_validate(candidate), text)
        except ValidationError as exc:
            if number == 0:
                cause = f"the JSON of the reply does not fit: {_first(exc)}"
    value = read(text) if read is not None else None
    return Answer(value, text, "" if value is not None else cause)


def talk(instructions: str, material: str) -> list[Message]:
    """A fresh conversation: what the role is, what it is about."""
    return [Message(role=Role.SYSTEM, content=instructions), Message(role=Role.USER, content=material)]


def tool_menu(tools: Sequence[ToolDef], *, none: str = "(no tools)") -> str:
    """The tools as a planner reads them: name, purpose, JSON schema of the arguments, one tool a line."""
    lines = [
        f"- {one.name}: {one.description.strip() or 'no description'} "
        f"Arguments: {json.dumps(one.input_schema or {'type': 'object'}, ensure_ascii=False)}"
        for one in tools
    ]
    return "\n".join(lines) or none


def with_tools(prompt: str, tools: Sequence[ToolDef]) -> str:
    """A prompt with the menu in place of ``{tools}``; a prompt without the place gets it at its end."""
    if "{tools}" in prompt:
        return prompt.replace("{tools}", tool_menu(tools))
    return f"{prompt}\n\nTools:\n{tool_menu(tools)}" if tools else prompt


def _first(error: ValidationError) -> str:
    one = error.errors(include_url=False)[0]
    where = ".".join(str(part) for part in one["loc"])
    return f"{where}: {one['msg']}" if where else str(one["msg"])
