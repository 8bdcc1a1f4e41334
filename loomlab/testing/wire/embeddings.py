"""Three providers' embeddings on a loopback port: OpenAI's, Voyage's and Cohere's, told apart by the request."""

from collections.abc import Iterator, Mapping
from typing import Any

from loomlab.testing.wire.script import Failure, Reply, Step
from loomlab.testing.wire.server import WireRequest, WireServer


class EmbeddingsWire(WireServer):
    """Answers every request with vectors of the texts' lengths and word counts, after the steps of its script.

    ``steps`` holds failures (or raw bodies) to answer first; ``input_tokens`` of a reply is what the call cost.
    """

    dimensions = 4

    def take(self, request: WireRequest) -> Step:
        """Keep the request; the step of the script, or else a good answer."""
        if self.steps:
            return super().take(request)
        self.requests.append(request)
        return Reply(input_tokens=7)

    def vector(self, text: str) -> list[float]:
        """The vector of a text."""
        return [float(len(text)), float(text.count(" ")), 1.0, 0.5][: self.dimensions]

    def whole(self, reply: Reply, body: Mapping[str, Any]) -> dict[str, Any]:
        """The reply as one JSON body; OpenAI's in an order that is not the one asked in."""
        if "texts" in body:
            vectors = [self.vector(text) for text in body["texts"]]
            billed = {"billed_units": {"input_tokens": reply.input_tokens}}
            return {"id": "e1", "embeddings": {"float": vectors}, "texts": body["texts"], "meta": billed}
        data = [
            {"object": "embedding", "index": index, "embedding": self.vector(text)}
            for index, text in enumerate(body["input"])
        ]
        if "input_type" not in body:
            data.reverse()
        usage = {"prompt_tokens": reply.input_tokens, "total_tokens": reply.input_tokens}
        return {"object": "list", "data": data, "model": body["model"], "usage": usage}

    def events(self, reply: Reply, body: Mapping[str, Any]) -> Iterator[tuple[bool, str]]:
        """Embeddings are never streamed."""
        yield from ()

    def failure(self, failure: Failure) -> dict[str, Any]:
        """The body of an HTTP error, with each provider's word for its text."""
        error = {"message": failure.message, "type": failure.kind or None, "code": failure.code}
        return {"error": error, "detail": failure.message, "message": failure.message}

    def error_event(self) -> str:
        """Embeddings are never streamed."""
        return ""
