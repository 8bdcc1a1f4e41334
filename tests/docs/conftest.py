"""What the examples talk to: a local server with OpenAI's protocol that knows an answer to each of their prompts."""

import json
from collections.abc import Iterator

import pytest

from loomlab.testing.wire import Failure, OpenAIWire, Reply, WireCall, WireRequest

DELETE = Reply(tool_calls=[WireCall("delete_file", {"path": "notes.txt"})])
ANSWERS = {
    "Do I need an umbrella in Tokyo?": [
        Reply(tool_calls=[WireCall("get_weather", {"city": "Tokyo"})], input_tokens=71, output_tokens=15),
        Reply("No: the sky over Tokyo is clear, at 22 °C.", input_tokens=108, output_tokens=17),
    ],
    "How long does an egg boil?": [
        Reply("route: kitchen\nconfidence: 0.9", input_tokens=80, output_tokens=9),
        Reply("Six minutes, for a soft one.", input_tokens=70, output_tokens=8),
    ],
    "Is my key any good?": [Failure(401, "the key is not known", code="invalid_api_key")],
    "Who makes Lego bricks?": [Reply('{"name": "The Lego Group", "founded": 1932, "city": "Billund"}')],
    "Delete notes.txt": [
        DELETE,
        Reply("Done: notes.txt is gone."),
        DELETE,
        Reply("I was not allowed to delete notes.txt."),
    ],
}


class PromptedWire(OpenAIWire):
    """Answers a prompt with what ``ANSWERS`` holds for it, one a request."""

    def take(self, request: WireRequest) -> Reply | Failure:
        if "input" in request.body:
            texts = request.body["input"]
            data = [
                {"object": "embedding", "index": n, "embedding": [float(len(text)), 1.0]}
                for n, text in enumerate(texts)
            ]
            usage = {"prompt_tokens": 1, "total_tokens": 1}
            return Reply(raw=json.dumps({"object": "list", "data": data, "model": "e", "usage": usage}))
        self.steps = self.left[[one["content"] for one in request.body["messages"] if one["role"] == "user"][-1]]
        return super().take(request)

    def __enter__(self) -> "PromptedWire":
        self.left = {prompt: list(steps) for prompt, steps in ANSWERS.items()}
        return super().__enter__()


@pytest.fixture
def providers(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """``gpt-*`` models, keys and all, without OpenAI."""
    with PromptedWire() as wire:
        monkeypatch.setenv("OPENAI_API_KEY", "not-a-real-key")
        monkeypatch.setenv("OPENAI_BASE_URL", wire.base_url)
        yield
