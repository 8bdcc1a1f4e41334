"""Blackboard: who writes when, who sees what, and what comes of it."""

import json
from typing import Any

import pytest

from loomlab import Agent, ScriptedModel, ScriptedTurn, ToolCall, tool
from loomlab.architecture import Blackboard, BlackboardArchitecture

pytestmark = pytest.mark.anyio


def says(terminate: bool = False, next_agent: str | None = None, instruction: str = "") -> str:
    return json.dumps({"terminate": terminate, "next_agent": next_agent, "instruction": instruction})


class Team:
    """A blackboard team on scripts, and what its run said."""

    def __init__(self, agents: dict[str, list[str]], coordinator: Any = None, decider: Any = None, **options: Any):
        self.models = {name: ScriptedModel(script) for name, script in agents.items()}
        self.coordinator = ScriptedModel(coordinator or [])
        self.decider = ScriptedModel(decider or [])
        self.team = BlackboardArchitecture(
            agents={name: Agent(f"I am {name}", model=model) for name, model in self.models.items()},
            coordinator=Agent("c", model=self.coordinator) if coordinator else None,
            decider=Agent("d", model=self.decider) if decider else None,
            **options,
        )
        self.notes: list[dict[str, Any]] = []

    async def go(self) -> dict[str, Any]:
        async for event in Agent("x", model="echo", architecture=self.team).stream("solve it"):
            if event.kind == "architecture_event" and "model." not in event.payload["name"]:
                self.notes.append(event.payload)
            if event.kind == "completed":
                result: dict[str, Any] = event.payload["result"]
        return result

    def names(self) -> list[str]:
        return [one["name"].removeprefix("blackboard.") for one in self.notes]


def prompt_of(model: ScriptedModel, number: int = -1) -> str:
    return model.requests[number].messages[-1].content


async def test_the_coordinator_calls_the_decider_decides() -> None:
    one = Team(
        {"ana": ["it rained"], "bob": ["so it is wet"]},
        [says(next_agent="ana", instruction="look outside"), says(next_agent="bob"), says(True)],
        ["It is wet because it rained."],
    )
    result = await one.go()
    assert result["output"] == "It is wet because it rained." and result["turns"] == 6
    assert one.names() == [
        "started",
        *("coordinator_decided", "invoking", "contribution") * 2,
        *("coordinator_decided", "completed"),
    ]
    assert "look outside" in prompt_of(one.models["ana"]) and "(empty)" in prompt_of(one.models["ana"])
    assert "[contribution] ana: it rained" in prompt_of(one.models["bob"])
    assert "look outside" not in prompt_of(one.models["bob"])
    assert "- ana: I am ana" in prompt_of(one.coordinator, 0) and "solve it" in prompt_of(one.coordinator, 0)
    assert "so it is wet" in prompt_of(one.decider)


async def test_without_a_coordinator_they_take_turns_until_one_answers() -> None:
    one = Team({"ana": ["a1", "Answer: 42"], "bob": ["b1", "never"]})
    result = await one.go()
    assert result["output"] == "42" and one.models["bob"].remaining == 1
    assert [note["agent"] for note in one.notes if note["name"].endswith("invoking")] == ["ana", "bob", "ana"]


async def test_without_an_answer_the_last_contribution_stands() -> None:
    one = Team({"ana": ["a1", "a2"], "bob": ["b1", "b2"]}, max_rounds=3)
    assert (await one.go())["output"] == "a2" and one.notes[-1] == {
        "name": "blackboard.completed",
        "rounds": 3,
        "entries": 3,
    }


async def test_private_lines_are_seen_by_their_writer_only() -> None:
    one = Team({"ana": ["PRIVATE: I guess\nfact", "x"], "bob": ["Private: only me", "y"]}, max_rounds=4)
    await one.go()
    assert "I guess" in prompt_of(one.models["ana"]) and "I guess" not in prompt_of(one.models["bob"])
    assert "fact" in prompt_of(one.models["bob"]) and "only me" not in prompt_of(one.models["ana"])
    assert "only me" in prompt_of(one.models["bob"])
    assert [note["content_kind"] for note in one.notes if "content" in note][:2] == ["contribution", "note"]


