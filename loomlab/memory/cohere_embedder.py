"""Vectors from Cohere."""

from typing import Any

from loomlab.core.protocols import Secrets
from loomlab.memory.remote_embedder import RemoteEmbedder, called

_DIMENSIONS = {"embed-english-light-v3.0": 384, "embed-multilingual-light-v3.0": 384, "embed-v4.0": 1536}


class CohereEmbedder(RemoteEmbedder):
    """``embed-english-v3.0`` (1024 numbers a vector), ``embed-english-light-v3.0`` (384), and their relatives.

    Args:
        model: the model's name.
        client: a ``cohere.AsyncClientV2``, or anything with ``embed``.
        api_key: the key; else the one in ``secrets``, else the environment's ``COHERE_API_KEY``.
        input_type: what the texts are told to be; ``embed_query`` tells ``search_query`` instead.
        base_url: another server's address.
        secrets: where keys come from.

    Raises:
        AuthenticationError: no key anywhere.
        ImportError: the package cohere is not installed.
    """

    provider = "Cohere"
    variable = "COHERE_API_KEY"
    most_texts = 96
    most_bytes = 600_000

    def __init__(
        self,
        model: str = "embed-english-v3.0",
        *,
        client: Any = None,
        api_key: str | None = None,
        input_type: str = "search_document",
        base_url: str | None = None,
        secrets: Secrets | None = None,
    ) -> None:
        self.input_type = input_type
        self._base_url = base_url
        super().__init__(model, _DIMENSIONS.get(model, 1024), client=client, api_key=api_key, secrets=secrets)

    async def embed_query(self, text: str) -> list[float]:
        """The vector of a question, to be compared with those of documents."""
        return (await self._vectors([text], query=True))[0]

    def _make_client(self) -> Any:
        try:
            from cohere import AsyncClientV2
        except ImportError as exc:
            raise ImportError("Cohere embeddings need the package cohere: pip install 'loomlab[cohere]'") from exc
        return AsyncClientV2(api_key=self._key, base_url=self._base_url, max_retries=0)

    async def _ask(self, client: Any, texts: list[str], *, query: bool) -> tuple[list[list[float]], int]:
        answer = await called(
            client.embed,
            texts=texts,
            model=self.name,
            input_type="search_query" if query else self.input_type,
            embedding_types=["float"],
        )
        units = getattr(getattr(answer, "meta", None), "billed_units", None)
        # The SDK names the field ``float_``, as ``float`` is Python's.
        vectors = getattr(answer.embeddings, "float_", None) or getattr(answer.embeddings, "float", None) or []
        return [list(one) for one in vectors], int(getattr(units, "input_tokens", 0) or 0)
