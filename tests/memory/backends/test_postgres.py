import sys
from pathlib import Path
from typing import Any

import anyio
import asyncpg
import pytest

from loomlab.core import Episode, Fact, MemoryStoreError
from loomlab.memory import HashEmbedder, PostgresFactStore, PostgresMemory, resolve_memory
from loomlab.testing.record_samples import INSTANTS

pytestmark = pytest.mark.anyio


def fact(user: str | None, object_: str, **more: Any) -> Fact:
    return Fact(user_id=user, subject="u", predicate="lives_in", object=object_, valid_from=INSTANTS[0], **more)


async def test_a_pool_of_ones_own_is_used_and_left_open(postgres_dsn: str) -> None:
    async with asyncpg.create_pool(postgres_dsn, min_size=1, max_size=2) as pool:
        memory = PostgresMemory(pool, namespace="own pool", fact_store=PostgresFactStore(pool, namespace="own pool"))
        assert (memory.namespace, memory.embedding_dimensions) == ("own pool", 384)
        await memory.init_schema()
        await memory.facts.append(fact("u", "Lyon"))
        assert await memory.forget(user_id="u") == 1
        await memory.aclose()
        assert await pool.fetchval("SELECT 1") == 1


async def test_namespaces_know_nothing_of_each_other(postgres_dsn: str) -> None:
    one, other = [
        await PostgresMemory.connect(postgres_dsn, namespace=name, with_facts=True) for name in ("a", "a'; --")
    ]
    await one.facts.append(fact("u", "Lyon"))
    await one.update_block("b", "x", user_id="u")
    assert await other.facts.all_facts() == []
    assert await other.forget(user_id="u") == 0
    assert await one.forget(user_id="u") == 2
    for memory in (one, other):
        await memory.aclose()


async def test_the_schema_can_be_run_by_somebody_else(postgres_dsn: str) -> None:
    owner = await asyncpg.connect(postgres_dsn)
    await owner.execute("CREATE DATABASE schema_by_hand")
    by_hand = await asyncpg.connect(postgres_dsn, database="schema_by_hand")
    await by_hand.execute("CREATE ROLE reader LOGIN")
    await by_hand.execute("REVOKE CREATE ON DATABASE schema_by_hand FROM PUBLIC")
    folder = postgres_dsn.partition("?host=")[2]
    memory = await PostgresMemory.connect(f"postgresql://reader@/schema_by_hand?host={folder}", with_facts=True)
    with pytest.raises(MemoryStoreError, match=r"permission denied.*; let an owner run the statements of schema_sql"):
        await memory.working()
    for statement in memory.schema_sql() * 2:
        await by_hand.execute(statement)
    await by_hand.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO reader")
    await memory.facts.append(fact("u", "Lyon"))
    assert [one.object for one in await memory.recall_facts("lives", user_id="u")] == ["Lyon"]
    await memory.aclose()
    await by_hand.close()
    await owner.close()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            ("plain:hunter22@/plain", "plain:hunter22@/no_such"),
            'database "no_such" does not exist; create the database',
        ),
        (("plain:", "nobody:"), 'role "nobody" does not exist; check the user name'),
        (("host=", "host=/nowhere/"), "is the server running, and is the address right"),
        (("@/plain?host=", "@127.0.0.1:1/plain?x="), "is the server running, and is the address right"),
    ],
)
async def test_a_wrong_address_is_said_without_the_password(
    plain_postgres_dsn: str, change: tuple[str, str], message: str
) -> None:
    dsn = plain_postgres_dsn.replace(*change).partition("?x=")[0]
    with pytest.raises(MemoryStoreError, match=message) as caught:
        await PostgresMemory.connect(dsn)
    assert str(caught.value).startswith("memory in PostgreSQL (postgresql://***@")
    assert "hunter22" not in str(caught.value)
    memory = resolve_memory({"backend": "postgres", "url": dsn, "embedder": "hash"})
    with pytest.raises(MemoryStoreError, match=r"^memory in PostgreSQL \(postgresql://\*\*\*@.* could not be opened: "):
        await memory.working()