async def test_an_unknown_agent_is_an_entry_and_skips_the_round() -> None:
    one = Team({"ana": ["done"]}, [says(next_agent="anna"), says(next_agent="ana"), says(True)])
    result = await one.go()
    assert result["output"] == "done" and "unknown_agent" in one.names()
    assert "[error] blackboard: round 1: there is no agent 'anna'; did you mean 'ana'?" in prompt_of(one.coordinator, 1)


async def test_a_coordinator_that_answers_prose_lets_the_next_in_turn_go_on() -> None:
    one = Team({"ana": ["a1"], "bob": ["b1"]}, ["Ana should go first.", "Now Bob.", says(True)])
    result = await one.go()
    assert result["output"] == "b1"
    failed = [note for note in one.notes if note["name"] == "parse.failed"]
    assert [note["role"] for note in failed] == ["coordinator"] * 2


async def test_nobody_next_ends_it() -> None:
    one = Team({"ana": ["a1"]}, [says(next_agent="ana"), says()])
    assert (await one.go())["output"] == "a1" and one.names()[-2:] == ["no_contributor", "completed"]


@tool
async def again() -> str:
    """Again."""
    return ""


@pytest.mark.parametrize("who", ["ana", "__coordinator", "__decider"])
async def test_an_interrupted_worker_interrupts_the_team(who: str) -> None:
    loops = ScriptedModel([ScriptedTurn(tool_calls=[ToolCall(tool="again")])] * 3)
    stuck = Agent("x", model=loops, tools=[again], max_turns=1)
    fine = {"ana": ScriptedModel(["a"]), "__coordinator": ScriptedModel([says(next_agent="ana"), says(True)])}
    agents = {name: Agent("x", model=model) for name, model in fine.items()} | {who: stuck}
    decider = agents.get("__decider") or Agent("x", model="echo")
    team = BlackboardArchitecture(agents={"ana": agents["ana"]}, coordinator=agents["__coordinator"], decider=decider)
    result = await Agent("x", model="echo", architecture=team).run("go")
    assert result.interruption_reason == f"specialist:{who}:max_turns_exceeded" and result.ended == "turn_cap"


def test_a_board_shows_each_reader_its_own() -> None:
    board = Blackboard()
    assert board.render_for("ana") == "(empty)"
    entry = board.post("ana", "a fact")
    board.post("ana", "a secret", private_to="ana")
    assert entry.kind == "contribution" and entry.timestamp.tzinfo is not None
    assert board.render_for("bob") == "[contribution] ana: a fact"
    assert "a secret" in board.render_for("ana") and board.private["ana"][0].content == "a secret"
    assert Blackboard().settled() == "" and board.settled() == "a fact"


def test_bad_settings_are_named() -> None:
    one = Agent("x", model="echo")
    for problem, options in {
        "at least one worker": {"agents": {}},
        "is taken": {"agents": {"__decider": one}},
        "max_rounds": {"agents": {"a": one}, "max_rounds": 0},
        "no name": {"agents": {" ": one}},
    }.items():
        with pytest.raises(ValueError, match=problem):
            BlackboardArchitecture(**options)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="coordinator"):
        BlackboardArchitecture(agents={"a": one}, coordinator="c")


def test_its_picture_has_the_board_in_the_middle() -> None:
    one = Agent("x", model="echo")
    team = BlackboardArchitecture(agents={"a b": one}, coordinator=one, decider=one)
    assert set(team.declared_workers()) == {"a b", "__coordinator", "__decider"}
    assert {node.id for node in team.shape().nodes} == {"start", "board", "a b", "__coordinator", "__decider", "end"}
