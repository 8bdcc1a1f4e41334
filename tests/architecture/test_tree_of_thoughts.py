"""Tree of Thoughts: the order of the calls, who stays in the beam, who wins, and trees that never grow."""

from typing import Any

import pytest

from loomlab import Agent, ScriptedModel
from loomlab.architecture import ThoughtNode, TreeOfThoughts
from loomlab.architecture.thoughts import best_of

pytestmark = pytest.mark.anyio


async def ran(
    turns: list[str], *, agent: dict[str, Any] | None = None, **options: Any
) -> tuple[list[dict[str, Any]], dict[str, Any], ScriptedModel]:
    model = ScriptedModel(turns)
    notes, result = [], {}
    async for event in Agent("x", model=model, architecture=TreeOfThoughts(**options), **(agent or {})).stream("task"):
        if event.kind == "architecture_event" and event.payload["name"].partition(".")[0] in ("tot", "parse"):
            notes.append(event.payload)
        if event.kind == "completed":
            result = event.payload["result"]
    return notes, result, model


def names(notes: list[dict[str, Any]]) -> list[str]:
    return [one["name"].removeprefix("tot.") for one in notes]


TWO_LEVELS = ["a", "b", "score: 0.2", "score: 0.7", "b1", "b2", "score: 0.9", "score: 0.8"]


@pytest.mark.parametrize("parallel", [True, False])
async def test_all_proposals_of_a_level_then_all_judgements(parallel: bool) -> None:
    notes, result, model = await ran(TWO_LEVELS, branch_factor=2, max_depth=2, beam_width=1, parallel=parallel)
    level = ["level_started", "proposed", "proposed", "evaluated", "evaluated", "pruned"]
    assert names(notes) == ["started", *level, *level, "completed"]
    assert result["output"] == "b1" and result["turns"] == 8 and notes[-1]["winner"] == "t2.1"
    judged = ["evaluator" if "judge a line" in one.messages[0].content else "proposer" for one in model.requests]
    assert judged == [*["proposer"] * 2, *["evaluator"] * 2] * 2
    assert "1. b" in model.requests[4].messages[-1].content and "1. a" not in model.requests[4].messages[-1].content
    assert "1. b\n2. b1" in model.requests[6].messages[-1].content


async def test_a_solved_task_ends_the_search() -> None:
    notes, result, model = await ran(["a", "b", "score: 1.0", "score: 0.1", "x"], branch_factor=2)
    assert "solved" in names(notes) and result["output"] == "a" and model.remaining == 1


async def test_weak_thoughts_are_dropped_and_an_empty_beam_ends_it() -> None:
    notes, result, _ = await ran(["a", "b", "score: 0.2", "score: 0.3"], branch_factor=2, min_score=0.5)
    assert names(notes)[-2:] == ["empty_beam", "completed"] and result["output"] == "b"
    (pruned,) = [one for one in notes if one["name"] == "tot.pruned"]
    assert pruned["kept"] == [] and pruned["dropped"] == ["t1.1", "t1.2"]


async def test_the_best_thought_wins_even_from_an_earlier_level() -> None:
    _, result, _ = await ran(["a", "score: 0.9", "b", "score: 0.3"], branch_factor=1, max_depth=2)
    assert result["output"] == "a"


async def test_of_equals_the_deepest_wins() -> None:
    _, result, _ = await ran(["a", "score: 0.5", "b", "score: 0.5"], branch_factor=1, max_depth=2)
    assert result["output"] == "b"


async def test_nothing_thought_is_said_so() -> None:
    notes, result, _model = await ran(["", " "], branch_factor=2)
    assert names(notes)[-2:] == ["no_thoughts", "completed"] and result["ended"] == "parse_failure"
    assert "no thoughts" in result["output"] and result["turns"] == 2


async def test_judgements_that_nobody_can_read_are_told_and_count_as_nothing() -> None:
    notes, result, _ = await ran(["a", "b", "nice", "score: 0.1"], branch_factor=2, max_depth=1)
    assert names(notes).count("parse.failed") == 1 and result["output"] == "b" and result["ended"] == "answered"
    notes, result, _ = await ran(["a", "nice"], branch_factor=1, max_depth=1, solved_threshold=0.0)
    assert result["ended"] == "parse_failure" and result["output"] == "a" and "solved" not in names(notes)


async def test_what_is_paid_for_counts_when_a_cap_stops_a_level() -> None:
    _notes, result, model = await ran(TWO_LEVELS, agent={"max_turns": 6}, branch_factor=2, max_depth=2, beam_width=1)
    assert result["output"] == "b" and result["turns"] == 6 and result["ended"] == "turn_cap"
    _, result, model = await ran(TWO_LEVELS, agent={"max_turns": 3}, branch_factor=2, max_depth=2)
    assert result["output"] == "a" and model.remaining == 5


async def test_the_tree_is_kept_in_the_session() -> None:
    kept: dict[str, Any] = {}

    class Keeping(TreeOfThoughts):
        async def run(self, session: Any, deps: Any, prompt: str) -> Any:
            async for event in super().run(session, deps, prompt):
                yield event
            kept.update(session.metadata)

    await Agent("x", model=ScriptedModel(["a", "score: 0.5"]), architecture=Keeping(branch_factor=1, max_depth=1)).run(
        "t"
    )
    assert kept == {"tot_nodes": [ThoughtNode("t1.1", None, "a", 0.5, 1)], "tot_winner_id": "t1.1"}


async def test_the_roles_may_have_models_of_their_own() -> None:
    proposer, judge = ScriptedModel(["a"]), ScriptedModel(["score: 1"])
    _, result, main = await ran([], branch_factor=1, proposer_model=proposer, evaluator_model=judge)
    assert result["output"] == "a" and not main.requests and proposer.remaining == judge.remaining == 0


def test_the_beam_takes_the_best_and_of_equals_the_first() -> None:
    nodes = [ThoughtNode(str(n), None, "", score) for n, score in enumerate([0.1, 0.5, 0.5, 0.9, 0.5])]
    assert [one.id for one in best_of(nodes, 3, 0.2)] == ["3", "1", "2"]


@pytest.mark.parametrize(
    "options",
    [{"branch_factor": 0}, {"max_depth": 0}, {"beam_width": 0}, {"solved_threshold": 1.5}, {"min_score": -0.1}],
)
def test_settings_are_checked(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(options))):
        TreeOfThoughts(**options)
