"""What to tell somebody whose request is not on the tape: which recorded one is nearest, and what differs."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from difflib import unified_diff
from typing import Any

_WIDTH = 110
_LONGEST = 40


def difference(request: dict[str, Any], recorded: Iterable[dict[str, Any]]) -> str:
    """A diff from the nearest recorded request to this one, in readable lines; empty where nothing is recorded."""
    asked = readable(request)
    candidates = [readable(one) for one in recorded]
    if not candidates:
        return ""
    nearest = max(candidates, key=lambda lines: _likeness(lines, asked))
    diff = list(unified_diff(nearest, asked, "recorded", "asked now", n=1, lineterm=""))
    if len(diff) > _LONGEST:
        diff = [*diff[:_LONGEST], f"… {len(diff) - _LONGEST} more lines differ"]
    return "\n".join(diff)


def readable(request: dict[str, Any]) -> list[str]:
    """A normalised request as lines of text."""
    return [piece for line in _lines(request) for piece in _cut(line)]


def _lines(request: dict[str, Any]) -> Iterator[str]:
    yield f"temperature={request['temperature']} max_tokens={request['max_tokens']}"
    if request["schema"] is not None:
        yield f"schema: {json.dumps(request['schema'], ensure_ascii=False, sort_keys=True)}"
    for tool in request["tools"]:
        yield f"tool {tool['name']}: {tool['description']}"
        yield f"  takes {json.dumps(tool['input_schema'], ensure_ascii=False, sort_keys=True)}"
    for message in request["messages"]:
        who = message["role"] + (f" ({message['tool_call_id']})" if "tool_call_id" in message else "")
        for line in str(message["content"]).split("\n"):
            yield f"{who}: {line}"
        for call in message.get("tool_calls", ()):
            args = json.dumps(call["args"], ensure_ascii=False, sort_keys=True)
            yield f"{who} calls {call['tool']} ({call['id']}) {args}"


def _cut(line: str) -> Sequence[str]:
    """A long line in pieces, so that a diff shows where it differs."""
    return [line[start : start + _WIDTH] for start in range(0, len(line), _WIDTH)] or [""]


def _likeness(one: list[str], other: list[str]) -> float:
    shared = sum((Counter(one) & Counter(other)).values())
    return shared / max(len(one), len(other), 1)
