"""Vectors from OpenAI, and from every server that speaks the same protocol."""

from typing import Any

from loomlab.core.protocols import Secrets
from loomlab.memory.remote_embedder import RemoteEmbedder, called

_DIMENSIONS = {"text-embedding-3-small": 1536, "text-embedding-3-large": 3072, "text-embedding-ada-002": 1536}


class OpenAIEmbedder(RemoteEmbedder):
    """``text-embedding-3-small`` (1536 numbers a vector), ``-large`` (3072), or any model behind the same protocol.

    Args:
        model: the model's name.
        dimensions: ask for shorter vectors; sent only when given. Of a model that is not OpenAI's the true number is
            known after its first answer.
        client: an ``openai.AsyncOpenAI``, or anything with ``embeddings.create``.
        api_key: the key; else the one in ``secrets``, else the environment's ``OPENAI_API_KEY``.
        base_url: another server's address.
        secrets: where keys come from.

    Raises:
        AuthenticationError: no key anywhere.
        ImportError: the package openai is not installed.
    """

    provider = "OpenAI"
    variable = "OPENAI_API_KEY"
    most_texts = 2048
    most_bytes = 600_000

    def __init__(
        self,
        model: str = "text-embedding-3-small",
        *,
        dimensions: int | None = None,
        client: Any = None,
        api_key: str | None = None,
        base_url: str | None = None,
        secrets: Secrets | None = None,
    ) -> None:
        self._asked_dimensions = dimensions
        self._base_url = base_url
        known = dimensions or _DIMENSIONS.get(model, 1536)
        super().__init__(model, known, client=client, api_key=api_key, secrets=secrets)

    def _make_client(self) -> Any:
        try:
            from openai import AsyncOpenAI
        except ImportError as exc:
            raise ImportError("OpenAI embeddings need the package openai: pip install 'loomlab[openai]'") from exc
        client = AsyncOpenAI(api_key=self._key, base_url=self._base_url, max_retries=0)
        getattr(client, "embeddings", None)  # the SDK loads them on first sight: not in a call
        return client

    async def _ask(self, client: Any, texts: list[str], *, query: bool) -> tuple[list[list[float]], int]:
        request: dict[str, Any] = {"model": self.name, "input": texts, "encoding_format": "float"}
        if self._asked_dimensions is not None:
            request["dimensions"] = self._asked_dimensions
        answer = await called(client.embeddings.create, **request)
        data = sorted(answer.data, key=lambda one: one.index)
        return [list(one.embedding) for one in data], getattr(answer.usage, "prompt_tokens", 0) or 0
