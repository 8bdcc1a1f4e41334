"""What others need to prove their own parts against us, and what our tests share. Open ``events.py`` first.

``RecordStoreContract`` proves a store of records, ``MemoryContract`` a whole memory, ``VectorStoreContract`` a
vector store: subclass, give one fixture, and
run pytest. ``ArchitectureContract`` proves a way to think; its ``DutifulModel`` leads any of them without a script.
"""

from typing import TYPE_CHECKING

from loomlab.core.lazy import lazily as _lazily

if TYPE_CHECKING:
    from loomlab.testing.architecture_suite import ArchitectureContract
    from loomlab.testing.dutiful import DutifulModel
    from loomlab.testing.memory_contract import MemoryContract
    from loomlab.testing.record_store_contract import RecordStoreContract
    from loomlab.testing.vector_store_contract import VectorStoreContract

__all__ = ["ArchitectureContract", "DutifulModel", "MemoryContract", "RecordStoreContract", "VectorStoreContract"]

__getattr__ = _lazily(
    __name__,
    {
        "ArchitectureContract": "architecture_suite",
        "DutifulModel": "dutiful",
        "MemoryContract": "memory_contract",
        "RecordStoreContract": "record_store_contract",
        "VectorStoreContract": "vector_store_contract",
    },
)


def __dir__() -> list[str]:
    return __all__
