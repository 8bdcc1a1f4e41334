"""Why something was recalled, why something else was not."""

from datetime import UTC, datetime, timedelta

import pytest

from loomlab.core import Episode, Fact
from loomlab.memory import HashEmbedder, InMemoryFactStore, InMemoryMemory, VectorMemory
from loomlab.memory.explaining import Considered, Explanation

pytestmark = pytest.mark.anyio
T0 = datetime(2024, 1, 1, tzinfo=UTC)


def said(text: str, minute: int = 0, *, user: str | None = "alice") -> Episode:
    return Episode(session_id="s", user_id=user, occurred_at=T0 + timedelta(minutes=minute), input=text, output="")


def fact(object_: str, *, user: str = "alice", day: int = 0, predicate: str = "lives_in", **more: object) -> Fact:
    return Fact(
        user_id=user, subject="she", predicate=predicate, object=object_, valid_from=T0 + timedelta(days=day), **more
    )


def named(told: Explanation, text: str) -> Considered:
    return next(one for one in told.candidates if text in one.item.format())


async def moved() -> InMemoryMemory:
    memory = InMemoryMemory()
    await memory.remember(source := said("I moved from Paris to Lyon"))
    await memory.facts.append_many(
        [
            fact("Paris", sources=["ep_gone"]),
            fact("Lyon", day=60, sources=["ep_gone", source.id]),
            fact("Mars", day=365 * 300, predicate="will live in"),
        ]
    )
    return memory


async def test_each_candidate_has_a_rank_a_score_its_parts_and_a_sentence() -> None:
    memory = await moved()
    told = await memory.explain("where does she live?", user_id="alice")
    lyon = named(told, "Lyon [")
    assert (lyon.kind, lyon.rank, lyon.returned) == ("fact", 1, True)
    assert lyon.verdict == "returned: rank 1 of 1; it holds 100% of the question's words, by weight"
    assert set(lyon.parts) == {"dense", "words", "phrase", "recency"}
    assert lyon.source is not None and lyon.source.input == "I moved from Paris to Lyon"
    paris = named(told, "Paris [")
    assert (paris.rank, paris.returned, paris.source) == (None, False, None)
    assert paris.verdict == "not returned: it ended on 2024-03-01, when she lives in Lyon began"
    assert named(told, "Mars").verdict.startswith("not returned: it holds only from 2323-")
    assert "Lyon" in told.format() and "it ended on 2024-03-01" in told.format()


async def test_what_is_returned_is_what_recall_returns() -> None:
    for memory in (InMemoryMemory(), VectorMemory()):
        for number in range(9):
            await memory.remember(said(f"tea number {number}", number))
            await memory.facts.append(fact(f"tea {number}", predicate=f"p{number}"))
        told = await memory.explain("tea number 4", user_id="alice", limit=3)
        returned = [one.item.id for one in told.candidates if one.returned and one.kind == "episode"]
        assert returned == [one.id for one in await memory.recall("tea number 4", user_id="alice", limit=3)]
        facts = [one.item.id for one in told.candidates if one.returned and one.kind == "fact"]
        assert facts == [
            hit.item.id for hit in await memory.search("tea number 4", user_id="alice", limit=3, kinds=("fact",))
        ]
        assert any("at most 3 were asked for" in one.verdict for one in told.candidates)


async def test_a_whole_question_pushes_out_those_that_only_share_words() -> None:
    memory = InMemoryMemory()
    await memory.remember(said("green tea"))
    await memory.remember(said("green parks", 1))
    told = await memory.explain("green tea", user_id="alice")
    assert named(told, "green parks").verdict == (
        "not returned: it holds 21% of the question's words, by weight, and others hold the whole question"
    )
    assert [one.input for one in await memory.recall("green tea", user_id="alice")] == ["green tea"]


async def test_where_nothing_fits_the_newest_are_given_and_it_says_so() -> None:
    memory = InMemoryMemory()
    for number in range(3):
        await memory.remember(said(f"thing {number}", number))
    told = await memory.explain("quantum", user_id="alice", limit=2)
    assert [one.verdict for one in told.candidates] == [
        "returned: rank 1; nothing fits the question, so the newest are given",
        "returned: rank 2; nothing fits the question, so the newest are given",
    ]
    everything = await memory.explain("", user_id="alice", limit=2)
    assert [one.returned for one in everything.candidates] == [True, True, False]


async def test_a_named_fact_is_answered_for() -> None:
    memory = await moved()
    await memory.facts.append(fact("jazz", predicate="likes"))

    async def about(wanted: str, query: str = "where does she live?") -> str:
        return (await memory.explain(query, user_id="alice", fact=wanted)).about or ""

    assert "was returned: rank 1 of 1" in await about("she lives in LYON")
    assert "was not returned: it ended on 2024-03-01, when she lives in Lyon began" in await about("she lives_in Paris")
    assert "was not returned: it shares no word with the question" in await about("she likes jazz")
    assert await about("she lives in Berlin") == (
        "'she lives in Berlin' is not known: no fact of this user has that id or text"
    )
    by_id = (await memory.facts.query(object_="jazz", user_id="alice"))[0].id
    assert by_id in await about(by_id)


async def test_a_corrected_fact_says_by_what() -> None:
    memory = InMemoryMemory()
    await memory.facts.append_many([fact("Paris"), fact("Lyon")])
    told = await memory.explain("she lives", user_id="alice")
    assert named(told, "Paris").verdict == "not returned: it was corrected: she lives in Lyon from the same time on"


async def test_a_fact_that_a_newer_one_repeats_is_folded_into_it() -> None:
    memory = InMemoryMemory()
    await memory.facts.append_many([fact("Paris"), first := fact("Paris", predicate="lives in")])
    told = await memory.explain("she lives", user_id="alice", fact=first.id)
    assert len([one for one in told.candidates if one.returned]) == 1
    older = (await memory.facts.query(predicate="lives_in", user_id="alice"))[0].id
    assert (await memory.explain("she lives", user_id="alice", fact=older)).about == (
        f"'she lives in Paris' ({older}) was not returned: a newer fact says the same"
    )


async def test_another_users_memories_are_as_if_they_were_not() -> None:
    memory = await moved()
    await memory.remember(said("where does she live", user="bob"))
    await memory.facts.append(secret := fact("Oslo", user="bob"))
    for user in ("alice", "carol", None):
        told = await memory.explain("where does she live? Oslo", user_id=user, fact=secret.id)
        assert all(one.item.user_id == user for one in told.candidates)
        assert "no fact of this user" in (told.about or "")
        assert "Oslo" not in told.format().replace("where does she live? Oslo", "")


async def test_meaning_is_named_with_its_cosine() -> None:
    memory = VectorMemory(embedder=HashEmbedder(64))
    await memory.remember(said("completely different words here"))
    verdict = (await memory.explain("quantum physics", user_id="alice")).candidates[0].verdict
    assert verdict.startswith("returned: rank 1 of 1; ")
    assert "says little" in verdict or "nothing in it fits" in verdict


async def test_facts_of_a_store_of_ones_own_are_explained_too() -> None:
    facts = InMemoryFactStore()
    memory = InMemoryMemory(fact_store=facts)
    await facts.append(fact("Lyon"))
    assert named(await memory.explain("she lives", user_id="alice"), "Lyon").returned
