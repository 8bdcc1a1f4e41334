import sys
from pathlib import Path
from typing import Any

import anyio
import chromadb
import pytest

from loomlab.core import ConfigError, Episode, Fact, MemoryStoreError
from loomlab.memory import ChromaFactStore, ChromaMemory, HashEmbedder
from loomlab.memory.chroma_client import ChromaClient
from loomlab.memory.chroma_store import store
from loomlab.memory.record import FACT, Where
from loomlab.testing.record_samples import INSTANTS, record

pytestmark = pytest.mark.anyio


def fact(user: str | None, object_: str, **more: Any) -> Fact:
    return Fact(user_id=user, subject="u", predicate="lives_in", object=object_, valid_from=INSTANTS[0], **more)


def episode(user: str | None, text: str) -> Episode:
    return Episode(session_id="s", user_id=user, input=text, output="")


async def test_memories_in_the_process_are_each_ones_own() -> None:
    one, other = ChromaMemory.ephemeral(with_facts=True), ChromaMemory.ephemeral(with_facts=True)
    await one.remember(episode("u", "green tea"))
    assert await other.recall("tea", user_id="u") == []
    await one.aclose()
    await other.aclose()


async def test_a_client_of_ones_own_may_hold_several_memories(quick_path: Path) -> None:
    client = await anyio.to_thread.run_sync(lambda: chromadb.PersistentClient(str(quick_path)))
    one, other = (ChromaMemory(client, collection_name=name, with_facts=True) for name in ("one", "other"))
    await one.facts.append(fact("u", "Lyon"))
    assert await other.facts.all_facts() == []
    # Somebody else who opens the folder in this process finds the same.
    again = ChromaMemory.local(quick_path, collection_name="one", with_facts=True)
    assert [kept.object for kept in await again.facts.all_facts()] == ["Lyon"]


async def test_facts_may_have_a_collection_of_their_own(quick_path: Path) -> None:
    memory = ChromaMemory.local(quick_path, with_facts=True, facts_collection_name="my_facts")
    facts = ChromaFactStore.local(quick_path, collection_name="my_facts")
    await memory.facts.append(fact("u", "Lyon"))
    await memory.update_block("b", "x", user_id="u")
    assert [kept.object for kept in await facts.all_facts()] == ["Lyon"]
    assert await memory.forget(user_id="u") == 2
    assert await facts.all_facts() == []
    alone = ChromaFactStore.ephemeral()
    await alone.append(fact("u", "Rome"))
    assert [kept.object for kept in await alone.recall_text("lives", user_id="u")] == ["Rome"]
    await alone.aclose()


async def test_a_collection_of_another_embedder_is_still_good(quick_path: Path) -> None:
    for dimensions in (8, 16):
        memory = ChromaMemory.local(quick_path, embedder=HashEmbedder(dimensions))
        await memory.remember(episode("u", f"green tea {dimensions}"))
    assert len(await memory.recall("tea", user_id="u")) == 2


async def test_a_batch_that_is_too_large_for_chroma_is_all_or_nothing(
    quick_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("loomlab.memory.chroma_store._MOST", 10)
    records = [record(FACT, "u", str(number), number, vector=[1.0, float(number)]) for number in range(35)]
    code = """
import sys, anyio, os
import loomlab.memory.chroma_store as s, loomlab.memory.chroma_batches as b
from loomlab.memory.chroma_client import ChromaClient
from loomlab.testing.record_samples import record
s._MOST = 10
calls, real = [], b._upsert
def upsert(*given):
    calls.append(1)
    if len(calls) == int(sys.argv[2]):
        os._exit(9)
    real(*given)
b._upsert = upsert
records = [record("fact", "u", str(number), number, vector=[1.0, float(number)]) for number in range(35)]
async def main():
    await s.store(ChromaClient(folder=sys.argv[1]), "ccc", dimensions=2).put(records)
anyio.run(main)
"""
    for died_at, kept in ((5, 0), (7, 35)):
        folder = quick_path / str(died_at)
        done = await anyio.run_process([sys.executable, "-c", code, str(folder), str(died_at)], check=False)
        assert done.returncode == 9, done.stderr.decode()
        found = store(ChromaClient(folder=folder), "ccc", dimensions=2)
        assert len(await found.scan(Where(all_users=True))) == kept
        assert [one for one, _ in await found.nearest(Where(kind=FACT, user_id="u"), [0.0, 1.0], 1)] == ["34"] * (
            kept > 0
        )
        await found.put(records)
        assert [one.id for one in await found.scan(Where(user_id="u"))] == [one.id for one in records]
        assert await found.delete(Where(user_id="u")) == 35


async def test_what_is_forgotten_leaves_the_bytes_of_the_database(quick_path: Path) -> None:
    memory = ChromaMemory.local(quick_path, embedder=HashEmbedder(8), with_facts=True)
    for user in ("u", "v"):
        for number in range(10):
            await memory.remember(episode(user, f"marzipan {user} {number}"))
    await memory.forget(user_id="u")
    content = await anyio.Path(quick_path / "chroma.sqlite3").read_bytes()
    assert b"marzipan v 9" in content
    assert b"marzipan u" not in content
    code = "import sys, anyio; from loomlab.memory import ChromaMemory as C, HashEmbedder as H\n"
    code += "print(len(anyio.run(lambda: C.local(sys.argv[1], embedder=H(8)).recall('x', user_id='v', limit=99))))"
    done = await anyio.run_process([sys.executable, "-c", code, str(quick_path)])
    assert done.stdout == b"10\n"


async def test_a_process_that_is_killed_loses_nothing_that_it_said_was_stored(
    quick_path: Path, kill_writer: Any
) -> None:
    code = """
import sys, anyio
from loomlab.core import Fact
from loomlab.memory import ChromaMemory, HashEmbedder
async def main():
    memory = ChromaMemory.local(sys.argv[1], embedder=HashEmbedder(8), with_facts=True)
    for number in range(100_000):
        await memory.facts.append_many([Fact(user_id="u", subject=str(number), predicate="p", object=str(part))
                                        for part in range(7)])
        print(number, flush=True)
anyio.run(main)
"""
    said = await anyio.to_thread.run_sync(kill_writer, code, quick_path, 3)
    memory = ChromaMemory.local(quick_path, with_facts=True)
    facts = await memory.facts.query(user_id="u", limit=10**6)
    numbers = {int(one.subject) for one in facts}
    assert len(numbers) > said
    assert len(facts) == 7 * len(numbers)


async def test_a_folder_that_cannot_be_one_is_said(quick_path: Path) -> None:
    await anyio.Path(quick_path / "file").write_text("", encoding="utf-8")
    memory = ChromaMemory.local(quick_path / "file" / "chroma")
    with pytest.raises(MemoryStoreError, match=r"memory in Chroma \(.*file/chroma\): .*; .*folder"):
        await memory.working()


async def test_a_collection_that_was_deleted_is_said() -> None:
    await ChromaMemory.ephemeral().working()  # ours does not keep others from opening theirs
    client = await anyio.to_thread.run_sync(chromadb.EphemeralClient)
    memory = ChromaMemory(client, collection_name="to_be_deleted")
    await memory.update_block("b", "x")
    await anyio.to_thread.run_sync(client.delete_collection, "to_be_deleted")
    with pytest.raises(MemoryStoreError, match="the collection was deleted meanwhile: make a new memory"):
        await memory.update_block("b", "y")


def test_a_client_that_is_none_is_refused() -> None:
    with pytest.raises(ConfigError, match="needs a chromadb client, not str"):
        ChromaMemory("localhost")
