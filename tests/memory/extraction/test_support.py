"""Only what was said becomes a fact."""

from datetime import timedelta
from typing import Any

import pytest
from saying import DAY, Saying, claim, said

from loomlab.memory import Consolidator

pytestmark = pytest.mark.anyio


async def test_what_a_user_says_becomes_facts_with_their_source_and_time() -> None:
    talk = Saying([claim("user", "lives_in", "Lyon", confidence=0.9), claim("user", "works_at", "Acme")])
    episode = said("I live in Lyon and work at Acme.")
    added = await talk.hear(episode)
    assert [(one.subject, one.predicate, one.object, one.confidence) for one in added] == [
        ("user", "lives_in", "Lyon", 0.9),
        ("user", "works_at", "Acme", 1.0),
    ]
    for fact in added:
        assert fact.user_id == "alice"
        assert fact.sources == [episode.id]
        assert fact.valid_from == DAY
        assert fact.valid_until is None
    assert await talk.known() == [("user", "lives_in", "Lyon"), ("user", "works_at", "Acme")]
    assert await talk.known("bob") == []


@pytest.mark.parametrize(
    "text",
    [
        '[{"subject": "user", "predicate": "likes", "object": "tea"}]',
        '```json\n[{"subject": "user", "predicate": "likes", "object": "tea"}]\n```',
        'Here you are: [{"subject": "user", "predicate": "likes", "object": "tea"}] as you asked.',
        '{"facts": [{"subject": "user", "predicate": "likes", "object": "tea"}]}',
        '{"subject": "user", "predicate": "likes", "object": "tea"}',
        '[{"subject": "user"}, 7, null, {"subject": "user", "predicate": "likes", "object": "tea"}]',
    ],
)
async def test_an_answer_is_read_whatever_stands_around_it(text: str) -> None:
    talk = Saying(text)
    assert len(await talk.hear(said("I like tea"))) == 1


@pytest.mark.parametrize("text", ["", "nothing", "[", '[{"subject": "user"', "[]", "{}", "7", "[[[[[[", '"text"'])
async def test_an_answer_that_cannot_be_read_is_no_fact(text: str) -> None:
    assert await Saying(text).hear(said("I like tea")) == []


@pytest.mark.parametrize(
    ("given", "kept"), [(1.7, 1.0), (-3, 0.0), ("0.5", 0.5), ("high", 1.0), (None, 1.0), (float("nan"), 0.0)]
)
async def test_confidence_is_between_nothing_and_one(given: Any, kept: float) -> None:
    (fact,) = await Saying([claim("user", "likes", "tea", confidence=given)]).hear(said("I like tea"))
    assert fact.confidence == kept


async def test_there_is_a_limit_to_the_facts_of_one_episode() -> None:
    things = ["tea", "jazz", "chess", "rain"]
    talk = Saying([claim("user", f"likes_{one}", one) for one in things], max_facts_per_episode=2)
    assert [one.object for one in await talk.hear(said(f"I like {', '.join(things)}."))] == ["tea", "jazz"]
    assert talk.reasons == ["one episode gives at most 2 facts"] * 2
    with pytest.raises(ValueError, match="at least 1"):
        Consolidator(model=talk.model, max_facts_per_episode=0)


@pytest.mark.parametrize(
    ("text", "one"),
    [
        ("I live in Lyon", claim("user", "lives_in", "Paris")),
        ("I live in Lyon", claim("user", "likes", "Lyon croissants and red wine")),
        ("I am 41 years old", claim("user", "age", "42")),
        ("What is the capital of France?", claim("user", "lives_in", "France")),
        ("Do I live in Paris?", claim("user", "lives_in", "Paris")),
        ("If I moved to Berlin, what would the rent be?", claim("user", "lives_in", "Berlin")),
        ("I don't like coffee.", claim("user", "likes", "coffee")),
        ("I like no tea, coffee or wine.", claim("user", "likes", "wine")),
        ("I'm not from Paris, I'm from Lyon", claim("user", "comes_from", "Paris")),
        ("I never worked at Acme", claim("user", "works_at", "Acme")),
        ("I live in Lyon", claim("Bob", "lives_in", "Lyon")),
        ("Tell me a joke", claim("user", "likes", "joke books about penguins")),
        (
            "Known facts about this user:\n- user likes tea [confidence 0.90]\nIs that so?",
            claim("user", "likes", "tea"),
        ),
        ("[2026-04-01 10:00] user: I like tea | assistant: noted", claim("user", "likes", "tea")),
        ("My boss is Priya Nair", claim("Priya Nair", "is", "Priya Nair")),
        ("My boss is Priya Nair", claim("user", "my boss is Priya Nair, you know", "Priya Nair")),
    ],
)
async def test_what_was_not_stated_is_no_fact(text: str, one: dict[str, Any]) -> None:
    talk = Saying([one])
    assert await talk.hear(said(text, answer=f"You told me: {one['object']}.")) == []
    assert await talk.known() == []
    assert len(talk.refused) <= 1
    # With nothing stated at all, nobody is asked.
    assert talk.refused or talk.asked == []