async def test_a_pool_that_is_exhausted_is_said_and_serves_again(
    postgres_dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("loomlab.memory.postgres_pool._PATIENCE", 0.1)
    async with asyncpg.create_pool(postgres_dsn, min_size=1, max_size=1) as pool:
        memory = PostgresMemory(pool, namespace="exhausted")
        async with pool.acquire():
            with pytest.raises(MemoryStoreError, match=r"all 1 connections of the pool were busy.*raise max_size"):
                await memory.working()
        assert await memory.working() == []


async def test_connections_that_the_server_has_cut_are_replaced(postgres_dsn: str) -> None:
    memory = await PostgresMemory.connect(postgres_dsn, namespace="cut", with_facts=True, min_size=1, max_size=3)
    await memory.facts.append(fact("u", "Lyon"))
    admin = await asyncpg.connect(postgres_dsn)
    for number in range(3):
        await admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")
        await memory.facts.append(fact("u", f"Paris {number}"))
    assert len(await memory.facts.query(user_id="u")) == 4
    await admin.close()
    await memory.aclose()


async def test_a_server_that_only_lets_itself_be_read_is_said(postgres_dsn: str) -> None:
    admin = await asyncpg.connect(postgres_dsn)
    await admin.execute("DROP ROLE IF EXISTS standby")
    await admin.execute("CREATE ROLE standby LOGIN SUPERUSER")
    await admin.execute("ALTER ROLE standby SET default_transaction_read_only = on")
    async with asyncpg.create_pool(postgres_dsn, min_size=0) as pool:
        await PostgresMemory(pool).init_schema()
    memory = await PostgresMemory.connect(postgres_dsn.replace("postgres:@", "standby@"))
    with pytest.raises(MemoryStoreError, match="the server is read-only"):
        await memory.update_block("b", "x")
    assert await memory.working() == []
    await memory.aclose()
    await admin.close()


WRITER = """
import sys, anyio
from loomlab.core import Fact
from loomlab.memory import HashEmbedder, PostgresMemory
async def main(dsn):
    memory = await PostgresMemory.connect(dsn, namespace="killed", embedder=HashEmbedder(8), with_facts=True)
    for number in range(100_000):
        await memory.facts.append_many([Fact(id=f"{number} {part}", user_id="u", subject=str(number), predicate="p",
                                             object=str(part)) for part in range(7)])
        print(number, flush=True)
anyio.run(main, sys.argv[1])
"""


async def test_a_client_that_is_killed_in_the_middle_leaves_nothing_half_there(
    postgres_dsn: str, kill_writer: Any
) -> None:
    said = await anyio.to_thread.run_sync(kill_writer, WRITER, postgres_dsn, 8)
    memory = await PostgresMemory.connect(postgres_dsn, namespace="killed", with_facts=True)
    facts = await memory.facts.query(user_id="u", limit=10**6)
    numbers = {int(one.subject) for one in facts}
    assert len(numbers) > said
    assert len(facts) == 7 * len(numbers)
    assert sum(one.valid_until is None for one in facts) == len(numbers)
    await memory.aclose()


async def test_an_index_over_the_vectors_makes_no_answer_approximate(postgres_dsn: str) -> None:
    admin = await asyncpg.connect(postgres_dsn)
    await admin.execute("CREATE DATABASE indexed")
    dsn = postgres_dsn.replace("/postgres?", "/indexed?")
    memory = await PostgresMemory.connect(dsn, embedder=HashEmbedder(8))
    await memory.init_schema()
    inside = await asyncpg.connect(dsn)
    await inside.execute("ALTER TABLE loomlab_memory ALTER COLUMN vector TYPE vector(8)")
    await inside.execute("CREATE INDEX ON loomlab_memory USING hnsw (vector vector_cosine_ops)")
    await inside.execute("ALTER DATABASE indexed SET enable_seqscan = off")
    await inside.execute("ALTER DATABASE indexed SET hnsw.ef_search = 1")
    await memory.aclose()
    for number in range(200):
        await memory.remember(Episode(session_id="s", user_id="other", input=f"tea {number}", output=""))
    for number in range(5):
        await memory.remember(Episode(session_id="s", user_id="small", input=f"tea {number}", output=""))
    assert len(await memory.recall("tea", user_id="small", limit=9)) == 5
    await memory.aclose()
    await inside.close()
    await admin.close()


def test_each_event_loop_gets_connections_of_its_own(postgres_dsn: str) -> None:
    memory = resolve_memory({"backend": "postgres", "url": postgres_dsn, "namespace": "loops", "embedder": "hash"})

    async def use() -> int:
        await memory.remember(Episode(session_id="s", user_id="u", input="tea", output=""))
        stored = (await memory.profile(user_id="u")).episode_count
        await (await memory.ready()).aclose()
        return stored

    assert [anyio.run(use) for _ in range(3)] == [1, 2, 3]


async def test_a_missing_package_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "asyncpg", None)
    with pytest.raises(ImportError, match=r"needs the package asyncpg: pip install 'loomlab\[postgres\]'"):
        await PostgresMemory.connect("postgresql://h/d")


def test_the_names_of_the_contract_are_there() -> None:
    from loomlab.memory import postgres

    assert Path(str(postgres.__file__)).name == "postgres.py"
    assert {"PostgresFactStore", "PostgresMemory"} <= set(vars(postgres))
