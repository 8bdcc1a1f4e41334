"""A model on tape: answers are recorded once and replayed ever after, without a key and without a network."""

import warnings
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any, Literal

from loomlab.core.errors import AuthenticationError, ConfigError
from loomlab.core.messages import Message, ModelChunk, ToolDef
from loomlab.core.protocols import Completion, Model, Secrets
from loomlab.model.assembled import collect, joined, pieces
from loomlab.model.cassette_key import normalised
from loomlab.model.cassette_recording import Recording
from loomlab.model.cassette_tape import Recorded, Tape
from loomlab.model.clients import close
from loomlab.model.request import ModelRequest
from loomlab.model.resolve import resolve_model

_MODES = ("auto", "record", "replay")


class CassetteModel:
    """Records what ``inner`` answers, and replays it.

    Two requests are the same when their messages, tools, temperature, ``max_tokens`` and schema are, apart from clock
    times, our ids, call ids and temporary paths. The nth same request gets the nth recorded reply; past the last one it
    is a miss, except that a single recorded reply serves every time. Streaming and ``complete`` share recordings.
    Secrets are redacted on the tape, so a replayed text shows ``[REDACTED]`` where the live one did not. Failed and
    abandoned calls are not recorded. Also a ``Stopwatch``: measured figures are kept and repeated.

    Args:
        inner: a model, a model's name, or None (replay only). Made on first use: replaying needs no key and no SDK.
        path: the tape, a ``.jsonl`` file.
        mode: ``auto`` replays what there is and records what is missing; ``record`` begins a new tape; ``replay`` never
            asks ``inner``.
        secrets: where keys come from, for an ``inner`` given by name.

    Raises:
        ConfigError: nothing to replay and nothing to record from, or a damaged tape.
    """

    def __init__(
        self,
        inner: Model | str | None,
        path: str | Path,
        *,
        mode: Literal["auto", "record", "replay"] = "auto",
        secrets: Secrets | None = None,
    ) -> None:
        if mode not in _MODES:
            raise ConfigError(f"CassetteModel: mode must be one of {', '.join(_MODES)}, not {mode!r}")
        self.path = Path(path)
        self.mode = mode
        self._spec = inner
        self._secrets = secrets
        self._inner: Model | None = None if inner is None or isinstance(inner, str) else inner
        tape = Tape(self.path)
        recorded = tape.load() if mode != "record" else None
        can_record = mode != "replay" and inner is not None
        if recorded is None and not can_record:
            remedy = "record it first, with a model and mode='record'" if mode == "replay" else "give a model to record"
            raise ConfigError(f"CassetteModel: there is no tape at {self.path}; {remedy}")
        if recorded is not None and self._inner is not None and mode == "auto" and self._inner.name != recorded.model:
            warnings.warn(
                f"{self.path} was recorded from {recorded.model}, not {self._inner.name}: its replies stay "
                f"{recorded.model}'s until it is recorded anew (mode='record')",
                UserWarning,
                stacklevel=2,
            )
        self._recording = Recording(tape, recorded, can_record=can_record, describe=self._describe)

    def __repr__(self) -> str:
        return f"CassetteModel({str(self.path)!r}, mode={self.mode!r})"

    def _describe(self) -> Recorded:
        inner = self.inner
        return Recorded(
            inner.name, bool(getattr(inner, "network", False)), bool(getattr(inner, "native_schema", False))
        )

    def _head(self) -> Recorded:
        return self._recording.head or self._describe()

    @property
    def name(self) -> str:
        """The recorded model's name."""
        return self._head().model

    @property
    def network(self) -> bool:
        """Whether the recorded model calls a provider: a replayed run then takes the same turns as the recorded one."""
        return self._head().network

    @property
    def native_schema(self) -> bool:
        """Whether the recorded model enforces ``output_schema`` by itself."""
        return self._head().native_schema

    @property
    def replaying(self) -> bool:
        """True as long as everything of this pass came from the tape."""
        return not self._recording.live

    @property
    def inner(self) -> Model:
        """The model that is recorded. Raises ConfigError where there is none."""
        if self._inner is None:
            if self._spec is None:
                raise ConfigError("this cassette replays only: it was made without a model")
            self._inner = resolve_model(self._spec, secrets=self._secrets)
        return self._inner

    async def stream(
        self,
        messages: Sequence[Message],
        *,
        tools: Sequence[ToolDef] | None = None,
        temperature: float = 1.0,
        max_tokens: int | None = None,
        output_schema: Any = None,
    ) -> AsyncIterator[ModelChunk]:
        """The recorded reply in the pieces it came in, or the inner model's, which is then recorded.

        Raises:
            CassetteMiss: the reply is not on the tape and may not be recorded.
        """
        asked, normal = _request(messages, tools, temperature, max_tokens, output_schema)
        chunks = self._recording.find(normal)
        if chunks is not None:
            for chunk in chunks:
                yield chunk
            return
        heard: list[ModelChunk] = []
        stream = self._to_record(normal).stream(messages, **asked)
        try:
            async for chunk in stream:
                heard.append(chunk)
                if chunk.kind == "finish":
                    await self._recording.keep(normal, heard)
                yield chunk
        finally:
            await close(stream)

    async def complete(
        self,
        messages: Sequence[Message],
        *,
        tools: Sequence[ToolDef] | None = None,
        temperature: float = 1.0,
        max_tokens: int | None = None,
        output_schema: Any = None,
    ) -> Completion:
        """The same, as a whole reply."""
        asked, normal = _request(messages, tools, temperature, max_tokens, output_schema)
        chunks = self._recording.find(normal)
        if chunks is not None:
            return joined(chunks)
        reply = await collect(self._to_record(normal), messages, **asked)
        await self._recording.keep(normal, pieces(reply))
        return reply

    def measure(self, key: str, value: float) -> float:
        """The figure to show for ``key``: the nth recorded one on replay, else ``value``, which is then recorded."""
        return self._recording.measure(key, value)

    def rewind(self) -> None:
        """Begin the next pass: what is on the tape is replayed from its start again, in every mode."""
        self._recording.rewind()

    def _to_record(self, request: dict[str, Any]) -> Model:
        """The inner model; where it cannot be made (no key, no package), the miss that led here is told."""
        try:
            return self.inner
        except (AuthenticationError, ConfigError, ImportError) as exc:
            if self._recording.head is None:
                raise
            raise self._recording.miss(request, why=f"It could not be recorded: {exc}") from exc

    async def aclose(self) -> None:
        """Close the inner model, where it was used and can be closed."""
        shut = getattr(self._inner, "aclose", None)
        if shut is not None:
            await shut()


def _request(
    messages: Sequence[Message],
    tools: Sequence[ToolDef] | None,
    temperature: float,
    max_tokens: int | None,
    schema: Any,
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The keyword arguments to pass on, and the normalised request."""
    asked = {"tools": tools, "temperature": temperature, "max_tokens": max_tokens, "output_schema": schema}
    return asked, normalised(ModelRequest.of(messages, tools, temperature, max_tokens, schema))
