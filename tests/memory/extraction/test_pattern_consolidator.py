"""Facts without a model."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loomlab import Episode, InMemoryMemory
from loomlab.memory import AutoExtractMemory, PatternConsolidator
from loomlab.memory.evidence import evidence_of
from loomlab.memory.statements import read_statements
from loomlab.memory.told_when import told_when

pytestmark = pytest.mark.anyio
DAY = datetime(2026, 5, 1, 12, tzinfo=UTC)


def read(text: str) -> list[tuple[str, str]]:
    return [(one.predicate, one.object) for one in read_statements(evidence_of(text), DAY) if one.subject == "user"]


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        ("Hi, I'm Alice, I moved from Paris to Lyon in March.", [("name", "Alice"), ("lives_in", "Lyon")]),
        ("My name is Alice de la Cruz", [("name", "Alice de la Cruz")]),
        ("I work at Acme Tools as a designer.", [("works_at", "Acme Tools"), ("job", "designer")]),
        ("I’m a software engineer, and I'm 41 years old.", [("job", "software engineer"), ("age", "41")]),
        ("I started a new job at Helio Labs this week", [("works_at", "Helio Labs")]),
        ("We live in Graz now, and I speak German.", [("lives_in", "Graz"), ("speaks", "German")]),
        ("i live in lyon", [("lives_in", "lyon")]),
        ("I have a dog called Rex", [("has_pet", "a dog called Rex")]),
        ("I'm allergic to peanuts and shellfish.", [("allergic_to", "peanuts"), ("allergic_to", "shellfish")]),
        ("I hate onions but I love sushi", [("dislikes", "onions"), ("likes", "sushi")]),
        ("I don't like coffee", [("dislikes", "coffee")]),
        ("My favourite drink is green tea.", [("favourite_drink", "green tea")]),
        ("My boss is Priya Nair", [("boss", "Priya Nair")]),
        ("My birthday is on 3 June.", [("birthday", "3 June")]),
        ("I'm vegan, where can I eat in Lyon?", [("diet", "vegan")]),
        ("I'm not from Paris, I'm from Lyon", [("comes_from", "Lyon")]),
        ("I drive a Volvo estate", [("drives", "a Volvo estate")]),
    ],
)
def test_a_plain_statement_is_read(text: str, facts: list[tuple[str, str]]) -> None:
    assert read(text) == facts


@pytest.mark.parametrize(
    "text",
    [
        "What is the capital of Spain?",
        "Please write a short poem about rain.",
        "Do I live in Paris?",
        "If I lived in Rome, I'd drive a Fiat.",
        "I'm a bit tired, I'm looking for help. I'm sorry. I'm back.",
        "I love it! I like to know more. I'm a big fan.",
        "I want to move to Rome",
        "My friend asked where I live in Rome",
        "I'm French",
        "I live in a house, in fear",
        "My wifi password is swordfish99",
        "",
        "user likes tea [confidence 0.90]",
    ],
)
def test_what_is_no_plain_statement_is_left_alone(text: str) -> None:
    assert read(text) == []


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("in March", "2026-03-01"),
        ("since October", "2025-10-01"),
        ("since early June 2024", "2024-06-01"),
        ("on 3 February", "2026-02-03"),
        ("on 3rd of June", "2025-06-03"),
        ("on June 3, 2024", "2024-06-03"),
        ("since 2019", "2019-01-01"),
        ("two weeks ago", "2026-04-17"),
        ("a year ago", "2025-05-01"),
        ("yesterday", "2026-04-30"),
        ("last month", "2026-04-01"),
        ("since 2024-02-29", "2024-02-29"),
        ("on 31 February", None),
        ("I may go", None),
        ("in Paris", None),
    ],
)
def test_since_when_is_read_as_people_write_it(text: str, day: str | None) -> None:
    assert told_when(f"I live in Lyon {text}", DAY) == day


@given(st.text(max_size=200))
def test_any_text_can_be_read(text: str) -> None:
    for one in read_statements(evidence_of(text), DAY):
        assert one.subject
        assert one.predicate
        assert one.object


def test_a_long_text_is_read_in_no_time() -> None:
    text = "I moved from " + "Alpha Beta Gamma " * 3000
    assert read(text) == []


async def test_it_needs_no_model_and_keeps_the_guards() -> None:
    memory = AutoExtractMemory(InMemoryMemory(), PatternConsolidator())
    for user, city in (("alice", "Lyon"), ("bob", "Porto")):
        episode = Episode(
            session_id="s", user_id=user, input=f"I moved to {city} in March.", output="You like tea.", occurred_at=DAY
        )
        await memory.remember(episode)
        (fact,) = await memory.facts_at(user_id=user)
        assert (fact.predicate, fact.object, fact.sources) == ("lives_in", city, [episode.id])
        assert fact.valid_from == datetime(2026, 3, 1, tzinfo=UTC)


async def test_the_brother_is_not_the_user() -> None:
    memory = InMemoryMemory()
    episode = Episode(session_id="s", input="My brother Tom lives in Oslo.", output="", occurred_at=DAY)
    (fact,) = await PatternConsolidator().consolidate([episode], store=memory.facts)
    assert (fact.subject, fact.predicate, fact.object) == ("Tom", "lives_in", "Oslo")
