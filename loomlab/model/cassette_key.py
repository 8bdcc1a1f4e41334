"""When two requests are the same request: what differs by chance between two runs is levelled out."""

import re
import tempfile
from functools import cache
from typing import Any

from loomlab.core.ids import deterministic_hash
from loomlab.core.messages import Message
from loomlab.core.redact import redact, redact_data
from loomlab.model.request import ModelRequest
from loomlab.model.schema import answer_schema

_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?:Z|[+-]\d\d:?\d\d)?")
_ULID = re.compile(r"\b(?:(?P<prefix>[a-z]+(?:_[a-z]+)*)_)?(?P<ulid>[0-7][0-9A-HJKMNP-TV-Z]{25})\b")


@cache
def _temporary() -> re.Pattern[str]:
    """Paths below the folder for temporary files, which is looked for when it is first asked for."""
    return re.compile(re.escape(tempfile.gettempdir()) + r"[/\\][\w.-]+")


def normalised(request: ModelRequest) -> dict[str, Any]:
    """The request as redacted JSON data in which times, our ids and the calls' ids are told by their order only."""
    level = _Leveller()
    answer = answer_schema(request.output_schema)
    schema = (
        answer.schema if answer is not None else None if request.output_schema is None else repr(request.output_schema)
    )
    tools = [
        {"name": tool.name, "description": tool.description, "input_schema": tool.input_schema}
        for tool in request.tools
    ]
    data = {
        "messages": [level.message(message) for message in request.messages],
        "tools": level.data(sorted(tools, key=lambda tool: str(tool["name"]))),
        "temperature": float(request.temperature),
        "max_tokens": request.max_tokens,
        "schema": level.data(schema),
    }
    redacted: dict[str, Any] = redact_data(data)
    return redacted


def normalised_key(key: str) -> str:
    """A figure's key, levelled and redacted in the same way: it may hold the arguments of a tool call."""
    return redact(_Leveller().text(key))


def digest(normal: dict[str, Any]) -> str:
    """The key of a normalised request."""
    return deterministic_hash(normal)


class _Leveller:
    """Replaces what is random by numbers in the order of appearance, within one request."""

    def __init__(self) -> None:
        self._ids: dict[str, str] = {}
        self._calls: dict[str, str] = {}

    def message(self, message: Message) -> dict[str, Any]:
        data: dict[str, Any] = {"role": message.role.value, "content": self.text(message.content)}
        if message.name:
            data["name"] = self.text(message.name)
        if message.tool_call_id:
            data["tool_call_id"] = self._call(message.tool_call_id)
        if message.tool_calls:
            data["tool_calls"] = [
                {"id": self._call(call.id), "tool": call.tool, "args": self.data(call.args)}
                for call in message.tool_calls
            ]
        return data

    def data(self, value: Any) -> Any:
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return {str(key): self.data(item) for key, item in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.data(item) for item in value]
        return value if value is None or isinstance(value, (bool, int, float)) else self.text(str(value))

    def text(self, text: str) -> str:
        text = _TIME.sub("<time>", text)
        text = _temporary().sub("<temp>", text)
        return _ULID.sub(self._id, text)

    def _call(self, call_id: str) -> str:
        return self._calls.setdefault(call_id, f"call_{len(self._calls) + 1}")

    def _id(self, found: re.Match[str]) -> str:
        prefix = found["prefix"] or "id"
        return self._ids.setdefault(found[0], f"{prefix}_{len(self._ids) + 1}")
