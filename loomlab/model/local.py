"""The embedded local model: a real, small chat model on this machine, with no key and no network."""

from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import aclosing
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from loomlab.core.errors import InvalidRequestError
from loomlab.core.messages import Message, ModelChunk, ToolDef, Usage
from loomlab.core.protocols import Completion
from loomlab.model.assembled import joined
from loomlab.model.local_engine import EngineKey, default_threads, engine, missing
from loomlab.model.local_outline import outline
from loomlab.model.local_prompt import ASK_JSON, SYSTEM, Conversation, conversation
from loomlab.model.local_schema import grammar_schema, schema_of, unfit
from loomlab.model.local_tools import call_schema, offer, open_question, read_call
from loomlab.model.local_weights import weights_path

TEXT_TOKENS = 256
JSON_TOKENS = 512
ASKED_FOR_NOTHING = 1.0
"""The protocol's default temperature, which callers pass when they have no wish."""


_DEFAULTS = {"name": "local", "n_ctx": 4096, "threads": None, "seed": 0, "temperature": 0.0}


class LocalModel:
    """SmolLM2-135M on this machine: weak, free, and the same answer to the same request every time.

    The weights (93 MB) are fetched on first use; one copy is loaded per process and requests wait for their turn. Tool
    calls and ``output_schema`` are enforced by a grammar, so they always parse as long as they are not cut off.

    Args:
        name: what the model is called in results; ``"local"`` reads ``local/`` and the name of the weights.
        n_ctx: tokens that prompt and reply may have together; a longer prompt is an ``InvalidRequestError``.
        threads: CPU threads; None takes half the cores, at most four, which stays fast on a busy machine.
        seed: of the sampling; None draws a new one for each request.
        temperature: used where the caller passes the protocol's default of 1.0, at which so small a model rambles;
            0 takes the likeliest token.

    Raises:
        ImportError: the package xllamacpp is missing.
        ConfigError: on first use, when the weights can't be had; the message says why and what to do.
    """

    network = False
    on_device = True
    native_schema = True

    def __init__(
        self,
        name: str = "local",
        *,
        n_ctx: int = 4096,
        threads: int | None = None,
        seed: int | None = 0,
        temperature: float = 0.0,
    ) -> None:
        if find_spec("xllamacpp") is None:
            raise missing()
        given = {"name": name, "n_ctx": n_ctx, "threads": threads, "seed": seed, "temperature": temperature}
        self.options = {key: value for key, value in given.items() if value != _DEFAULTS[key]}
        weights = weights_path()
        self.name = f"local/{_model_name(weights)}" if name == "local" else name
        self._key = EngineKey(weights, n_ctx, threads or default_threads())
        self._seed = seed
        self._temperature = temperature

    async def complete(
        self,
        messages: Sequence[Message],
        *,
        tools: Sequence[ToolDef] | None = None,
        temperature: float = 1.0,
        max_tokens: int | None = None,
        output_schema: Any = None,
    ) -> Completion:
        """The whole reply."""
        asked = self.stream(
            messages, tools=tools, temperature=temperature, max_tokens=max_tokens, output_schema=output_schema
        )
        return joined([chunk async for chunk in asked])

    async def stream(
        self,
        messages: Sequence[Message],
        *,
        tools: Sequence[ToolDef] | None = None,
        temperature: float = 1.0,
        max_tokens: int | None = None,
        output_schema: Any = None,
    ) -> AsyncIterator[ModelChunk]:
        """The reply as it is made: text token by token, or one tool call. Leaving early stops the generation."""
        talk = conversation(messages)
        heat = self._temperature if temperature == ASKED_FOR_NOTHING else temperature
        usage = Usage()
        if tools and (question := open_question(talk)) is not None:
            # Instructions and memories are left out: with them so small a model calls what it was not asked for.
            offered = talk.messages(offer(tools, question), system=SYSTEM)
            choice = call_schema(tools)
            async with aclosing(self._ask(offered, heat, max_tokens or JSON_TOKENS, choice, "a tool")) as pieces:
                decided = joined([piece async for piece in pieces])
            usage += decided[2]
            known = talk.known if not talk.last.calls else question
            if (call := read_call(decided[0], tools, known)) is not None:
                yield ModelChunk(kind="tool_call", tool_call=call)
                yield ModelChunk(kind="finish", finish_reason="tool_use", usage=usage)
                return
        async with aclosing(self._answer(talk, heat, max_tokens, output_schema)) as pieces:
            async for piece in pieces:
                if piece.kind == "finish" and piece.usage is not None:
                    piece = piece.model_copy(update={"usage": usage + piece.usage})
                yield piece

    def _answer(
        self, talk: Conversation, heat: float, max_tokens: int | None, output_schema: Any
    ) -> AsyncGenerator[ModelChunk, None]:
        if output_schema is None:
            return self._ask(talk.messages(), heat, max_tokens or TEXT_TOKENS)
        schema = schema_of(output_schema)
        name = getattr(output_schema, "__name__", None) or str(schema.get("title", "the answer"))
        told = talk.last.text(ASK_JSON.format(fields=outline(schema)))
        return self._ask(talk.messages(told), heat, max_tokens or JSON_TOKENS, grammar_schema(schema, name), name)

    async def _ask(
        self,
        messages: list[dict[str, Any]],
        heat: float,
        max_tokens: int,
        schema: Mapping[str, Any] | None = None,
        name: str = "",
    ) -> AsyncGenerator[ModelChunk, None]:
        """One generation: its text pieces, then the finish. ``name`` says what ``schema`` is for."""
        request: dict[str, Any] = {
            "messages": messages,
            "temperature": heat,
            "max_tokens": max_tokens,
            # A reused prompt is computed in other blocks, whose rounding can tip a token: the same request would not
            # always get the same answer.
            "cache_prompt": False,
        }
        if self._seed is not None:
            request["seed"] = self._seed
        if schema is not None:
            request["response_format"] = {"type": "json_schema", "json_schema": {"name": "reply", "schema": schema}}
        finish, usage = "stop", Usage()
        try:
            async with aclosing(engine(self._key).chat(request)) as pieces:
                async for piece in pieces:
                    for choice in piece.get("choices", ()):
                        if text := (choice.get("delta") or {}).get("content"):
                            yield ModelChunk(kind="text", text=text)
                        finish = choice.get("finish_reason") or finish
                    if counted := piece.get("usage"):
                        usage = Usage(
                            input_tokens=counted.get("prompt_tokens", 0),
                            output_tokens=counted.get("completion_tokens", 0),
                        )
        except InvalidRequestError as exc:
            if schema is None or not any(word in str(exc) for word in ("schema", "grammar")):
                raise
            raise unfit(name, str(exc)) from exc
        yield ModelChunk(kind="finish", finish_reason=finish, usage=usage)


def _model_name(weights: Path) -> str:
    return "SmolLM2-135M" if weights.name.startswith("SmolLM2-135M-") else weights.stem
