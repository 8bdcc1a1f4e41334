"""Reflexion: attempts, judgements, lessons; whose the lessons are; and judges that answer prose."""

from typing import Any

import pytest

from loomlab import Agent, HashEmbedder, InMemoryMemory, ScriptedModel, ScriptedTurn, ToolCall, tool
from loomlab.architecture import Reflexion, SelfRefine
from loomlab.vectorstore import InMemoryVectorStore

pytestmark = pytest.mark.anyio


async def ran(
    model: ScriptedModel, *, agent: dict[str, Any] | None = None, run: dict[str, Any] | None = None, **options: Any
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    notes, result = [], {}
    made = Agent("Be kind.", model=model, architecture=Reflexion(**options), **(agent or {}))
    async for event in made.stream("write a poem", **(run or {})):
        if event.kind == "architecture_event" and event.payload["name"].partition(".")[0] in ("reflexion", "parse"):
            notes.append(event.payload)
        if event.kind == "completed":
            result = event.payload["result"]
    return notes, result


def names(notes: list[dict[str, Any]]) -> list[str]:
    return [one["name"].removeprefix("reflexion.") for one in notes]


def store() -> InMemoryVectorStore:
    return InMemoryVectorStore(embedder=HashEmbedder())


async def test_a_good_first_attempt_costs_one_judgement() -> None:
    notes, result = await ran(ScriptedModel(["poem", '{"reason": "fine", "score": 0.9}']))
    assert names(notes) == ["attempt_started", "evaluated", "threshold_met"]
    assert result["output"] == "poem" and result["turns"] == 2 and notes[1]["reason"] == "fine"


async def test_a_lesson_from_a_failed_attempt_is_there_in_the_next() -> None:
    model = ScriptedModel(["poem", "too short\nscore: 0.3", "Write at least four lines.", "long poem", "score: 0.95"])
    notes, result = await ran(model)
    assert names(notes) == [
        *("attempt_started", "evaluated", "lesson_produced", "lesson_persisted"),
        *("attempt_started", "evaluated", "threshold_met"),
    ]
    assert result["output"] == "long poem"
    assert any("Write at least four lines." in one.content for one in model.requests[3].messages)
    assert "too short" in model.requests[2].messages[-1].content and "poem" in model.requests[2].messages[-1].content


async def test_the_best_attempt_wins_when_none_is_good_enough() -> None:
    model = ScriptedModel(["a", "score: 0.2", "l1", "b", "score: 0.6", "l2", "c", "score: 0.4", "l3"])
    notes, result = await ran(model)
    assert result["output"] == "b" and names(notes)[-1] == "max_attempts_reached" and result["ended"] == "answered"
    assert notes[-1]["best_score"] == 0.6 and model.remaining == 0


async def test_of_equals_the_last_attempt_wins() -> None:
    _, result = await ran(ScriptedModel(["a", "score: 0.2", "l1", "b", "score: 0.2", "l2"]), max_attempts=2)
    assert result["output"] == "b"


async def test_a_judge_that_answers_prose_is_told_of_and_counts_as_nothing() -> None:
    notes, result = await ran(
        ScriptedModel(["a", "lovely!", "l1", "b", "lovely!", "l2"]), max_attempts=2, threshold=0.0
    )
    assert names(notes).count("parse.failed") == 2 and result["ended"] == "parse_failure" and result["output"] == "b"
    notes, result = await ran(ScriptedModel(["a", "lovely!", "l1", "b", "score: 0.9"]))
    assert names(notes).count("parse.failed") == 1 and result["ended"] == "answered"


async def test_a_later_run_knows_the_lesson_but_another_user_does_not() -> None:
    memory = InMemoryMemory()
    first = ScriptedModel(["poem", "score: 0.1", "Rhyme more."])
    await ran(first, agent={"memory": memory}, run={"user_id": "ana"}, max_attempts=1)
    for user, known in (("ana", True), ("bob", False), (None, False)):
        model = ScriptedModel(["poem", "score: 0.9"])
        await ran(model, agent={"memory": memory}, run={"user_id": user})
        assert ("Rhyme more." in str(model.requests[0].messages)) is known


@pytest.mark.parametrize("user", ["ana", None])
async def test_the_store_gives_back_what_fits_to_whom_it_belongs(user: str | None) -> None:
    lessons = store()
    await ran(
        ScriptedModel(["poem", "score: 0.1", "Rhyme more in poems."]),
        lesson_store=lessons,
        run={"user_id": user},
        max_attempts=1,
    )
    (found,) = await lessons.search("poem")
    assert found.chunk.metadata["attempt"] == 1 and found.chunk.metadata["score"] == 0.1
    assert found.chunk.metadata["prompt_excerpt"] == "write a poem" and found.chunk.metadata.get("user_id") == user
    for other in ("ana", "bob", None):
        model = ScriptedModel(["poem", "score: 0.9"])
        notes, _ = await ran(model, lesson_store=lessons, run={"user_id": other})
        known = other == user
        assert ("lessons_recalled" in names(notes)) is known
        assert ("Rhyme more" in model.requests[0].messages[0].content) is known


async def test_other_documents_in_the_store_are_no_lessons() -> None:
    lessons = await InMemoryVectorStore.from_texts(["write a poem"], embedder=HashEmbedder())
    notes, _ = await ran(ScriptedModel(["poem", "score: 0.9"]), lesson_store=lessons)
    assert "lessons_recalled" not in names(notes)


async def test_only_the_best_fitting_lessons_are_shown_and_for_the_attempt_only() -> None:
    lessons = store()
    for lesson in ("Poems want rhymes.", "Soups want salt.", "Bridges want steel."):
        await ran(ScriptedModel(["x", "score: 0.1", lesson]), lesson_store=lessons, max_attempts=1)
    model = ScriptedModel(["poem", "score: 0.9"])
    notes, _ = await ran(model, lesson_store=lessons, top_k_lessons=1)
    assert len(next(one["lessons"] for one in notes if one["name"] == "reflexion.lessons_recalled")) == 1
    assert "Lessons" not in model.requests[1].messages[0].content


async def test_lessons_go_when_the_user_is_forgotten() -> None:
    lessons, memory = store(), InMemoryMemory()
    for user in ("ana", "bob"):
        model = ScriptedModel(["poem", "score: 0.1", "Rhyme."])
        await ran(model, agent={"memory": memory}, run={"user_id": user}, lesson_store=lessons, max_attempts=1)
    assert await lessons.count() == 2
    await memory.forget(user_id="ana")
    assert [one.chunk.metadata["user_id"] for one in await lessons.search("x")] == ["bob"]


async def test_lessons_in_the_block_are_bounded() -> None:
    memory = InMemoryMemory()
    model = ScriptedModel([text for n in range(25) for text in ("poem", "score: 0.1", f"lesson\nnumber {n}")])
    await ran(model, agent={"memory": memory, "max_turns": 100}, max_attempts=25)
    (block,) = await memory.working()
    assert block.name == "reflexion_lessons" and block.content.splitlines() == [
        f"- lesson number {n}" for n in range(5, 25)
    ]


async def test_an_empty_lesson_is_not_kept() -> None:
    memory = InMemoryMemory()
    notes, _ = await ran(ScriptedModel(["poem", "score: 0.1", "  "]), agent={"memory": memory}, max_attempts=1)
    assert "lesson_persisted" not in names(notes) and await memory.working() == []


async def test_the_best_answer_stays_when_a_cap_stops_it() -> None:
    model = ScriptedModel(["a", "score: 0.5", "l1", "b", "score: 0.1", "l2"])
    _, result = await ran(model, agent={"max_turns": 5})
    assert result["output"] == "a" and result["ended"] == "turn_cap"


async def test_it_wraps_any_strategy_and_stops_where_that_was_stopped() -> None:
    notes, result = await ran(ScriptedModel(["draft", "no issues", "score: 1.0"]), base=SelfRefine())
    assert result["output"] == "draft" and result["turns"] == 3

    @tool
    async def loop() -> str:
        """Loop."""
        return ""

    endless = ScriptedModel([ScriptedTurn(tool_calls=[ToolCall(tool="loop")])] * 9)
    notes, result = await ran(endless, agent={"tools": [loop], "max_turns": 3})
    assert result["interruption_reason"] == "max_turns_exceeded" and "evaluated" not in names(notes)


@pytest.mark.parametrize(
    "options", [{"max_attempts": 0}, {"threshold": 1.1}, {"threshold": -0.1}, {"top_k_lessons": 0}]
)
def test_settings_are_checked(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(options))):
        Reflexion(**options)
