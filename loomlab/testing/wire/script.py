"""What a wire server answers, in words that fit every provider."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal


@dataclass(frozen=True)
class WireCall:
    """One tool call. ``arguments`` as a text is sent as it is, broken JSON included."""

    name: str
    arguments: Mapping[str, Any] | str = field(default_factory=dict)
    id: str = "call_1"

    @property
    def text(self) -> str:
        """The arguments as they go over the wire."""
        return self.arguments if isinstance(self.arguments, str) else json.dumps(self.arguments)


@dataclass(frozen=True)
class Reply:
    """A model's reply.

    Attributes: ``piece`` (characters of text or arguments in one streamed piece); ``first_token_s`` (seconds before the
    first piece); ``finish`` (the provider's word for why it ends; None: the usual one); ``drop_after`` (pieces after
    which a streamed reply stops) and ``drop`` (how: ``cut`` breaks the connection, ``eof`` ends it in good order
    without the closing events, ``error`` sends the provider's error event); ``raw`` (a body sent instead, whatever it
    is); ``endless`` (pieces go on until the client leaves).
    """

    text: str = ""
    tool_calls: Sequence[WireCall] = ()
    input_tokens: int = 10
    output_tokens: int = 5
    cached_tokens: int = 0
    cache_write_tokens: int = 0
    finish: str | None = None
    piece: int = 4
    first_token_s: float = 0.0
    drop_after: int | None = None
    drop: Literal["cut", "eof", "error"] = "cut"
    raw: str | None = None
    endless: bool = False
    with_usage: bool = True
    refusal: str = ""

    def pieces(self, text: str) -> list[str]:
        """A text cut into what one event carries."""
        return [text[start : start + self.piece] for start in range(0, len(text), self.piece)]


@dataclass(frozen=True)
class Failure:
    """An HTTP error. ``kind`` and ``code`` are the provider's words in the error's body."""

    status: int
    message: str = "it failed"
    kind: str = ""
    code: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


Step = Reply | Failure