@pytest.mark.parametrize(
    ("text", "one"),
    [
        ("Hi, I'm Alice, I moved from Paris to Lyon in March.", claim("user", "lives_in", "Lyon")),
        ("I'm vegan, where can I eat in Lyon?", claim("user", "diet", "vegan")),
        ("I have two cats", claim("user", "cats", "2")),
        ("My dog Rex is seven", claim("Rex", "is_a", "dog")),
        ("I don't like coffee", claim("user", "dislikes", "coffee")),
        ("I do not eat meat", claim("user", "does_not_eat", "meat")),
        ("I'm not from Paris, I'm from Lyon", claim("user", "comes_from", "Lyon")),
        ("Ich wohne in Köln und trinke gern Tee.", claim("user", "lives_in", "Köln")),
        ("私は東京に住んでいます。", claim("user", "lives_in", "東京")),
        ("We're allergic to peanuts", claim("user", "allergic_to", "peanut")),
        ("It’s my birthday on 3 June", claim("user", "birthday", "06-03")),
        ("I work as a software engineer at Acme", claim("user", "job", "engineer (software)")),
    ],
)
async def test_what_was_stated_is_a_fact(text: str, one: dict[str, Any]) -> None:
    talk = Saying([one])
    await talk.hear(said(text))
    assert talk.reasons == []
    assert [known[2] for known in await talk.known()] == [one["object"]]


async def test_the_model_is_not_shown_the_answer_of_the_assistant() -> None:
    talk = Saying([claim("user", "lives_in", "Atlantis")])
    assert await talk.hear(said("I like it there.", answer="You live in Atlantis, as you told me.")) == []
    assert "Atlantis" not in talk.asked[0]
    assert talk.reasons == ["'atlantis' was not said"]


async def test_nobody_is_asked_about_an_exchange_that_states_nothing() -> None:
    talk = Saying()
    assert await talk.hear(said("What's the weather?"), said(""), said("???")) == []
    assert talk.asked == []


async def test_what_a_tool_returned_supports_a_fact_about_what_it_speaks_of() -> None:
    told = claim("order 17", "status", "shipped")
    episode = said("Where is my order?")
    assert await Saying([told]).hear(episode) == []
    talk = Saying([told, claim("user", "status", "shipped")])
    added = await talk.hear(episode, evidence={episode.id: ["Order 17 was shipped on Monday."]})
    assert [one.subject for one in added] == ["order 17"]
    assert talk.reasons == ["the user said nothing about themselves"]
    assert "was shipped" in talk.asked[0]


async def test_what_memory_recalled_into_a_tool_output_supports_nothing() -> None:
    talk = Saying([claim("user", "likes", "tea")])
    episode = said("I am back")
    recalled = "- user likes tea [confidence 0.90]"
    assert await talk.hear(episode, evidence={episode.id: [recalled]}) == []
    assert "tea" not in talk.asked[0]


async def test_a_subject_known_from_before_need_not_be_named_again() -> None:
    talk = Saying([claim("Rex", "is_a", "dog")], [claim("Rex", "age", "7")])
    await talk.hear(said("Rex is my dog."))
    assert len(await talk.hear(said("He is 7 now.", at=DAY + timedelta(days=1)))) == 1


async def test_without_the_demand_for_support_the_model_is_believed() -> None:
    talk = Saying([claim("user", "lives_in", "Atlantis")], require_support=False)
    assert len(await talk.hear(said("What?"))) == 1
