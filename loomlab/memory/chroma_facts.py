"""Facts in Chroma."""

import os
from typing import Any, Self

from loomlab.core.protocols import Embedder
from loomlab.memory.chroma_client import ChromaClient
from loomlab.memory.chroma_store import store
from loomlab.memory.hash_embedder import HashEmbedder
from loomlab.memory.record_facts import RecordFactStore

FACTS = "loomlab_facts"
"""The collection of facts unless another is named."""


class ChromaFactStore(RecordFactStore):
    """Facts in a collection of their own; ``embedder`` defaults to ``HashEmbedder()``."""

    def __init__(self, client: Any, *, embedder: Embedder | None = None, collection_name: str = FACTS) -> None:
        connections = client if isinstance(client, ChromaClient) else ChromaClient(client)
        embedder = embedder or HashEmbedder()
        super().__init__(store(connections, collection_name, dimensions=embedder.dimensions), embedder=embedder)

    @classmethod
    def local(
        cls, directory: str | os.PathLike[str], *, embedder: Embedder | None = None, collection_name: str = FACTS
    ) -> Self:
        """Facts in a folder, opened when it is first used."""
        return cls(ChromaClient(folder=directory), embedder=embedder, collection_name=collection_name)

    @classmethod
    def ephemeral(cls, *, embedder: Embedder | None = None, collection_name: str = FACTS) -> Self:
        """Facts that last as long as this object."""
        return cls(ChromaClient(), embedder=embedder, collection_name=collection_name)
