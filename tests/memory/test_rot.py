"""An audit finds what is rotten, and only that."""

from datetime import UTC, datetime, timedelta

import pytest

from loomlab.core import Episode, Fact
from loomlab.memory import Finding, InMemoryMemory, MemoryAudit
from loomlab.memory.rot import audit

pytestmark = pytest.mark.anyio
NOW = datetime(2026, 6, 1, tzinfo=UTC)
KEY = "sk-proj-" + "a1B2c3D4" * 4


def said(text: str, answer: str = "Fine.", *, user: str = "alice", session: str = "s", ago: int = 30) -> Episode:
    when = NOW - timedelta(days=ago)
    return Episode(session_id=session, user_id=user, occurred_at=when, input=text, output=answer)


def fact(
    predicate: str, object_: str, *, user: str = "alice", ago: int = 30, subject: str = "user", **more: object
) -> Fact:
    when = NOW - timedelta(days=ago)
    return Fact(
        user_id=user, subject=subject, predicate=predicate, object=object_, valid_from=when, recorded_at=when, **more
    )


async def audited(*items: Episode | Fact, blocks: dict[str, str] | None = None) -> MemoryAudit:
    memory = InMemoryMemory()
    for item in items:
        if isinstance(item, Episode):
            await memory.remember(item)
        else:
            await memory.facts.append(item)
    for name, text in (blocks or {}).items():
        await memory.update_block(name, text, user_id="alice")
    return await audit(memory, user_id="alice", at=NOW)


def only(report: MemoryAudit) -> Finding:
    (finding,) = report.findings
    return finding


async def test_a_sound_memory_has_no_findings() -> None:
    moved = said("I moved from Paris to Lyon in March, and I love jazz and tea.")
    pets = said("My dog Rex is five. I work at Acme as a nurse.")
    report = await audited(
        moved,
        pets,
        said("What is the weather?", "Sunny."),
        said("And tomorrow?", "Sunny."),
        fact("lives_in", "Paris", ago=900),
        fact("lives_in", "Lyon", sources=[moved.id]),
        fact("likes", "jazz", sources=[moved.id]),
        fact("likes_tea", "tea", sources=[moved.id]),
        fact("has_dog", "Rex", sources=[pets.id]),
        fact("job", "nurse", sources=[pets.id]),
        fact("timezone", "Europe/Paris"),
        blocks={"persona": "kind and short"},
    )
    assert report.findings == []
    assert (report.episodes, report.facts, report.blocks, report.dead_facts) == (4, 7, 1, 1)
    assert report.dead_fact_share == pytest.approx(1 / 7)
    assert report.format() == ("memory of user 'alice': 4 episodes, 7 facts (14% true no more), 1 blocks, 0 findings")


async def test_the_same_claim_under_two_spellings_is_a_duplicate() -> None:
    one, two = fact("lives_in", "Lyon"), fact("Lives in", "lyon")
    finding = only(await audited(one, two, fact("lives_in", "Lyon", user="bob")))
    assert (finding.kind, finding.severity, set(finding.fact_ids)) == ("duplicate", "low", {one.id, two.id})
    assert finding.sentence == "'user lives in Lyon' is remembered 2 times; keep the first, with the sources of all"


async def test_claims_that_exclude_each_other_are_a_contradiction() -> None:
    one, two = fact("lives_in", "Paris"), fact("lives in", "Lyon")
    finding = only(await audited(one, two))
    assert (finding.kind, finding.severity, set(finding.fact_ids)) == ("contradiction", "high", {one.id, two.id})
    overlap = only(
        await audited(fact("works_for", "Acme"), fact("lives_in", "Rome", valid_until=NOW + timedelta(days=9)), two)
    )
    assert overlap.kind == "contradiction"


async def test_several_likes_are_no_contradiction() -> None:
    assert (await audited(fact("likes", "tea"), fact("Likes", "jazz"))).findings == []


async def test_a_claim_that_nobody_repeated_for_a_year_is_stale() -> None:
    old = fact("lives_in", "Lyon", ago=500)
    finding = only(await audited(old))
    assert (finding.kind, finding.fact_ids) == ("stale", (old.id,))
    assert "was last heard on 2025-01-17; ask again" in finding.sentence
    again = await audited(old, fact("lives_in", "Lyon", ago=20))
    assert [one.kind for one in again.findings] == ["duplicate"]
    assert (await audited(fact("lived_in", "Rome", ago=900, valid_until=NOW - timedelta(days=500)))).findings == []


async def test_an_audit_of_the_past_sees_what_was_known_then() -> None:
    memory = InMemoryMemory()
    await memory.remember(said(f"my key is {KEY}", ago=5))
    await memory.facts.append(fact("lives_in", "Lyon", ago=500))
    await memory.facts.append(fact("lives_in", "Lyon", ago=20))
    then = await memory.audit(user_id="alice", at=NOW - timedelta(days=100))
    assert [one.kind for one in then.findings] == ["stale"] and (then.facts, then.episodes) == (1, 0)
    assert [one.kind for one in (await memory.audit(user_id="alice", at=NOW)).findings] == ["secret", "duplicate"]


