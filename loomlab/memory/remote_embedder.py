"""What the embedders behind a network have in common: batches, keys, clients, errors, and the bill."""

import inspect
import os
import random
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from typing import Any
from weakref import WeakKeyDictionary

import anyio
from anyio import sleep, to_thread
from anyio.lowlevel import RunVar

from loomlab.core.errors import AuthenticationError, ModelError, TransientModelError
from loomlab.core.messages import Usage
from loomlab.core.paying import current_payer
from loomlab.core.protocols import Secrets
from loomlab.memory.embedding_errors import translated
from loomlab.memory.embedding_price import price

ROLE = "embedder"
"""What the calls of embedders are booked under: in an evaluation's ledger, the part ``embedding``."""

RETRIES = 3
"""Times that a call is made again after a failure that may pass. The SDKs of the providers don't agree on what such a
failure is, nor on heeding ``Retry-After``; so their clients are told to try once."""

_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 60.0
"""Seconds: before the second try, doubled for each further one; and the most that a provider may ask us to wait."""

TEXT_BYTES = 24_000
"""A text is cut here (UTF-8): within what every provider takes, so that one long episode fails no batch."""

_clients: "RunVar[WeakKeyDictionary[RemoteEmbedder, Any]]" = RunVar("loomlab_embedding_clients")


class RemoteEmbedder(ABC):
    """An ``Embedder`` whose vectors a provider makes. Subclasses say how one batch is asked for.

    A ``client`` given from outside (the provider's SDK client, or anything with the same method, async or not) is used
    as it is and never closed. Without one, the key is ``api_key``, else the one in ``secrets``, else the environment's.
    """

    provider: str
    variable: str
    """The environment variable that holds the key."""
    most_texts: int
    """Texts the provider takes in one call."""
    most_bytes: int
    """Bytes of text the provider takes in one call, well on the safe side."""

    def __init__(
        self, model: str, dimensions: int, *, client: Any, api_key: str | None, secrets: Secrets | None
    ) -> None:
        self.name = model
        self.dimensions = dimensions
        self._given = client
        found = api_key or (secrets.lookup_sync(self.variable) if secrets is not None else None)
        self._key = found or os.environ.get(self.variable) or None
        if client is not None:
            key = getattr(client, "api_key", None)
            self._key = key if isinstance(key, str) and key else self._key
        elif self._key is None:
            raise AuthenticationError(
                f"{self.provider} embeddings need a key: set the environment variable {self.variable}, "
                "or pass api_key= or secrets=",
                provider=self.provider,
            )
        # Made at once, so that a missing package shows here and not in the middle of a run.
        self._spare: Any = self._make_client() if client is None else None

    @property
    def identity(self) -> str:
        """What vectors depend on besides the text: those of two embedders with one identity may be compared."""
        told = (getattr(self, name, None) for name in ("_asked_dimensions", "input_type", "_base_url"))
        return "|".join([self.provider, self.name, *(str(one or "") for one in told)])

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r})"

    async def embed(self, text: str) -> list[float]:
        """One vector, of a text that is stored or compared with stored ones."""
        return (await self.embed_batch([text]))[0]

    async def embed_batch(self, texts: list[str]) -> list[list[float]]:
        """One vector a text, in order; no call for an empty list.

        Raises ``ModelError`` (its ``retryable`` says whether a later try may succeed) when the provider fails.
        """
        return await self._vectors(texts, query=False)

    async def aclose(self) -> None:
        """Close the connections of the running event loop, where the client is our own."""
        client = self._here().pop(self, None)
        if hasattr(client, "__aexit__"):
            with anyio.move_on_after(2, shield=True), suppress(Exception):
                await client.__aexit__(None, None, None)

    @abstractmethod
    def _make_client(self) -> Any:
        """The provider's async client, which tries once; an ImportError says what to install."""

    @abstractmethod
    async def _ask(self, client: Any, texts: list[str], *, query: bool) -> tuple[list[list[float]], int]:
        """The vectors of one batch in order, and the tokens it cost."""

    async def _vectors(self, texts: list[str], *, query: bool) -> list[list[float]]:
        vectors: list[list[float]] = []
        tokens = 0
        try:
            for batch in self._batches(texts):
                found, used = await self._answered(batch, query)
                if len(found) != len(batch):
                    raise TransientModelError(
                        f"{self.provider} sent {len(found)} vectors for {len(batch)} texts", provider=self.provider
                    )
                vectors += found
                tokens += used
        finally:
            # What was asked for has been paid for, whatever became of the rest.
            payer = current_payer()
            if tokens and payer is not None:
                cost = price(self.name, tokens, self.provider.lower())
                await payer.count(ROLE, self.name, Usage(input_tokens=tokens, cost_usd=cost))
        if vectors:
            self.dimensions = len(vectors[0])
        return vectors

    async def _answered(self, batch: list[str], query: bool) -> tuple[list[list[float]], int]:
        """One batch, with further tries where that may help; a client from outside has its own way with them."""
        tries = 1 if self._given is not None else 1 + RETRIES
        for number in range(1, tries + 1):
            try:
                return await self._ask(self._client(), batch, query=query)
            except Exception as exc:
                error = translated(exc, provider=self.provider, key=self._key)
                pause = _pause(error, number)
                if number == tries or pause is None:
                    raise error from exc
            await sleep(pause)
        raise AssertionError("the last try returns or raises")

    def _batches(self, texts: list[str]) -> Iterator[list[str]]:
        batch: list[str] = []
        size = 0
        for text in texts:
            # Providers refuse a text with nothing in it.
            sent = _cut(text) if text.strip() else "."
            length = len(sent.encode("utf-8", "replace"))
            if batch and (len(batch) == self.most_texts or size + length > self.most_bytes):
                yield batch
                batch, size = [], 0
            batch.append(sent)
            size += length
        if batch:
            yield batch

    def _client(self) -> Any:
        """The client for the running event loop: connections live on the loop that opened them."""
        if self._given is not None:
            return self._given
        clients = self._here()
        if self not in clients:
            clients[self], self._spare = self._spare or self._make_client(), None
        return clients[self]

    @staticmethod
    def _here() -> "WeakKeyDictionary[RemoteEmbedder, Any]":
        try:
            return _clients.get()
        except LookupError:
            clients: WeakKeyDictionary[RemoteEmbedder, Any] = WeakKeyDictionary()
            _clients.set(clients)
            return clients


async def called(method: Callable[..., Any], **arguments: Any) -> Any:
    """The result of a client's method; one that is not async runs in a thread."""
    if inspect.iscoroutinefunction(method):
        return await method(**arguments)
    outcome = await to_thread.run_sync(lambda: method(**arguments))
    return await outcome if isinstance(outcome, Awaitable) else outcome


def _pause(error: Exception, number: int) -> float | None:
    """Seconds to wait after the failure of a try; None where another is of no use."""
    if not isinstance(error, ModelError) or not error.retryable:
        return None
    if error.retry_after is not None:
        return error.retry_after if error.retry_after <= _LONGEST_PAUSE else None
    return random.uniform(0.5, 1.0) * _FIRST_PAUSE * 2.0 ** (number - 1)


def _cut(text: str) -> str:
    data = text.encode("utf-8", "replace")
    return data[:TEXT_BYTES].decode("utf-8", "ignore") if len(data) > TEXT_BYTES else data.decode("utf-8")
