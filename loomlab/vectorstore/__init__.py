"""Texts found again by meaning: chunks, their vectors, conditions on their metadata. Open ``base.py`` first.

``filters.py`` says what a condition means, ``ranking.py`` and ``word_index.py`` who comes first; the stores are
``inmemory.py``, ``faiss.py``, ``chroma.py`` and ``postgres.py``. Names load when they are first used.
"""

from typing import TYPE_CHECKING

from loomlab.core.documents import Chunk, SearchResult, VectorStore
from loomlab.core.lazy import lazily as _lazily

if TYPE_CHECKING:
    from loomlab.vectorstore.base import BaseVectorStore
    from loomlab.vectorstore.chroma import ChromaVectorStore
    from loomlab.vectorstore.faiss import FAISSVectorStore
    from loomlab.vectorstore.filters import FilterError
    from loomlab.vectorstore.inmemory import InMemoryVectorStore
    from loomlab.vectorstore.postgres import PostgresVectorStore

__all__ = [
    "BaseVectorStore",
    "ChromaVectorStore",
    "Chunk",
    "FAISSVectorStore",
    "FilterError",
    "InMemoryVectorStore",
    "PostgresVectorStore",
    "SearchResult",
    "VectorStore",
]

__getattr__ = _lazily(
    __name__,
    {
        "BaseVectorStore": "base",
        "ChromaVectorStore": "chroma",
        "FAISSVectorStore": "faiss",
        "FilterError": "filters",
        "InMemoryVectorStore": "inmemory",
        "PostgresVectorStore": "postgres",
    },
)
