"""What each vector store does beyond the contract: keeping, opening again, and saying what is wrong."""

from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest

from loomlab import HashEmbedder
from loomlab.core import ConfigError, MemoryStoreError
from loomlab.testing.vector_samples import Told
from loomlab.vectorstore import ChromaVectorStore, Chunk, FAISSVectorStore, InMemoryVectorStore, PostgresVectorStore

pytestmark = pytest.mark.anyio
TEXTS = ["green tea from Japan", "black tea from Ceylon", "coffee from Brazil"]


async def test_a_folder_of_chroma_is_opened_again(tmp_path: Path) -> None:
    first = await ChromaVectorStore.from_texts(
        TEXTS, embedder=HashEmbedder(), ids=["g", "b", "c"], collection_name="drinks", persist_directory=tmp_path
    )
    await first.aclose()
    again = ChromaVectorStore(HashEmbedder(), collection_name="drinks", persist_directory=tmp_path)
    assert [one.id for one in await again.search("green tea", k=2)] == ["g", "b"]
    assert [one.id for one in await again.search_hybrid("coffee", alpha=0.0)] == ["c"]
    other = ChromaVectorStore(HashEmbedder(), collection_name="others", persist_directory=tmp_path)
    assert await other.count() == 0


async def test_chroma_says_what_is_wrong(tmp_path: Path) -> None:
    store = ChromaVectorStore(Told(3), collection_name="no good!", persist_directory=tmp_path)
    with pytest.raises(MemoryStoreError, match=r"documents in Chroma .*collection_name"):
        await store.count()
    three = ChromaVectorStore(Told(3), collection_name="numbers", persist_directory=tmp_path)
    await three.add([Chunk("1 2 3")])
    four = ChromaVectorStore(Told(4), collection_name="numbers", persist_directory=tmp_path)
    with pytest.raises(MemoryStoreError, match="another embedder"):
        await four.add([Chunk("1 2 3 4")])


async def test_a_table_is_opened_again_and_two_tables_know_nothing_of_each_other(postgres_dsn: str) -> None:
    table = f"drinks_{uuid4().hex[:8]}"
    first = await PostgresVectorStore.from_texts(TEXTS, embedder=HashEmbedder(), dsn=postgres_dsn, table=table)
    await first.aclose()
    again = PostgresVectorStore(HashEmbedder(), dsn=postgres_dsn, table=table)
    assert [one.chunk.content for one in await again.search("coffee", k=1)] == [TEXTS[2]]
    other = PostgresVectorStore(HashEmbedder(), dsn=postgres_dsn, table=f"{table}_2")
    assert await other.count() == 0
    for store in (again, other):
        await store.aclose()


async def test_the_index_of_postgres_is_used(postgres_dsn: str) -> None:
    table = f"plan_{uuid4().hex[:8]}"
    store = PostgresVectorStore(Told(3), dsn=postgres_dsn, table=table, dimension=3)
    await store.init_schema(3)
    await store.add([Chunk(f"{n} {n * n % 97} 1") for n in range(1, 400)])
    connection = await asyncpg.connect(postgres_dsn)
    await connection.execute(f'ANALYZE "{table}"')
    await connection.execute("SET enable_seqscan = off")
    plan = await connection.fetch(
        f"EXPLAIN SELECT id FROM \"{table}\" WHERE embedding IS NOT NULL ORDER BY embedding <=> '[1,2,3]' LIMIT 4"
    )
    assert f"{table}_hnsw" in "\n".join(one[0] for one in plan)
    await connection.close()
    await store.aclose()


async def test_postgres_says_what_is_wrong(postgres_dsn: str, plain_postgres_dsn: str) -> None:
    with pytest.raises(ConfigError, match="no name for a table"):
        PostgresVectorStore(Told(3), dsn=postgres_dsn, table='x"; DROP TABLE y; --')
    with pytest.raises(ValueError, match="dimension"):
        PostgresVectorStore(Told(3), dsn=postgres_dsn, table="x", dimension=4)
    table = f"numbers_{uuid4().hex[:8]}"
    three = await PostgresVectorStore.from_texts(["1 2 3"], embedder=Told(3), dsn=postgres_dsn, table=table)
    four = PostgresVectorStore(Told(4), dsn=postgres_dsn, table=table)
    with pytest.raises(ConfigError, match="holds vectors of 3 dimensions"):
        await four.count()
    nobody = PostgresVectorStore(Told(3), dsn="postgresql://me:geheim@127.0.0.1:1/x", table="t")
    with pytest.raises(MemoryStoreError, match="is the server running") as told:
        await nobody.count()
    assert "geheim" not in str(told.value)
    plain = PostgresVectorStore(Told(3), dsn=plain_postgres_dsn, table="t")
    with pytest.raises((ConfigError, MemoryStoreError), match=r"extension|permission"):
        await plain.count()
    for store in (three, four, plain):
        await store.aclose()


async def test_a_table_that_was_dropped_is_made_again(postgres_dsn: str) -> None:
    table = f"dropped_{uuid4().hex[:8]}"
    store = await PostgresVectorStore.from_texts(["1 2 3"], embedder=Told(3), dsn=postgres_dsn, table=table)
    connection = await asyncpg.connect(postgres_dsn)
    await connection.execute(f'DROP TABLE "{table}"')
    await connection.close()
    assert await store.count() == 0
    await store.add([Chunk("nul \0 1 2 3", {"a\0": "b\0"})], ["n"])
    assert await store.get_by_ids(["n"]) == [Chunk("nul \ufffd 1 2 3", {"a\ufffd": "b\ufffd"})]
    await store.aclose()


async def test_faiss_says_what_is_wrong() -> None:
    with pytest.raises(ValueError, match="does not know the index 'Nonsense'"):
        FAISSVectorStore(Told(3), index_factory_string="Nonsense")
    with pytest.raises(ValueError, match="valid: ip, l2"):
        FAISSVectorStore(Told(3), metric="L2")
    with pytest.raises(ValueError, match="dimension"):
        FAISSVectorStore(Told(3), dimension=4)
    untrained = FAISSVectorStore(Told(3), index_factory_string="IVF64,Flat")
    with pytest.raises(ValueError, match="trained on 1 chunks"):
        await untrained.add([Chunk("1 2 3")])
    assert await untrained.count() == 0


@pytest.mark.parametrize("metric", ["ip", "l2"])
async def test_an_index_that_is_trained_and_thinned_out_still_answers(metric: str) -> None:
    store = FAISSVectorStore(Told(3), index_factory_string="IVF4,Flat", metric=metric)
    await store.add([Chunk(f"{n % 41} {n % 37} {n % 7 + 1}") for n in range(2_500)], [str(n) for n in range(2_500)])
    await store.delete([str(n) for n in range(2_500) if n % 10])
    await store.add([Chunk("40 0 1")], ["new"])
    found = await store.search("40 0 1", k=3)
    assert found[0].id == "new"
    assert found[0].score == pytest.approx(1.0)
    assert await store.count() == 251


async def test_a_store_over_faiss_is_saved_and_loaded(tmp_path: Path) -> None:
    store = await FAISSVectorStore.from_texts(TEXTS, embedder=HashEmbedder(), ids=["g", "b", "c"])
    await store.save(tmp_path / "faiss.json")
    again = await FAISSVectorStore.load(tmp_path / "faiss.json", embedder=HashEmbedder())
    assert await again.search("tea", k=3) == await store.search("tea", k=3)
    plain = await InMemoryVectorStore.load(tmp_path / "faiss.json", embedder=HashEmbedder())
    assert {one.id for one in await plain.search("tea", k=3)} == {"g", "b", "c"}
