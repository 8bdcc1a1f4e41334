"""A stand-in for a provider that answers from a file, so that documentation runs without a key and without a network.

Guides and examples call it in their first cell: ``stand_in("answers/refunds.json")``. From then on a client of OpenAI's
protocol in this process, ours or anybody's, talks to a local server. It keeps no state: the same messages get the same
answer, however often and in whatever order they come.
"""

import json
import math
import os
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from loomlab.testing.wire.openai import OpenAIWire
from loomlab.testing.wire.script import Failure, Reply, Step, WireCall
from loomlab.testing.wire.server import WireRequest

_PLACES = frozenset({"system", "user", "before", "tool"})
_KEPT: list["PreparedWire"] = []  # the server of this process, there as long as the process


class PreparedWire(OpenAIWire):
    """Answers chat completions by the first answer of a JSON file that fits, and embeddings by the words of the text.

    The file holds a list. Each item says ``when`` it fits: ``system`` and ``user`` are parts of the system messages and
    of the last user message, ``before`` is a part of an earlier message, ``tool`` of the result of the tool
    that was called last (an item without it does not answer tool results). And it says what the answer is: ``say`` a
    text, ``call`` a list of ``{tool: arguments}``, or ``json`` an object for a request that asks for one, as the
    reply or as the call of the tool that such requests offer last.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        super().__init__()
        self.answers: list[dict[str, Any]] = json.loads(Path(path).read_text(encoding="utf-8"))
        unknown = {key for one in self.answers for key in one.get("when", {})} - _PLACES
        if unknown:
            raise ValueError(
                f"an answer is prepared by {', '.join(sorted(_PLACES))}, not by {', '.join(sorted(unknown))}"
            )

    def take(self, request: WireRequest) -> Step:
        """Keep the request; the answer that fits it."""
        with self._lock:
            self.requests.append(request)
        if "input" in request.body:
            return Reply(raw=json.dumps(_embedded(request.body)))
        said = [(one["role"], _text(one.get("content"))) for one in request.body["messages"]]
        answer = next((one for one in self.answers if _fits(one.get("when", {}), said)), None)
        if answer is None:
            role, last = said[-1]
            return Failure(400, f"no answer is prepared for this {role} message: {last[:300]}")
        text, calls = answer.get("say", ""), answer.get("call", [])
        if "json" in answer:
            offered = [one["function"]["name"] for one in request.body.get("tools", ())]
            if request.body.get("response_format") or not offered:
                text = json.dumps(answer["json"])
            else:
                calls = [{offered[-1]: answer["json"]}]
        turn = sum(role == "tool" for role, _ in said)
        made = [
            WireCall(name, arguments, f"call_{turn}_{number}")
            for number, one in enumerate(calls, 1)
            for name, arguments in one.items()
        ]
        sent = sum(len(words.split()) for _, words in said)
        return Reply(text, made, input_tokens=sent, output_tokens=len(text.split()) + 12 * len(made))


def stand_in(path: str | os.PathLike[str]) -> PreparedWire:
    """Put a server with the answers of ``path`` in the place of OpenAI, for the rest of this process.

    ``OPENAI_BASE_URL`` and ``OPENAI_API_KEY`` name it. ``requests`` of what is returned keeps what came in.
    """
    for one in _KEPT:
        one.__exit__()
    _KEPT[:] = [PreparedWire(path).__enter__()]
    os.environ["OPENAI_BASE_URL"] = _KEPT[0].base_url
    os.environ["OPENAI_API_KEY"] = "no-key-is-needed"
    return _KEPT[0]


def _fits(when: Mapping[str, str], said: list[tuple[str, str]]) -> bool:
    role, last = said[-1]
    users = [text for who, text in said if who == "user"]
    places = {
        "system": "\n".join(text for who, text in said if who in ("system", "developer")),
        "user": users[-1] if users else "",
        "before": "\n".join(text for _, text in said[:-1]),
        "tool": last,
    }
    return (role == "tool") == ("tool" in when) and all(part in places[place] for place, part in when.items())


def _text(content: Any) -> str:
    if isinstance(content, list):
        return "\n".join(_text(part.get("text")) for part in content)
    return content or ""


def _embedded(body: Mapping[str, Any]) -> dict[str, Any]:
    texts = [body["input"]] if isinstance(body["input"], str) else body["input"]
    size = body.get("dimensions") or 1536
    data = [
        {"object": "embedding", "index": index, "embedding": list(_vector(text, size))}
        for index, text in enumerate(texts)
    ]
    used = sum(len(text.split()) for text in texts)
    return {
        "object": "list",
        "data": data,
        "model": body["model"],
        "usage": {"prompt_tokens": used, "total_tokens": used},
    }


def _vector(text: str, size: int) -> Iterator[float]:
    counts = [0.0] * size
    for word in "".join(one if one.isalnum() else " " for one in text.casefold()).split():
        counts[zlib.crc32(word.encode()) % size] += 1.0
    length = math.sqrt(sum(one * one for one in counts)) or 1.0
    yield from (one / length for one in counts)
