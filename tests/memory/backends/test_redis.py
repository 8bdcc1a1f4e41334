from collections.abc import Callable
from typing import Any

import anyio
import pytest
import redis.asyncio

from loomlab.core import ConfigError, Episode, Fact, MemoryStoreError
from loomlab.memory import HashEmbedder, RedisFactStore, RedisMemory, resolve_memory
from loomlab.memory.record import FACT, Where
from loomlab.testing.record_samples import INSTANTS

pytestmark = pytest.mark.anyio


def fact(user: str | None, object_: str, **more: Any) -> Fact:
    return Fact(user_id=user, subject="u", predicate="lives_in", object=object_, valid_from=INSTANTS[0], **more)


def episode(user: str | None, text: str) -> Episode:
    return Episode(session_id="s", user_id=user, input=text, output="")


async def test_a_client_of_ones_own_is_used_and_left_open(redis_server: Any) -> None:
    async with redis.asyncio.from_url(redis_server.url) as client:
        facts = RedisFactStore(client, key_prefix="own:fact:")
        memory = RedisMemory(client, key_prefix="own:", fact_store=facts)
        await memory.ensure_index()
        await memory.remember(episode("u", "green tea"))
        await memory.facts.append(fact("u", "Lyon"))
        assert await memory.forget(user_id="u") == 2
        await memory.aclose()
        assert await client.ping()


async def test_a_client_that_decodes_is_refused(redis_server: Any) -> None:
    async with redis.asyncio.from_url(redis_server.url, decode_responses=True) as client:
        with pytest.raises(ConfigError, match="without decode_responses=True"):
            RedisMemory(client)


async def test_memories_with_prefixes_of_their_own_do_not_meet_in_their_facts(redis_server: Any) -> None:
    one, other = [
        await RedisMemory.connect(redis_server.url, key_prefix=name, with_facts=True) for name in ("x:", "y:")
    ]
    await one.facts.append(fact("u", "Lyon"))
    assert await other.facts.all_facts() == []
    shared = await RedisFactStore.connect(redis_server.url, key_prefix="x:fact:")
    assert [kept.object for kept in await shared.all_facts()] == ["Lyon"]
    for memory in (one, other, shared):
        await memory.aclose()


async def test_nothing_is_left_of_a_user_but_counts(redis_server: Any) -> None:
    memory = await RedisMemory.connect(redis_server.url, key_prefix="gone:", with_facts=True)
    await memory.remember(episode("marzipan user", "marzipan"))
    await memory.facts.append(fact("marzipan user", "marzipan"))
    await memory.update_block("marzipan", "marzipan", user_id="marzipan user")
    await memory.forget(user_id="marzipan user")
    async with redis.asyncio.from_url(redis_server.url) as client:
        keys = [key async for key in client.scan_iter("gone:*")]
        assert {key.rpartition(b":")[2] for key in keys} == {b"marks"}
        for key in keys:
            assert b"marzipan" not in repr(await client.hgetall(key)).encode()
    await memory.aclose()


async def test_the_server_ranks_where_it_can_and_only_the_users_own(search_server_: Any) -> None:
    memory = await RedisMemory.connect(
        search_server_.url, key_prefix="rank:", index_name="rank", embedder=HashEmbedder(8)
    )
    await memory.ensure_index()
    for number in range(300):
        await memory.remember(episode("crowd", f"tea {number}"))
    for number in range(5):
        await memory.remember(episode("small", f"tea {number}"))
    assert len(await memory.recall("tea", user_id="small", limit=9)) == 5
    async with redis.asyncio.from_url(search_server_.url, protocol=2) as client:
        about = await client.execute_command("FT.INFO", "rank")
        assert int(dict(zip(about[::2], about[1::2], strict=False))[b"num_docs"]) == 305
        assert b"FLAT" in repr(about).encode()
    await memory.aclose()


async def test_what_was_there_before_the_index_is_found(search_server_: Any) -> None:
    plain = await RedisMemory.connect(search_server_.url, key_prefix="old:", use_vector_index=False)
    for number in range(50):
        await plain.remember(episode("u", f"tea {number}"))
    indexed = await RedisMemory.connect(search_server_.url, key_prefix="old:", index_name="old")
    assert len(await indexed.recall("tea", user_id="u", limit=99)) == 50
    # An embedder with another dimension joins the same index.
    other = await RedisMemory.connect(search_server_.url, key_prefix="old:", index_name="old", embedder=HashEmbedder(8))
    await other.remember(episode("u", "the needle"))
    assert [one.input for one in await other.recall("needle", user_id="u", limit=1)] == ["the needle"]
    for memory in (plain, indexed, other):
        await memory.aclose()


async def test_an_index_of_the_same_name_over_other_keys_is_not_mistaken_for_ours(search_server_: Any) -> None:
    async with redis.asyncio.from_url(search_server_.url) as client:
        await client.execute_command("FT.CREATE", "taken", "ON", "HASH", "PREFIX", "1", "else:", "SCHEMA", "t", "TEXT")
        memory = RedisMemory(client, key_prefix="mine:", index_name="taken")
        await memory.remember(episode("u", "green tea"))
        assert len(await memory.recall("tea", user_id="u")) == 1


