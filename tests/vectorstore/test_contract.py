"""Every vector store keeps the published contract, on the real thing."""

from pathlib import Path
from uuid import uuid4

import pytest

from loomlab.testing.vector_store_contract import MakeStore, VectorStoreContract
from loomlab.vectorstore import ChromaVectorStore, FAISSVectorStore, InMemoryVectorStore, PostgresVectorStore


class TestInMemory(VectorStoreContract):
    @pytest.fixture
    def make_store(self) -> MakeStore:
        return InMemoryVectorStore


class TestFAISS(VectorStoreContract):
    exact = False

    @pytest.fixture(params=["HNSW32", "Flat"])
    def make_store(self, request: pytest.FixtureRequest) -> MakeStore:
        return lambda embedder: FAISSVectorStore(embedder, index_factory_string=request.param)


class TestChromaInProcess(VectorStoreContract):
    exact = False

    @pytest.fixture
    def make_store(self) -> MakeStore:
        return lambda embedder: ChromaVectorStore(embedder, collection_name="chunks")


class TestChromaOnDisk(VectorStoreContract):
    exact = False

    @pytest.fixture
    def make_store(self, tmp_path: Path) -> MakeStore:
        return lambda embedder: ChromaVectorStore(embedder, collection_name="chunks", persist_directory=tmp_path)


class TestPostgres(VectorStoreContract):
    exact = False

    @pytest.fixture
    def make_store(self, postgres_dsn: str) -> MakeStore:
        table = f"chunks_{uuid4().hex[:12]}"
        return lambda embedder: PostgresVectorStore(embedder, dsn=postgres_dsn, table=table)
