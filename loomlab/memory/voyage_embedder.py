"""Vectors from Voyage AI."""

from typing import Any

from loomlab.core.protocols import Secrets
from loomlab.memory.remote_embedder import RemoteEmbedder, called

_DIMENSIONS = {"voyage-3-lite": 512, "voyage-code-2": 1536, "voyage-large-2": 1536}


class VoyageEmbedder(RemoteEmbedder):
    """``voyage-3`` (1024 numbers a vector), ``voyage-3-lite`` (512), and their relatives.

    Args:
        model: the model's name.
        client: a ``voyageai.AsyncClient``, or anything with ``embed``.
        api_key: the key; else the one in ``secrets``, else the environment's ``VOYAGE_API_KEY``.
        input_type: what the texts are told to be; ``embed_query`` tells ``query`` instead. None tells nothing.
        base_url: another server's address.
        secrets: where keys come from.

    Raises:
        AuthenticationError: no key anywhere.
        ImportError: the package voyageai is not installed.
    """

    provider = "Voyage"
    variable = "VOYAGE_API_KEY"
    most_texts = 1000
    most_bytes = 240_000

    def __init__(
        self,
        model: str = "voyage-3",
        *,
        client: Any = None,
        api_key: str | None = None,
        input_type: str | None = "document",
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
            from voyageai.client_async import AsyncClient
        except ImportError as exc:
            raise ImportError("Voyage embeddings need the package voyageai: pip install 'loomlab[voyage]'") from exc
        # It counts tries, not retries.
        return AsyncClient(api_key=self._key, base_url=self._base_url, max_retries=1)

    async def _ask(self, client: Any, texts: list[str], *, query: bool) -> tuple[list[list[float]], int]:
        kind = "query" if query and self.input_type is not None else self.input_type
        answer = await called(client.embed, texts=texts, model=self.name, input_type=kind)
        return [list(map(float, one)) for one in answer.embeddings], getattr(answer, "total_tokens", 0) or 0
