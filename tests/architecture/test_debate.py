"""Debate: independent first, then against one another, then a judge or a vote."""

from typing import Any

import anyio
import pytest

from loomlab import Agent, EchoModel, ScriptedModel, ScriptedTurn, ToolCall, tool
from loomlab.architecture import MultiAgentDebate

pytestmark = pytest.mark.anyio


async def debate(*scripts: list[str], judge: list[str] | None = None, **options: Any) -> tuple[Any, ...]:
    models = [ScriptedModel(script) for script in scripts]
    judging = None if judge is None else ScriptedModel(judge)
    team = MultiAgentDebate(
        debaters=[Agent("d", model=one) for one in models],
        judge=None if judging is None else Agent("j", model=judging),
        **options,
    )
    notes = []
    async for event in Agent("x", model="echo", architecture=team).stream("how many?", session_id="s"):
        if event.kind == "architecture_event" and event.payload["name"].startswith("debate"):
            notes.append(event.payload)
        if event.kind == "completed":
            result = event.payload["result"]
    return notes, result, models, judging


async def test_everybody_answers_alone_then_reads_the_others_then_the_judge_decides() -> None:
    notes, result, models, judge = await debate(["one", "two"], ["red", "blue"], judge=["two blue"], rounds=1)
    assert result["output"] == "two blue" and result["turns"] == 5
    assert [(one["name"].removeprefix("debate."), one.get("round")) for one in notes] == [
        *(("round_started", 0), ("response", 0), ("response", 0)),
        *(("round_started", 1), ("response", 1), ("response", 1)),
        *(("judging", None), ("synthesized", None)),
    ]
    first, second = (one.messages[-1].content for one in models[0].requests)
    assert "how many?" in first and "red" not in first
    assert "Your last answer:\none" in second and "red" in second and "how many?" in second
    asked = judge.requests[0].messages[-1].content
    assert "two" in asked and "blue" in asked and "how many?" in asked and "red" not in asked


async def test_agreement_at_once_is_the_answer_without_a_judge() -> None:
    notes, result, _, judge = await debate(["It is four."], ["it is FOUR"], judge=["never"])
    assert result["output"] == "It is four." and result["turns"] == 2 and not judge.requests
    assert notes[-1]["name"] == "debate.converged" and notes[-1]["similarity"] == 1.0


async def test_agreement_later_ends_the_rounds() -> None:
    notes, result, models, _ = await debate(["one", "two", "x"], ["red", "two", "x"], judge=["two!"], rounds=5)
    assert result["output"] == "two!" and models[0].remaining == 1
    assert [one["round"] for one in notes if one["name"] == "debate.converged"] == [1]


async def test_all_pairs_have_to_agree() -> None:
    _, result, models, _ = await debate(["a b", "a"], ["a b", "a"], ["c d", "a"], rounds=1)
    assert all(one.remaining == 0 for one in models) and result["output"] == "a"


async def test_what_counts_is_the_answer_not_the_wording() -> None:
    same, other = "Six times seven, so\nAnswer: 42", "I count them one by one.\nAnswer: 42."
    notes, result, _, _ = await debate([same], [other])
    assert notes[-1]["name"] == "debate.converged" and result["output"] == same
    alike = "After long thought about every part of the question I say\nAnswer: "
    notes, _, _, _ = await debate([alike + "41", "x"], [alike + "42", "y"], rounds=0)
    assert "debate.converged" not in [one["name"] for one in notes]


async def test_without_a_judge_the_commonest_answer_wins_and_the_first_of_equals() -> None:
    notes, result, _, _ = await debate(["Nine!"], ["ten"], ["  nine "], rounds=0)
    assert result["output"] == "Nine!" and notes[-1] == {
        "name": "debate.synthesized",
        "by": "vote",
        "debater": "debater_0",
        "votes": 2,
    }
    _, result, _, _ = await debate(["b"], ["a"], rounds=0, convergence_check=False)
    assert result["output"] == "b"
    reasons = ["I think so.\nAnswer: 4", "No.\nAnswer: 5", "By hand: 2+2\nFinal answer: 4"]
    _, result, _, _ = await debate(*([one] for one in reasons), rounds=0)
    assert result["output"] == reasons[0]


async def test_a_judge_that_answers_prose_is_fine() -> None:
    _, result, _, _ = await debate(["a"], ["b"], judge=["Both have a point, but a."], rounds=0)
    assert result["output"] == "Both have a point, but a." and result["ended"] == "answered"


async def test_debaters_of_a_round_work_at_the_same_time_and_one_s_error_stops_the_others() -> None:
    stopped, begun = anyio.Event(), anyio.Event()

    class Waits(EchoModel):
        async def complete(self, *args: Any, **kwargs: Any) -> Any:
            try:
                begun.set()
                await anyio.sleep_forever()
            finally:
                stopped.set()

    class Breaks(EchoModel):
        async def complete(self, *args: Any, **kwargs: Any) -> Any:
            await begun.wait()
            raise ZeroDivisionError("by two")

    team = MultiAgentDebate(debaters=[Agent("x", model=Waits()), Agent("x", model=Breaks())])
    with anyio.fail_after(5), pytest.raises(ZeroDivisionError, match="by two"):
        await Agent("x", model="echo", architecture=team).run("go")
    assert stopped.is_set()


@tool
async def again() -> str:
    """Again."""
    return ""


def stuck() -> Agent:
    model = ScriptedModel([ScriptedTurn(tool_calls=[ToolCall(tool="again")])] * 3)
    return Agent("x", model=model, tools=[again], max_turns=1)


async def test_an_interrupted_debater_or_judge_interrupts_the_debate() -> None:
    fine = Agent("x", model=ScriptedModel(["something"] * 3))
    for debaters, judge, reason in (
        ([fine, stuck()], None, "specialist:debater_1:max_turns_exceeded"),
        ([fine, Agent("x", model="echo")], stuck(), "judge:max_turns_exceeded"),
    ):
        team = MultiAgentDebate(debaters=debaters, judge=judge, rounds=0)
        result = await Agent("x", model="echo", architecture=team).run("go")
        assert result.interruption_reason == reason and result.ended == "turn_cap"


def test_bad_settings_are_named() -> None:
    one = Agent("x", model="echo")
    for problem, options in {
        "two debaters, not 1": {"debaters": [one]},
        "rounds": {"debaters": [one, one], "rounds": -1},
        "0 to 1": {"debaters": [one, one], "convergence_similarity": 2},
    }.items():
        with pytest.raises(ValueError, match=problem):
            MultiAgentDebate(**options)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="debater 1"):
        MultiAgentDebate(debaters=[one, "two"])


def test_its_picture_has_the_debaters_side_by_side() -> None:
    one = Agent("x", model="echo")
    team = MultiAgentDebate(debaters=[one, one], judge=one)
    assert set(team.declared_workers()) == {"debater_0", "debater_1", "judge"}
    assert [node.id for node in team.shape().nodes] == ["start", "debater_0", "debater_1", "round", "judge", "end"]
    assert [node.id for node in MultiAgentDebate(debaters=[one, one], rounds=0).shape().nodes][-2:] == ["vote", "end"]
