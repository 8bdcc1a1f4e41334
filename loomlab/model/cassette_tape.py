"""The file behind a cassette: one JSON value a line, readable, redacted, safe to keep under version control.

The first line tells the format and the model; then ``{"request": …, "reply": […]}`` for each finished call, and
``{"measure": key, "value": number}`` for each figure. A reply's texts are plain strings, in the pieces they came in.
"""

import json
import os
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from loomlab.core.errors import ConfigError
from loomlab.core.messages import ModelChunk, ToolCall, Usage
from loomlab.core.redact import redact, redact_data
from loomlab.model.words import words

FORMAT = 1


@dataclass
class Recorded:
    """What a tape holds."""

    model: str
    network: bool = True
    native_schema: bool = False
    interactions: list[tuple[dict[str, Any], list[ModelChunk]]] = field(default_factory=list)
    measures: list[tuple[str, float]] = field(default_factory=list)


@cache
def _hand() -> ThreadPoolExecutor:
    """The one thread that touches tapes: in order, and never an event loop's. It finishes before the process ends."""
    return ThreadPoolExecutor(1, thread_name_prefix="loomlab-cassette")


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_hand.cache_clear)


class Tape:
    """Reads and writes one cassette file. A line that a crash left unfinished is dropped."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._torn_at: int | None = None

    def load(self) -> Recorded | None:
        """Everything on the tape; None where there is no file, or an empty one.

        Raises:
            ConfigError: the file is no cassette, of another format, or damaged.
        """
        return _hand().submit(self._load).result()

    def write(self, *lines: dict[str, Any], anew: bool = False) -> "Future[None]":
        """Append lines, to an emptied file where ``anew``. They are on the tape when the returned future is done."""
        text = "".join(_line(line) for line in lines)
        return _hand().submit(self._write, text, anew)

    def _load(self) -> Recorded | None:
        if not self.path.exists():
            return None
        raw = self.path.read_bytes()
        whole = raw[: raw.rfind(b"\n") + 1]
        self._torn_at = len(whole) if len(whole) != len(raw) else None
        lines = whole.decode("utf-8").split("\n")  # splitlines would also cut at separators inside a text
        if not lines[0]:
            return None
        recorded = self._header(self._json(lines[0], 1))
        for number, line in enumerate(lines[1:], start=2):
            if line.strip():
                self._read(self._json(line, number), number, recorded)
        return recorded

    def _write(self, text: str, anew: bool) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        if self._torn_at is not None and not anew:
            with self.path.open("r+b") as file:
                file.truncate(self._torn_at)
        self._torn_at = None
        with self.path.open("w" if anew else "a", encoding="utf-8", newline="\n") as file:
            file.write(text)

    def _header(self, head: Any) -> Recorded:
        version = head.get("loomlab_cassette") if isinstance(head, dict) else None
        if version is None:
            raise ConfigError(f"{self.path} is not a cassette")
        if version != FORMAT:
            raise ConfigError(
                f"{self.path} is a cassette of format {version}, this release reads {FORMAT}: record it again"
            )
        return Recorded(head["model"], head.get("network", True), head.get("native_schema", False))

    def _read(self, data: Any, number: int, into: Recorded) -> None:
        try:
            if "measure" in data:
                into.measures.append((data["measure"], data["value"]))
            else:
                into.interactions.append((data["request"], [_chunk(item) for item in data["reply"]]))
        except (KeyError, TypeError, ValueError) as exc:
            raise self._damaged(number, exc) from exc

    def _json(self, line: str, number: int) -> Any:
        try:
            return json.loads(line)
        except ValueError as exc:
            raise self._damaged(number, exc) from exc

    def _damaged(self, number: int, exc: Exception) -> ConfigError:
        return ConfigError(f"{self.path}, line {number} is damaged ({exc!r}): restore the file, or record it again")


def head_line(recorded: Recorded) -> dict[str, Any]:
    """A tape's first line."""
    return {
        "loomlab_cassette": FORMAT,
        "model": recorded.model,
        "network": recorded.network,
        "native_schema": recorded.native_schema,
    }


def interaction_line(request: dict[str, Any], chunks: Sequence[ModelChunk]) -> dict[str, Any]:
    """The line of one finished call."""
    return {"request": request, "reply": [_chunk_data(chunk) for chunk in chunks]}


def measure_line(key: str, value: float) -> dict[str, Any]:
    """The line of one figure."""
    return {"measure": key, "value": value}


def redacted_chunks(chunks: Sequence[ModelChunk]) -> list[ModelChunk]:
    """The chunks without secrets; a text that held one, perhaps across chunks, is cut anew, word by word."""
    text = "".join(chunk.text or "" for chunk in chunks)
    clean = redact(text)
    calls = [
        chunk.model_copy(
            update={"tool_call": chunk.tool_call.model_copy(update={"args": redact_data(chunk.tool_call.args)})}
        )
        if chunk.tool_call is not None
        else chunk
        for chunk in chunks
    ]
    if clean == text:
        return calls
    return [
        *(ModelChunk(kind="text", text=word) for word in words(clean)),
        *(one for one in calls if one.kind != "text"),
    ]


def _line(data: dict[str, Any]) -> str:
    line = json.dumps(data, ensure_ascii=False, default=str) + "\n"
    return line if _encodes(line) else json.dumps(data, default=str) + "\n"


def _encodes(line: str) -> bool:
    try:
        line.encode("utf-8")
    except UnicodeEncodeError:  # half a character, as broken streams leave it
        return False
    return True


def _chunk_data(chunk: ModelChunk) -> Any:
    if chunk.kind == "text":
        return chunk.text or ""
    if chunk.tool_call is not None:
        call = chunk.tool_call
        data = {"id": call.id, "tool": call.tool, "args": call.args}
        return {"tool_call": {**data, "error": call.error} if call.error else data}
    usage = chunk.usage or Usage()
    return {"finish": chunk.finish_reason, "usage": usage.model_dump()}


def _chunk(data: Any) -> ModelChunk:
    if isinstance(data, str):
        return ModelChunk(kind="text", text=data)
    if "tool_call" in data:
        return ModelChunk(kind="tool_call", tool_call=ToolCall.model_validate(data["tool_call"]))
    return ModelChunk(kind="finish", finish_reason=data["finish"], usage=Usage.model_validate(data["usage"]))
