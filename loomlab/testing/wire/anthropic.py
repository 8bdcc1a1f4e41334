"""Anthropic's messages on a loopback port."""

import itertools
import json
from collections.abc import Iterator, Mapping
from typing import Any

from loomlab.testing.wire.script import Failure, Reply, WireCall
from loomlab.testing.wire.server import WireServer

_KINDS = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    500: "api_error",
    529: "overloaded_error",
}


class AnthropicWire(WireServer):
    """``POST {url}/v1/messages``, streamed or whole, as the request asks."""

    def whole(self, reply: Reply, body: Mapping[str, Any]) -> dict[str, Any]:
        """The reply as one JSON body."""
        content: list[dict[str, Any]] = [{"type": "text", "text": reply.text}] if reply.text else []
        content += [
            {"type": "tool_use", "id": call.id, "name": call.name, "input": _parsed(call)} for call in reply.tool_calls
        ]
        return {**_message(reply, body), "content": content, "stop_reason": _finish(reply), "usage": _usage(reply)}

    def events(self, reply: Reply, body: Mapping[str, Any]) -> Iterator[tuple[bool, str]]:
        """The reply as server-sent events."""
        start = {
            **_message(reply, body),
            "content": [],
            "stop_reason": None,
            "usage": {**_usage(reply), "output_tokens": 1},
        }
        yield False, _sse("message_start", message=start)
        yield False, _sse("ping")
        index = 0
        if reply.text or reply.endless:
            yield False, _sse("content_block_start", index=0, content_block={"type": "text", "text": ""})
            for piece in (f"word{n} " for n in itertools.count()) if reply.endless else reply.pieces(reply.text):
                yield True, _sse("content_block_delta", index=0, delta={"type": "text_delta", "text": piece})
            yield False, _sse("content_block_stop", index=0)
            index = 1
        for at, call in enumerate(reply.tool_calls, start=index):
            block = {"type": "tool_use", "id": call.id, "name": call.name, "input": {}}
            yield True, _sse("content_block_start", index=at, content_block=block)
            for piece in reply.pieces(call.text):
                yield (
                    True,
                    _sse("content_block_delta", index=at, delta={"type": "input_json_delta", "partial_json": piece}),
                )
            yield False, _sse("content_block_stop", index=at)
        if reply.drop_after is not None:
            yield True, ""
        delta = {"stop_reason": _finish(reply), "stop_sequence": None}
        yield False, _sse("message_delta", delta=delta, usage={"output_tokens": reply.output_tokens})
        yield False, _sse("message_stop")

    def failure(self, failure: Failure) -> dict[str, Any]:
        """The body of an HTTP error."""
        kind = failure.kind or _KINDS.get(failure.status, "api_error")
        return {"type": "error", "error": {"type": kind, "message": failure.message}}

    def error_event(self) -> str:
        """An error inside a stream."""
        return _sse("error", error={"type": "overloaded_error", "message": "Overloaded"})


def _message(reply: Reply, body: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": body.get("model", ""),
        "stop_sequence": None,
    }


def _finish(reply: Reply) -> str:
    return reply.finish or ("tool_use" if reply.tool_calls else "end_turn")


def _usage(reply: Reply) -> dict[str, int]:
    return {
        "input_tokens": reply.input_tokens,
        "output_tokens": reply.output_tokens,
        "cache_read_input_tokens": reply.cached_tokens,
        "cache_creation_input_tokens": reply.cache_write_tokens,
    }


def _parsed(call: WireCall) -> Any:
    try:
        return json.loads(call.text)
    except ValueError:
        return call.text


def _sse(kind: str, **data: Any) -> str:
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **data})}\n\n"
