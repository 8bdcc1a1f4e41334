"""When the local model calls a tool, and with what.

A 135M model fills in the arguments of a call quite well, but can't judge whether a call is needed. So the grammar lets
it choose between calls and an answer, and a call counts only if its arguments come from somewhere: at least one value
must appear in the conversation. Made-up arguments mean that the tool was not asked for. After a result another call is
considered only while the question holds a name or number that no call has used; so calls never repeat, and always end.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic_core import from_json

from loomlab.core.messages import ToolCall, ToolDef
from loomlab.model.local_prompt import Conversation
from loomlab.model.local_schema import one_of

OFFER = """\
You can use these tools:
{tools}

Reply with JSON. To use a tool: {{"tool": NAME, "arguments": {{...}}}}. To answer without a tool: {{"answer": TEXT}}.

{question}"""
_ANSWER = {
    "type": "object",
    "properties": {"answer": {"type": "string", "maxLength": 8}},
    "required": ["answer"],
    "additionalProperties": False,
}
_WORD = re.compile(r"[^\W_]+(?:[.:'’][^\W_]+)*")


def offer(tools: Sequence[ToolDef], question: str) -> str:
    """The question with the tools before it."""
    return OFFER.format(tools="\n".join(_line(tool) for tool in tools), question=question)


def call_schema(tools: Sequence[ToolDef]) -> dict[str, Any]:
    """A call of one of the tools with fitting arguments, or the start of an answer."""

    def call(name: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        if not arguments.get("properties") and not arguments.get("additionalProperties"):
            arguments = {"type": "object", "properties": {}, "additionalProperties": False}
        return {
            "type": "object",
            "properties": {"tool": {"const": name}, "arguments": arguments},
            "required": ["tool", "arguments"],
            "additionalProperties": False,
        }

    schema = one_of({tool.name: tool.input_schema for tool in tools}, call)
    defs = schema.pop("$defs", None)
    choices = [*schema["anyOf"], _ANSWER] if "anyOf" in schema else [schema, _ANSWER]
    return {"anyOf": choices, "$defs": defs} if defs else {"anyOf": choices}


def read_call(text: str, tools: Sequence[ToolDef], known: str) -> ToolCall | None:
    """The call in the model's reply; None if it chose to answer, or made its arguments up."""
    try:
        reply = from_json(text)
    except ValueError:
        return None
    if not isinstance(reply, dict) or not isinstance(reply.get("arguments"), dict):
        return None
    tool = next((one for one in tools if one.name == reply.get("tool")), None)
    if tool is None:
        return None
    arguments: dict[str, Any] = reply["arguments"]
    free = list(_free_values(arguments, tool.input_schema))
    source = known if free else " ".join(_words(known))
    grounded = any(_appears(value, source) for value in free) if free else _asked_for(tool, known)
    return ToolCall(tool=tool.name, args=arguments, tool_def=tool) if grounded else None


def open_question(talk: Conversation) -> str | None:
    """The question without the words that earlier calls used; None once no name or number is left in it."""
    question = talk.last.question
    if not talk.last.calls:
        return question
    used = {word.casefold() for call in talk.last.calls for value in _scalars(call.args) for word in _words(str(value))}
    rest = " ".join(part for part in question.split() if not _folded(part) or not _folded(part) <= used)
    return rest if _names(rest, question) else None


def _line(tool: ToolDef) -> str:
    properties = tool.input_schema.get("properties")
    names = [
        f"{name}: {one['type']}" if isinstance(one, Mapping) and isinstance(one.get("type"), str) else str(name)
        for name, one in (properties.items() if isinstance(properties, Mapping) else ())
    ]
    description = " ".join(tool.description.split())
    return f"- {tool.name}({', '.join(names)}): {description}"


def _free_values(arguments: Mapping[str, Any], schema: Mapping[str, Any]) -> list[Any]:
    """The values that the model had to find: texts and numbers, not choices out of a list."""
    properties = schema.get("properties")
    properties = properties if isinstance(properties, Mapping) else {}
    found: list[Any] = []
    for name, value in arguments.items():
        one = properties.get(name)
        if isinstance(one, Mapping) and ("enum" in one or "const" in one):
            continue
        found += _scalars(value)
    return found


def _scalars(value: Any) -> list[Any]:
    if isinstance(value, Mapping):
        return [leaf for one in value.values() for leaf in _scalars(one)]
    if isinstance(value, (list, tuple)):
        return [leaf for one in value for leaf in _scalars(one)]
    return [value] if isinstance(value, (str, int, float)) and not isinstance(value, bool) else []


def _appears(value: Any, text: str) -> bool:
    """One of the value's own words is in the text: a number, or a word of three letters or more."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    there = _folded(text)
    return any(word in there for word in _folded(str(value)) if len(word) > 2 or word.isdigit() or not word.isascii())


def _asked_for(tool: ToolDef, text: str) -> bool:
    """A tool without arguments is asked for by a word of its name."""
    there = _folded(text)
    return any(word in there for word in _folded(tool.name.replace("_", " ")) if len(word) > 2)


def _names(rest: str, question: str) -> bool:
    """Whether a number or a capitalised word is left, one that does not merely begin a sentence."""
    begins = {match.start(1) for match in re.finditer(r"(?:^|[.!?:\n]\s+)\W*(\w)", rest)}
    return any(
        any(char.isdigit() for char in match[0])
        or (match[0][0].isupper() and match.start() not in begins and match[0] != "I")
        for match in _WORD.finditer(rest)
    )


def _words(text: str) -> list[str]:
    return _WORD.findall(text)


def _folded(text: str) -> set[str]:
    return {word.casefold() for word in _words(text)}