# ------------------------------------------------------------------------------------------------ what goes wrong


async def test_a_server_that_is_gone_is_said_and_used_again_when_it_is_back(new_redis: Callable[..., Any]) -> None:
    server = new_redis("--appendonly", "yes", "--appendfsync", "always")
    memory = await RedisMemory.connect(server.url, with_facts=True)
    await memory.facts.append(fact("u", "Lyon"))
    server.stop()
    with pytest.raises(MemoryStoreError, match=r"memory in Redis \(redis://.*is the server running"):
        await memory.facts.append(fact("u", "Paris"))
    lazy = resolve_memory({"backend": "redis", "url": server.url, "embedder": "hash"})
    with pytest.raises(MemoryStoreError, match=r"could not be opened.*is the server running"):
        await lazy.working()
    await anyio.to_thread.run_sync(server.start)
    assert [one.object for one in await memory.facts.query(user_id="u")] == ["Lyon"]
    await memory.facts.append(fact("u", "Rome"))
    assert [one.object for one in await lazy.facts.query(user_id="u", limit=1)] == ["Rome"]
    await memory.aclose()
    await lazy.aclose()


async def test_a_wrong_password_is_said_and_not_shown(new_redis: Callable[..., Any]) -> None:
    server = new_redis("--requirepass", "right")
    for login in ("", ":hunter22@"):
        url = server.url.replace("redis://", f"redis://{login}")
        with pytest.raises(MemoryStoreError, match="check the user name and the password") as caught:
            await RedisMemory.connect(url)
        assert "hunter22" not in str(caught.value)
    memory = await RedisMemory.connect(server.url.replace("redis://", "redis://:right@"))
    assert await memory.working() == []
    await memory.aclose()


async def test_a_server_that_is_full_takes_nothing_and_loses_nothing(new_redis: Callable[..., Any]) -> None:
    server = new_redis("--maxmemory", "3mb", "--maxmemory-policy", "noeviction")
    memory = await RedisMemory.connect(server.url, embedder=HashEmbedder(8), with_facts=True)
    stored = 0
    with pytest.raises(MemoryStoreError, match="raise maxmemory of the server"):
        for number in range(1000):
            await memory.facts.append_many([fact("u", f"{number} {part}" + "x" * 5000) for part in range(4)])
            stored += 4
    assert len(await memory.facts.query(user_id="u", limit=10**6)) == stored > 0
    assert await memory.forget(user_id="u") == stored
    await memory.facts.append(fact("u", "Lyon"))
    await memory.aclose()


async def test_an_exhausted_pool_is_said(redis_server: Any) -> None:
    pool = redis.asyncio.BlockingConnectionPool.from_url(redis_server.url, max_connections=1, timeout=0.1)
    async with redis.asyncio.Redis.from_pool(pool) as client:
        memory = RedisMemory(client, key_prefix="pool:")
        connection = await pool.get_connection()
        with pytest.raises(MemoryStoreError, match="all connections of the pool are busy; raise max_connections"):
            await memory.working()
        await pool.release(connection)
        assert await memory.working() == []


WRITER = """
import sys, anyio
from loomlab.core import Fact
from loomlab.memory import HashEmbedder, RedisMemory
async def main(url):
    memory = await RedisMemory.connect(url, key_prefix="killed:", embedder=HashEmbedder(8), with_facts=True)
    for number in range(100_000):
        await memory.facts.append_many([Fact(id=f"{number} {part}", user_id="u", subject=str(number), predicate="p",
                                             object=str(part)) for part in range(7)])
        print(number, flush=True)
anyio.run(main, sys.argv[1])
"""


async def test_a_client_that_is_killed_in_the_middle_leaves_nothing_half_there(
    redis_server: Any, kill_writer: Any
) -> None:
    said = await anyio.to_thread.run_sync(kill_writer, WRITER, redis_server.url, 8)
    memory = await RedisMemory.connect(redis_server.url, key_prefix="killed:", with_facts=True)
    facts = await memory.facts.query(user_id="u", limit=10**6)
    numbers = {int(one.subject) for one in facts}
    assert len(numbers) > said
    assert len(facts) == 7 * len(numbers)
    assert len(await memory.store.scan(Where(kind=FACT, user_id="u", group="3"))) == 7
    await memory.aclose()


def test_each_event_loop_gets_connections_of_its_own(redis_server: Any) -> None:
    memory = resolve_memory({"backend": "redis", "url": redis_server.url, "key_prefix": "loops:", "embedder": "hash"})

    async def use() -> int:
        await memory.remember(episode("u", "tea"))
        stored = (await memory.profile(user_id="u")).episode_count
        await (await memory.ready()).aclose()
        return stored

    assert [anyio.run(use) for _ in range(3)] == [1, 2, 3]


async def test_a_malformed_address_is_said() -> None:
    with pytest.raises(ConfigError, match=r"memory in Redis: .*for example redis://localhost"):
        await RedisMemory.connect("localhost:6379")
