"""Every memory of ours passes the suite that we publish for memories of others.

The tests and their assertions are inherited: pytest runs those of the published suite for every class here. That the
suite itself can fail is shown in ``tests/testing``, on parts that break one promise each.
"""

from itertools import count
from pathlib import Path
from typing import Any

import pytest

from loomlab.memory import (
    ChromaMemory,
    HashEmbedder,
    InMemoryMemory,
    PostgresMemory,
    RedisMemory,
    SqliteMemory,
    VectorMemory,
    resolve_memory,
)
from loomlab.testing import MemoryContract

_places = count()


def _place() -> str:
    return f"life {next(_places)}"


class TestInMemory(MemoryContract):
    survives = False
    rounds = 300

    @pytest.fixture
    def open_memory(self) -> Any:
        return InMemoryMemory


class TestVector(MemoryContract):
    survives = False
    rounds = 300

    @pytest.fixture
    def open_memory(self) -> Any:
        return VectorMemory


class TestSqlite(MemoryContract):
    rounds = 300

    @pytest.fixture
    def open_memory(self, tmp_path: Path) -> Any:
        return lambda: SqliteMemory(tmp_path / "bot.db")


class TestSqliteWithoutAFile(MemoryContract):
    survives = False

    @pytest.fixture
    def open_memory(self) -> Any:
        return lambda: resolve_memory({"backend": "sqlite", "embedder": "hash"})


class TestChromaFolder(MemoryContract):
    rounds = 30
    lives = 1

    @pytest.fixture
    def open_memory(self, quick_path: Path) -> Any:
        return lambda: ChromaMemory.local(quick_path, embedder=HashEmbedder(16), with_facts=True)


class TestChromaInThisProcess(MemoryContract):
    survives = False

    @pytest.fixture
    def open_memory(self) -> Any:
        return lambda: ChromaMemory.ephemeral(with_facts=True)


class TestPostgres(MemoryContract):
    @pytest.fixture
    def open_memory(self, postgres_dsn: str) -> Any:
        namespace = _place()
        return lambda: PostgresMemory.connect(postgres_dsn, namespace=namespace, with_facts=True)


class TestPostgresByItsAddress(MemoryContract):
    lives = 1

    @pytest.fixture
    def open_memory(self, plain_postgres_dsn: str) -> Any:
        spec = {"backend": "postgres", "url": plain_postgres_dsn, "namespace": _place(), "embedder": HashEmbedder(16)}
        return lambda: resolve_memory(spec)


class TestRedis(MemoryContract):
    @pytest.fixture
    def open_memory(self, redis_server: Any) -> Any:
        prefix = f"{_place()}:"
        return lambda: RedisMemory.connect(
            redis_server.url, key_prefix=prefix, embedder=HashEmbedder(16), with_facts=True
        )


class TestRedisThatSearches(MemoryContract):
    @pytest.fixture
    def open_memory(self, search_server_: Any) -> Any:
        place = _place()
        spec = {"backend": "redis", "url": search_server_.url, "key_prefix": f"{place}:", "index_name": place}
        return lambda: resolve_memory({**spec, "embedder": HashEmbedder(16)})
