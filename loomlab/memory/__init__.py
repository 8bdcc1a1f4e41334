"""What an agent remembers: blocks, episodes and facts, hard-partitioned by user. Open ``record_memory.py`` first.

Meaning is written once: ``record.py`` is what a store keeps, ``record_memory.py`` and ``record_facts.py`` are memory
over any store, ``fact_algebra.py`` says where a claim ends, ``ranking.py`` what makes a memory a good answer.
``views.py`` keeps a process's indexes true to the store. A backend is a store (``*_store.py``) plus a constructor.
"""

from typing import TYPE_CHECKING

from loomlab.core.lazy import lazily as _lazily
from loomlab.core.protocols import FactStore
from loomlab.memory.facts import InMemoryFactStore
from loomlab.memory.hash_embedder import HashEmbedder
from loomlab.memory.inmemory import InMemoryMemory
from loomlab.memory.resolve import resolve_memory

if TYPE_CHECKING:
    from loomlab.memory.auto_extract import AutoExtractMemory
    from loomlab.memory.cached_embedder import CachedEmbedder
    from loomlab.memory.changes import Change
    from loomlab.memory.chroma import ChromaMemory
    from loomlab.memory.chroma_facts import ChromaFactStore
    from loomlab.memory.cohere_embedder import CohereEmbedder
    from loomlab.memory.consolidator import Consolidator
    from loomlab.memory.embedders import default_embedder, resolve_embedder
    from loomlab.memory.explaining import Explanation
    from loomlab.memory.lazy import LazyMemory
    from loomlab.memory.local_embedder import LocalEmbedder
    from loomlab.memory.openai_embedder import OpenAIEmbedder
    from loomlab.memory.pattern_consolidator import PatternConsolidator
    from loomlab.memory.postgres import PostgresMemory
    from loomlab.memory.postgres_facts import PostgresFactStore
    from loomlab.memory.ranking import Hit
    from loomlab.memory.receipt import Receipt
    from loomlab.memory.record import Record, RecordStore, Where
    from loomlab.memory.record_facts import RecordFactStore
    from loomlab.memory.record_memory import RecordMemory
    from loomlab.memory.redis import RedisMemory
    from loomlab.memory.redis_facts import RedisFactStore
    from loomlab.memory.rot import Finding, MemoryAudit
    from loomlab.memory.sqlite import SqliteMemory
    from loomlab.memory.sqlite_facts import SqliteFactStore
    from loomlab.memory.vector import VectorMemory
    from loomlab.memory.voyage_embedder import VoyageEmbedder
    from loomlab.memory.worker import ConsolidationWorker

__all__ = [
    "AutoExtractMemory",
    "CachedEmbedder",
    "Change",
    "ChromaFactStore",
    "ChromaMemory",
    "CohereEmbedder",
    "ConsolidationWorker",
    "Consolidator",
    "Explanation",
    "FactStore",
    "Finding",
    "HashEmbedder",
    "Hit",
    "InMemoryFactStore",
    "InMemoryMemory",
    "LazyMemory",
    "LocalEmbedder",
    "MemoryAudit",
    "OpenAIEmbedder",
    "PatternConsolidator",
    "PostgresFactStore",
    "PostgresMemory",
    "Receipt",
    "Record",
    "RecordFactStore",
    "RecordMemory",
    "RecordStore",
    "RedisFactStore",
    "RedisMemory",
    "SqliteFactStore",
    "SqliteMemory",
    "VectorMemory",
    "VoyageEmbedder",
    "Where",
    "default_embedder",
    "resolve_embedder",
    "resolve_memory",
]

__getattr__ = _lazily(
    __name__,
    {
        "SqliteMemory": "sqlite",
        "SqliteFactStore": "sqlite_facts",
        "RedisMemory": "redis",
        "RedisFactStore": "redis_facts",
        "PostgresMemory": "postgres",
        "PostgresFactStore": "postgres_facts",
        "LazyMemory": "lazy",
        "ChromaMemory": "chroma",
        "ChromaFactStore": "chroma_facts",
        "Change": "changes",
        "Explanation": "explaining",
        "Finding": "rot",
        "Hit": "ranking",
        "MemoryAudit": "rot",
        "Receipt": "receipt",
        "RecordFactStore": "record_facts",
        "RecordMemory": "record_memory",
        "VectorMemory": "vector",
        "Record": "record",
        "RecordStore": "record",
        "Where": "record",
        "Consolidator": "consolidator",
        "ConsolidationWorker": "worker",
        "AutoExtractMemory": "auto_extract",
        "CachedEmbedder": "cached_embedder",
        "CohereEmbedder": "cohere_embedder",
        "LocalEmbedder": "local_embedder",
        "OpenAIEmbedder": "openai_embedder",
        "PatternConsolidator": "pattern_consolidator",
        "VoyageEmbedder": "voyage_embedder",
        "default_embedder": "embedders",
        "resolve_embedder": "embedders",
    },
)


def __dir__() -> list[str]:
    return __all__
