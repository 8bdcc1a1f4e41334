"""Texts found again by meaning: chunks, their vectors, conditions on their metadata. Open ``inmemory.py`` first.

``filters.py`` says what a condition means, ``ranking.py`` who comes first, ``saved.py`` what is on disk.
"""

from loomlab.core.documents import Chunk, SearchResult, VectorStore
from loomlab.vectorstore.filters import FilterError
from loomlab.vectorstore.inmemory import InMemoryVectorStore

__all__ = ["Chunk", "FilterError", "InMemoryVectorStore", "SearchResult", "VectorStore"]