async def test_secrets_are_found_everywhere_and_never_repeated() -> None:
    report = await audited(
        said(f"my key is {KEY}"),
        fact("api_key", KEY),
        fact("wifi_password", "hunter2hunter2"),
        blocks={"setup": f"use {KEY}"},
    )
    assert report.counts == {"secret": 4}
    assert {one.severity for one in report.findings} == {"high"}
    assert KEY not in report.format() and "hunter2" not in report.format()
    assert {bool(one.fact_ids) + 2 * bool(one.episode_ids) + 4 * bool(one.block_names) for one in report.findings} == {
        1,
        2,
        4,
    }
    masked = await audited(said("my key is [REDACTED]"))
    assert masked.findings == []


async def test_what_only_the_assistant_said_is_unsupported() -> None:
    source = said("What should I eat?", "As a vegan from Berlin you may like tofu.")
    claim = fact("lives_in", "Berlin", sources=[source.id])
    finding = only(await audited(source, claim))
    assert (finding.kind, finding.fact_ids, finding.episode_ids) == ("unsupported", (claim.id,), (source.id,))
    gone = only(await audited(fact("lives_in", "Berlin", sources=["ep_gone"])))
    assert (gone.kind, gone.severity) == ("unsupported", "low")


async def test_a_claim_that_memory_fed_back_to_itself_is_a_loop() -> None:
    first = said("I live in Lyon.")
    echoed = said("Any news?", "You live in Lyon, so here is news from Lyon.", ago=20)
    claim = fact("lives_in", "Lyon", sources=[first.id])
    echo = fact("lives_in", "Lyon", sources=[echoed.id], ago=20)
    report = await audited(first, echoed, claim, echo)
    loops = [one for one in report.findings if one.kind == "recall_loop"]
    assert [one.fact_ids for one in loops] == [(echo.id,)]
    shown = said("[2026-01-01 10:00] user: I own a boat | assistant: nice\nWhat do you know?", ago=9)
    recalled = fact("owns", "boat", sources=[shown.id])
    assert only(await audited(shown, recalled)).kind == "recall_loop"


async def test_one_answer_to_many_questions_is_an_echo() -> None:
    answer = "You asked about your dog Rex."
    same = [said(f"Question about {topic}?", answer) for topic in ("tea", "cars", "rain")]
    finding = only(await audited(*same))
    assert (finding.kind, set(finding.episode_ids)) == ("recall_loop", {one.id for one in same})
    assert (await audited(*(said("ping?", answer) for _ in range(5)))).findings == []


async def test_the_worst_comes_first_and_another_users_rot_is_not_seen() -> None:
    report = await audited(
        fact("lives_in", "Lyon", ago=500),
        fact("works_at", "Acme"),
        fact("works at", "Initech"),
        fact("api_key", KEY, user="bob"),
        said(f"my key is {KEY}", user="bob"),
    )
    assert [one.kind for one in report.findings] == ["contradiction", "stale"]
    assert report.format().splitlines()[1].startswith("high   contradiction: ")
    memory = InMemoryMemory()
    assert (await memory.audit(user_id="nobody")).findings == []
    assert (await memory.audit(user_id="nobody")).dead_fact_share == 0.0


async def test_a_planted_corpus_is_found_whole_and_nothing_else() -> None:
    """Precision and recall over a memory of many sound facts and some of each kind of rot."""
    items: list[Episode | Fact] = []
    planted: dict[str, set[str]] = {}
    for number in range(60):
        source = said(f"My friend Person{number} plays instrument{number} in Town{number}.", f"Noted {number}.")
        items += [
            source,
            fact("plays", f"instrument{number}", subject=f"Person{number}", sources=[source.id]),
            fact("lives_in", f"Town{number}", subject=f"Person{number}", sources=[source.id]),
        ]

    def plant(kind: str, *facts: Fact, of: Episode | None = None) -> None:
        planted.setdefault(kind, set()).update(one.id for one in facts)
        items.extend([*([of] if of else []), *facts])

    for number in range(5):
        plant("stale", fact("likes_band", f"band{number}", subject=f"Old{number}", ago=400 + number))
        asked = said(f"What about question {number}?", f"Maybe you own a thing{number}.")
        plant("unsupported", fact("owns", f"thing{number}", sources=[asked.id]), of=asked)
        plant(
            "contradiction", *(fact(p, o, subject=f"C{number}") for p, o in (("born_in", "Rome"), ("born in", "Oslo")))
        )
        plant("duplicate", *(fact(p, "chess", subject=f"D{number}") for p in ("best_game", "Best game")))
        plant("secret", fact("password", f"hunter{number}hunter", subject=f"S{number}"))
    report = await audited(*items)
    for kind, wanted in planted.items():
        found = {id_ for one in report.findings if one.kind == kind for id_ in one.fact_ids}
        assert found == wanted, kind
    assert set(report.counts) == set(planted)
