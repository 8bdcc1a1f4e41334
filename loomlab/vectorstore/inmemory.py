"""A vector store in this process: exact search over all vectors, gone with the process unless it is saved."""

from loomlab.vectorstore.inprocess import InProcessStore


class InMemoryVectorStore(InProcessStore):
    """Chunks and their vectors in this process; search looks at every one, so it is exact.

    The first choice up to some hundred thousand chunks; ``save`` and ``load`` keep it in one file.
    """

    name = "in-memory"
