"""Every store of ours passes the suite that we publish for stores of others.

The tests and their assertions are inherited: pytest runs those of the published suite for every class here. That the
suite itself can fail is shown in ``tests/testing``, on parts that break one promise each.
"""

from itertools import count
from pathlib import Path
from typing import Any

import pytest

from loomlab.memory.chroma_client import ChromaClient
from loomlab.memory.chroma_store import store as chroma_store
from loomlab.memory.inmemory_store import InMemoryStore
from loomlab.memory.postgres_pool import PostgresPool
from loomlab.memory.postgres_store import PostgresStore
from loomlab.memory.record import KINDS
from loomlab.memory.redis_client import RedisClient
from loomlab.memory.redis_store import RedisStore
from loomlab.memory.sqlite_store import SqliteStore
from loomlab.testing import RecordStoreContract

_places = count()


def _place() -> str:
    return f"place {next(_places)}'"


class TestInMemory(RecordStoreContract):
    survives = False
    rounds = 2_000

    @pytest.fixture
    def open_store(self) -> Any:
        return InMemoryStore


class TestSqlite(RecordStoreContract):
    rounds = 1_500

    @pytest.fixture
    def open_store(self, tmp_path: Path) -> Any:
        return lambda: SqliteStore(tmp_path / "new folder" / "it's.db")


class TestSqliteWithoutAFile(RecordStoreContract):
    survives = False

    @pytest.fixture
    def open_store(self) -> Any:
        return lambda: SqliteStore(":memory:")


class TestChromaFolder(RecordStoreContract):
    rounds = 80

    @pytest.fixture
    def open_store(self, quick_path: Path) -> Any:
        return lambda: chroma_store(ChromaClient(folder=quick_path), "records", dimensions=4)


class TestChromaInThisProcess(RecordStoreContract):
    survives = False
    rounds = 300

    @pytest.fixture
    def open_store(self) -> Any:
        return lambda: chroma_store(ChromaClient(), "records", dimensions=2)


class TestPostgres(RecordStoreContract):
    @pytest.fixture
    def open_store(self, postgres_dsn: str) -> Any:
        namespace = _place()
        return lambda: PostgresStore(PostgresPool(dsn=postgres_dsn), namespace=namespace)


class TestPostgresWithoutPgvector(RecordStoreContract):
    rounds = 200

    @pytest.fixture
    def open_store(self, plain_postgres_dsn: str) -> Any:
        namespace = _place()
        return lambda: PostgresStore(PostgresPool(dsn=plain_postgres_dsn), namespace=namespace)


class TestRedis(RecordStoreContract):
    @pytest.fixture
    def open_store(self, redis_server: Any) -> Any:
        prefixes = dict.fromkeys(KINDS, f"{_place()}:")
        return lambda: RedisStore(RedisClient(url=redis_server.url), prefixes, index_name="no module here")


class TestRedisThatSearches(RecordStoreContract):
    @pytest.fixture
    def open_store(self, search_server_: Any) -> Any:
        place = _place()
        prefixes = {kind: f"{place}:{kind}:" for kind in KINDS}
        return lambda: RedisStore(RedisClient(url=search_server_.url), prefixes, index_name=place)
