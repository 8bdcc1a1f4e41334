"""Messages and figures of a model call as inspect_ai has them, and back. Plain data in, plain data out."""

from collections.abc import Mapping
from typing import Any

from loomlab.core.messages import Role

OURS = "loomlab"
"""Under this name stands, in the metadata of theirs, what only we know."""

_STOPS = {
    "stop": "stop",
    "end_turn": "stop",
    "tool_calls": "tool_calls",
    "tool_use": "tool_calls",
    "length": "max_tokens",
    "max_tokens": "max_tokens",
    "content_filter": "content_filter",
}


def to_chat(message: Mapping[str, Any]) -> dict[str, Any]:
    """A message of ours as theirs. What does not fit stands beside it, so that ``from_chat`` gives the same back."""
    role = str(message.get("role") or Role.USER.value)
    made: dict[str, Any] = {"role": role, "content": str(message.get("content") or "")}
    if role == Role.ASSISTANT.value and message.get("tool_calls"):
        made["tool_calls"] = [to_call(call) for call in message["tool_calls"]]
    if role == Role.TOOL.value:
        made["tool_call_id"] = message.get("tool_call_id")
        made["function"] = message.get("name")
    if from_chat(made) != message:
        made["metadata"] = {OURS: dict(message)}
    return made


def from_chat(message: Mapping[str, Any]) -> dict[str, Any]:
    """A message of theirs as ours, without what is not set; pictures and the like become a word in brackets."""
    kept = (message.get("metadata") or {}).get(OURS)
    if isinstance(kept, Mapping):
        return dict(kept)
    made: dict[str, Any] = {"role": message.get("role", Role.USER.value), "content": content_text(message["content"])}
    if message.get("tool_calls"):
        made["tool_calls"] = [from_call(call) for call in message["tool_calls"]]
    if made["role"] == Role.TOOL.value:
        made |= {"tool_call_id": message["tool_call_id"]} if message.get("tool_call_id") else {}
        made |= {"name": message["function"]} if message.get("function") else {}
        error = message.get("error")
        if error and not made["content"]:
            made["content"] = f"ERROR: {error.get('message')}"
    return made


def to_call(call: Mapping[str, Any]) -> dict[str, Any]:
    """A tool call as theirs."""
    arguments = call.get("args")
    made: dict[str, Any] = {"id": str(call.get("id") or ""), "function": str(call.get("tool") or "")}
    made["arguments"] = dict(arguments) if isinstance(arguments, Mapping) else {}
    return made | ({"parse_error": str(call["error"])} if call.get("error") else {})


def from_call(call: Mapping[str, Any]) -> dict[str, Any]:
    """A tool call of theirs as ours, without what is not set."""
    made: dict[str, Any] = {"id": call["id"], "tool": call["function"]}
    made |= {"args": dict(call["arguments"])} if call.get("arguments") else {}
    return made | ({"error": call["parse_error"]} if call.get("parse_error") else {})


def content_text(content: Any) -> str:
    """The text of a message's content."""
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return ""
    parts = []
    for part in content:
        kind = part.get("type")
        if kind == "text":
            parts.append(str(part.get("text") or ""))
        elif kind != "reasoning":  # what a model thought to itself is no part of what it said
            parts.append(f"[{kind}]")
    return "\n".join(part for part in parts if part)


def to_usage(
    tokens_in: int | None, tokens_out: int | None, cost_usd: float | None, cached_tokens: int = 0
) -> dict[str, Any]:
    """Tokens and dollars as theirs; a cost that is not known is left out."""
    came, went = tokens_in or 0, tokens_out or 0
    made: dict[str, Any] = {"input_tokens": came, "output_tokens": went, "total_tokens": came + went}
    made |= {"input_tokens_cache_read": cached_tokens} if cached_tokens else {}
    return made if cost_usd is None else made | {"total_cost": cost_usd}


def to_stop(reason: Any, calls: bool) -> str:
    """Why a model stopped, in one of their words."""
    return _STOPS.get(str(reason), "tool_calls" if calls else "unknown" if reason else "stop")
