"""OpenAI's chat completions on a loopback port."""

import itertools
import json
from collections.abc import Iterator, Mapping
from typing import Any

from loomlab.testing.wire.script import Failure, Reply
from loomlab.testing.wire.server import WireServer


class OpenAIWire(WireServer):
    """``POST {base_url}/chat/completions``, streamed or whole, as the request asks."""

    @property
    def base_url(self) -> str:
        """What an OpenAI client takes as ``base_url=``."""
        return f"{self.url}/v1"

    def whole(self, reply: Reply, body: Mapping[str, Any]) -> dict[str, Any]:
        """The reply as one JSON body."""
        message: dict[str, Any] = {"role": "assistant", "content": reply.text or None, "refusal": reply.refusal or None}
        if reply.tool_calls:
            message["tool_calls"] = [
                {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.text}}
                for call in reply.tool_calls
            ]
        return {
            **_head("chat.completion", body),
            "choices": [{"index": 0, "message": message, "finish_reason": _finish(reply)}],
            "usage": _usage(reply) if reply.with_usage else None,
        }

    def events(self, reply: Reply, body: Mapping[str, Any]) -> Iterator[tuple[bool, str]]:
        """The reply as server-sent events."""
        yield False, self._chunk(body, {"role": "assistant", "content": ""})
        for piece in (f"word{n} " for n in itertools.count()) if reply.endless else reply.pieces(reply.text):
            yield True, self._chunk(body, {"content": piece})
        for piece in reply.pieces(reply.refusal):
            yield True, self._chunk(body, {"refusal": piece})
        for index, call in enumerate(reply.tool_calls):
            start = {
                "index": index,
                "id": call.id,
                "type": "function",
                "function": {"name": call.name, "arguments": ""},
            }
            yield True, self._chunk(body, {"tool_calls": [start]})
            for piece in reply.pieces(call.text):
                yield True, self._chunk(body, {"tool_calls": [{"index": index, "function": {"arguments": piece}}]})
        if reply.drop_after is not None:
            yield True, ""
        yield False, self._chunk(body, {}, finish=_finish(reply))
        if reply.with_usage and (body.get("stream_options") or {}).get("include_usage"):
            yield False, _sse({**_head("chat.completion.chunk", body), "choices": [], "usage": _usage(reply)})
        yield False, "data: [DONE]\n\n"

    def failure(self, failure: Failure) -> dict[str, Any]:
        """The body of an HTTP error."""
        return {"error": {"message": failure.message, "type": failure.kind or None, "code": failure.code}}

    def error_event(self) -> str:
        """An error inside a stream."""
        return _sse({"error": {"message": "the server had an error", "type": "server_error", "code": None}})

    def _chunk(self, body: Mapping[str, Any], delta: Mapping[str, Any], finish: str | None = None) -> str:
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        return _sse({**_head("chat.completion.chunk", body), "choices": [choice]})


def _head(kind: str, body: Mapping[str, Any]) -> dict[str, Any]:
    return {"id": "chatcmpl-1", "object": kind, "created": 1, "model": body.get("model", "")}


def _finish(reply: Reply) -> str:
    return reply.finish or ("tool_calls" if reply.tool_calls else "stop")


def _usage(reply: Reply) -> dict[str, Any]:
    return {
        "prompt_tokens": reply.input_tokens,
        "completion_tokens": reply.output_tokens,
        "total_tokens": reply.input_tokens + reply.output_tokens,
        "prompt_tokens_details": {"cached_tokens": reply.cached_tokens},
    }


def _sse(data: Mapping[str, Any]) -> str:
    return f"data: {json.dumps(data)}\n\n"
