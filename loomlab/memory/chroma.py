"""Memory in Chroma, in a folder, in this process or on a server: ``pip install 'loomlab[chroma]'``."""

import os
from typing import Any, Self

from loomlab.core.protocols import Embedder, FactStore
from loomlab.memory.chroma_client import ChromaClient
from loomlab.memory.chroma_facts import ChromaFactStore
from loomlab.memory.chroma_store import store
from loomlab.memory.consolidating import Consolidates
from loomlab.memory.hash_embedder import HashEmbedder
from loomlab.memory.record_memory import RecordMemory

__all__ = ["ChromaFactStore", "ChromaMemory"]

_EPISODES = "loomlab_episodes"


class ChromaMemory(RecordMemory):
    """Blocks, episodes and facts in the collection ``collection_name`` of a Chroma client.

    A folder is used by one process at a time, as Chroma asks. ``embedder`` defaults to ``HashEmbedder()``; the
    collection's vectors have its length. Facts are kept with ``with_facts=True``, in the same collection, or in
    ``fact_store``. Erasing rewrites the database file of a folder; the bare numbers of erased vectors may stay in
    Chroma's index files until it rebuilds them.
    """

    def __init__(
        self,
        client: Any,
        *,
        embedder: Embedder | None = None,
        collection_name: str = _EPISODES,
        fact_store: FactStore | None = None,
        with_facts: bool = False,
        consolidator: Consolidates | None = None,
    ) -> None:
        connections = client if isinstance(client, ChromaClient) else ChromaClient(client)
        embedder = embedder or HashEmbedder()
        super().__init__(
            store(connections, collection_name, dimensions=embedder.dimensions),
            embedder=embedder,
            consolidator=consolidator,
            fact_store=fact_store,
            with_facts=with_facts,
        )

    @classmethod
    def local(
        cls,
        directory: str | os.PathLike[str],
        *,
        embedder: Embedder | None = None,
        collection_name: str = _EPISODES,
        with_facts: bool = False,
        facts_collection_name: str | None = None,
        consolidator: Consolidates | None = None,
    ) -> Self:
        """Memory in a folder, opened when it is first used. ``facts_collection_name``: facts in one of their own."""
        client = ChromaClient(folder=directory)
        return cls._over(client, embedder, collection_name, with_facts, facts_collection_name, consolidator)

    @classmethod
    def ephemeral(
        cls,
        *,
        embedder: Embedder | None = None,
        collection_name: str = _EPISODES,
        with_facts: bool = False,
        facts_collection_name: str | None = None,
        consolidator: Consolidates | None = None,
    ) -> Self:
        """Memory that lasts as long as this object, and is its alone."""
        return cls._over(ChromaClient(), embedder, collection_name, with_facts, facts_collection_name, consolidator)

    @classmethod
    def _over(
        cls,
        client: ChromaClient,
        embedder: Embedder | None,
        collection_name: str,
        with_facts: bool,
        facts_collection_name: str | None,
        consolidator: Consolidates | None,
    ) -> Self:
        facts = None
        if with_facts and facts_collection_name is not None:
            facts = ChromaFactStore(client, embedder=embedder, collection_name=facts_collection_name)
        return cls(
            client,
            embedder=embedder,
            collection_name=collection_name,
            fact_store=facts,
            with_facts=with_facts,
            consolidator=consolidator,
        )
