"""A model that says what it was told to say: for tests, examples and tutorials."""

from collections import deque
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from loomlab.core.messages import Message, ModelChunk, ToolCall, ToolDef, Usage
from loomlab.core.protocols import Completion
from loomlab.model.request import ModelRequest
from loomlab.model.words import words


@dataclass(slots=True)
class ScriptedTurn:
    """One reply: text, tool calls, usage. With ``error`` the call raises that instead (after the text, when streamed).

    ``finish_reason`` defaults to ``tool_use`` where there are tool calls and to ``stop`` elsewhere.
    """

    text: str = ""
    tool_calls: list[ToolCall] = field(default_factory=list)
    usage: Usage = field(default_factory=Usage)
    finish_reason: str | None = None
    error: Exception | None = None

    @property
    def finish(self) -> str:
        """Why the reply ends here."""
        return self.finish_reason or ("tool_use" if self.tool_calls else "stop")


class ScriptedModel:
    """Replays turns in order; when they are used up, it answers with empty text.

    A turn may be a plain text. ``requests`` keeps what the model was asked, oldest first.
    """

    name = "scripted"
    network = False

    def __init__(self, turns: Iterable[ScriptedTurn | str] = ()) -> None:
        self._turns = deque(ScriptedTurn(turn) if isinstance(turn, str) else turn for turn in turns)
        self.requests: list[ModelRequest] = []

    def __repr__(self) -> str:
        return f"ScriptedModel({self.remaining} turns left)"

    @property
    def remaining(self) -> int:
        """How many turns are left."""
        return len(self._turns)

    def _next(self, request: ModelRequest) -> ScriptedTurn:
        self.requests.append(request)
        return self._turns.popleft() if self._turns else ScriptedTurn()

    async def stream(
        self,
        messages: Sequence[Message],
        *,
        tools: Sequence[ToolDef] | None = None,
        temperature: float = 1.0,
        max_tokens: int | None = None,
        output_schema: Any = None,
    ) -> AsyncIterator[ModelChunk]:
        """The next turn: its text word by word, its tool calls, the finish."""
        turn = self._next(ModelRequest.of(messages, tools, temperature, max_tokens, output_schema))
        for word in words(turn.text):
            yield ModelChunk(kind="text", text=word)
        if turn.error is not None:
            raise turn.error
        for call in turn.tool_calls:
            yield ModelChunk(kind="tool_call", tool_call=call)
        yield ModelChunk(kind="finish", finish_reason=turn.finish, usage=turn.usage)

    async def complete(
        self,
        messages: Sequence[Message],
        *,
        tools: Sequence[ToolDef] | None = None,
        temperature: float = 1.0,
        max_tokens: int | None = None,
        output_schema: Any = None,
    ) -> Completion:
        """The next turn at once."""
        turn = self._next(ModelRequest.of(messages, tools, temperature, max_tokens, output_schema))
        if turn.error is not None:
            raise turn.error
        return turn.text, list(turn.tool_calls), turn.usage, turn.finish
