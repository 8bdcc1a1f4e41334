"""What an arm leaves behind, in a world of ours and in one of the user's."""

from datetime import UTC, datetime
from typing import Any

import pytest

from loomlab import Agent, ScriptedModel, ScriptedTurn, ToolCall
from loomlab.core.errors import ConfigError
from loomlab.core.results import RunResult
from loomlab.evals import Case, Dataset, Score, ScoreState, evaluate, scorers
from loomlab.evals.worlds import Stockroom, replay, world_of, world_tools

pytestmark = pytest.mark.anyio
START = {"places": {"cellar": {"jars": 4}, "shop": {}}}


def case(**changes: Any) -> Case:
    target = {"places": {"cellar": {"jars": 1}, "shop": {"jars": 3}}}
    return Case("c", "Carry three jars to the shop.", target, metadata={"world": {"name": "stockroom", "state": START}})


def move(count: Any, thing: str = "jars", **more: Any) -> ToolCall:
    return ToolCall(tool="move", args={"thing": thing, "count": count, "source": "cellar", "target": "shop"}, **more)


async def score(calls: list[ToolCall], asked: Case, **options: Any) -> Score:
    now = datetime.now(UTC)
    result = RunResult(session_id="s", output="", turns=1, started_at=now, finished_at=now, user_id="ann")
    judge: Any = scorers.end_state(**options)
    said = await judge(result, asked, calls)
    assert isinstance(said, Score)
    return said


async def test_the_way_does_not_matter_and_the_end_does() -> None:
    assert (await score([move(3)], case())).value == 1
    assert (await score([move(1), move(9), move("2")], case())).value == 1  # one was refused, one came as text
    wrong = await score([move(2)], case())
    assert (wrong.value, wrong.reason) == (0.0, "$.places.cellar.jars: 2, expected 1")
    assert (await score([], case())).value == 0


async def test_calls_that_could_not_be_read_or_are_of_other_tools_change_nothing() -> None:
    calls = [move(4, error="not JSON"), ToolCall(tool="search", args={}), ToolCall(tool="move", args={"x": 1}), move(3)]
    assert (await score(calls, case())).value == 1


async def test_a_check_or_a_part_of_the_state_may_decide() -> None:
    assert (await score([move(2)], case(), check=lambda state, _: state["places"]["shop"]["jars"] == 2)).value == 1
    part = Case("c", "q", {"places": {"shop": {"jars": 3}}}, metadata=case().metadata)
    assert (await score([move(3)], part)).value == 0
    assert (await score([move(3)], part, subset=True)).value == 1
    assert (await score([move(3)], Case("c", "q", {}, metadata=case().metadata), ignore=["places"])).value == 1


async def test_the_state_may_be_anything_that_can_be_read() -> None:
    kept = {"ann": {"paid": 10.0}, "bob": {"paid": 0.0}}

    async def read(result: RunResult, _: Case) -> Any:
        return kept[str(result.user_id)]

    assert (await score([], Case("c", "q", {"paid": 10.004}), state=read, tolerance=0.01)).value == 1
    assert (await score([], Case("c", "q", {"paid": 0}), state=read)).value == 0


async def test_without_a_world_or_a_target_it_is_unscored() -> None:
    assert (await score([], Case("c", "q", {}))).state is ScoreState.UNSCORED
    assert (await score([], Case("c", "q", metadata=case().metadata))).state is ScoreState.UNSCORED


async def test_a_world_is_a_copy_and_a_wrong_one_is_named() -> None:
    world = world_of(case())
    assert world is not None
    replay(world, [move(4)])
    assert world.state == {"places": {"cellar": {}, "shop": {"jars": 4}}}
    assert case().metadata["world"]["state"] == START
    with pytest.raises(ConfigError, match="did you mean 'stockroom'"):
        world_of(Case("c", "q", metadata={"world": {"name": "stockrom", "state": {}}}))
    with pytest.raises(ConfigError, match="no name with a state"):
        world_of(Case("c", "q", metadata={"world": "stockroom"}))


@pytest.mark.parametrize(
    ("tool", "arguments", "words"),
    [
        ("look", {"place": "attic"}, "there are: cellar, shop"),
        ("move", {"thing": "jars", "count": 5, "source": "cellar", "target": "shop"}, "cellar holds 4 jars"),
        ("move", {"thing": "jars", "count": 1, "source": "cellar", "target": "attic"}, "no place 'attic'"),
        ("add", {"thing": "jars", "count": 0, "place": "shop"}, "from 1"),
        ("remove", {"thing": "lids", "count": 1, "place": "cellar"}, "0 lids"),
    ],
)
async def test_what_cannot_be_done_says_why_and_changes_nothing(
    tool: str, arguments: dict[str, Any], words: str
) -> None:
    world = Stockroom(START)
    tools = {one.name: one for one in world_tools(world)}
    with pytest.raises(ValueError, match=words):
        tools[tool].fn(**arguments)
    assert world.state == START


async def test_agents_act_on_worlds_of_their_own() -> None:
    def agent(count: int) -> Agent:
        turns = [ScriptedTurn(tool_calls=[move(count)]), "done"] * 2
        return Agent("Do it.", model=ScriptedModel(turns))

    arms = {"right": agent(3), "wrong": agent(4)}
    ev = await evaluate(Dataset([case()]), arms, scorers=scorers.from_spec("end_state"), epochs=2, max_concurrency=1)
    assert [(trial.arm, trial.score("end_state")) for trial in ev.trials] == [
        ("right", 1.0),
        ("right", 1.0),
        ("wrong", 0.0),
        ("wrong", 0.0),
    ]


async def test_an_agent_sees_what_its_calls_did() -> None:
    look = ToolCall(tool="look", args={"place": "shop"})
    model = ScriptedModel([ScriptedTurn(tool_calls=[move(3)]), ScriptedTurn(tool_calls=[look]), "done"])
    await evaluate(Dataset([case()]), {"one": Agent("Do it.", model=model)}, scorers=scorers.end_state())
    told = [message.content for message in model.requests[-1].messages]
    assert "3 jars moved from cellar to shop" in told
    assert any("'jars': 3" in text or '"jars": 3' in text or '"jars":3' in text for text in told)
