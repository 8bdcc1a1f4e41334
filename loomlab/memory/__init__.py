"""What an agent remembers: blocks, episodes and facts, hard-partitioned by user. Open ``inmemory.py`` first.

``episodes.py`` and ``user_facts.py`` hold one user's items behind indexes, ``fact_algebra.py`` says what a new fact
does to the ones before it, ``bounds.py`` keeps the number of users finite, ``resolve.py`` reads ``memory=...``.
"""

from loomlab.core.protocols import FactStore
from loomlab.memory.facts import InMemoryFactStore
from loomlab.memory.hash_embedder import HashEmbedder
from loomlab.memory.inmemory import InMemoryMemory
from loomlab.memory.resolve import resolve_memory

__all__ = ["FactStore", "HashEmbedder", "InMemoryFactStore", "InMemoryMemory", "resolve_memory"]
