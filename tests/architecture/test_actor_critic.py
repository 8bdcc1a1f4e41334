"""Actor and critic: it ends when the critic is content, and an unreadable verdict is told, never made up."""

from typing import Any

import pytest
from pydantic import BaseModel

from loomlab import Agent, ScriptedModel, ScriptedTurn, ToolCall, tool
from loomlab.architecture import ActorCritic

pytestmark = pytest.mark.anyio


class Rounds:
    """One run and all that it said."""

    def __init__(self, actor: list[str], critic: list[str], **options: Any) -> None:
        self.actor, self.critic = ScriptedModel(actor), ScriptedModel(critic)
        team = ActorCritic(actor=Agent("a", model=self.actor), critic=Agent("c", model=self.critic), **options)
        self.agent = Agent("x", model="echo", architecture=team)
        self.notes: list[dict[str, Any]] = []

    async def go(self) -> dict[str, Any]:
        async for event in self.agent.stream("write a line"):
            if event.kind == "architecture_event" and "model." not in event.payload["name"]:
                self.notes.append(event.payload)
            if event.kind == "completed":
                result: dict[str, Any] = event.payload["result"]
        return result

    def named(self, name: str) -> list[dict[str, Any]]:
        return [one for one in self.notes if one["name"] == name]


async def test_the_actor_mends_what_the_critic_names_until_the_score_is_reached() -> None:
    one = Rounds(["v1", "v2"], ['{"issues": ["too short"], "score": 0.4, "summary": "meh"}', '{"score": 0.95}'])
    result = await one.go()
    assert result["output"] == "v2" and result["turns"] == 4 and result["ended"] == "answered"
    assert [note["name"].removeprefix("actor_critic.") for note in one.notes] == [
        *("actor_started", "actor_completed", "critic_started", "critique"),
        *("actor_started", "actor_completed", "critic_started", "critique", "approved"),
    ]
    critique = one.named("actor_critic.critique")[0]
    assert (critique["score"], critique["issues"], critique["summary"]) == (0.4, ["too short"], "meh")
    again = one.actor.requests[1].messages[-1].content
    assert "write a line" in again and "v1" in again and "- too short" in again and "meh" in again
    asked = one.critic.requests[0].messages[-1].content
    assert "write a line" in asked and "v1" in asked and '"score"' in asked


@pytest.mark.parametrize(
    ("verdict", "score"),
    [
        ('```json\n{"issues": [], "score": 0.95}\n```', 0.95),
        ('Here you are: {"issues": [], "score": 1, "summary": "fine"} Bye.', 1.0),
        ("I like it.\nScore: 9.5/10", 0.95),
        ("score: 93%\n- one comma", 0.93),
    ],
)
async def test_a_verdict_in_a_fence_or_in_prose_is_read(verdict: str, score: float) -> None:
    one = Rounds(["v1"], [verdict])
    await one.go()
    assert one.named("actor_critic.approved")[0]["score"] == score and not one.named("parse.failed")


async def test_seven_of_ten_is_not_everything() -> None:
    one = Rounds(["v1", "v2"], ["score: 7/10\n- name the date", "score: 1.0"])
    await one.go()
    critique = one.named("actor_critic.critique")[0]
    assert critique["score"] == 0.7 and critique["issues"] == ["name the date"]


async def test_a_verdict_nobody_can_read_approves_nothing_and_is_told() -> None:
    one = Rounds(["v1", "v2"], ["Lovely, though the end drags.", "Even lovelier."], max_rounds=2)
    result = await one.go()
    assert result["output"] == "v2" and result["ended"] == "parse_failure" and not result["interrupted"]
    failed = one.named("parse.failed")
    assert (failed[0]["role"], failed[0]["text"]) == ("critic", "Lovely, though the end drags.")
    assert "the end drags" in one.actor.requests[1].messages[-1].content
    assert one.notes[-1]["name"] == "actor_critic.max_rounds_reached"


async def test_the_last_version_stands_when_the_rounds_are_over() -> None:
    one = Rounds(["v1", "v2"], ['{"score": 0.1}', '{"score": 0.2}'], max_rounds=2)
    result = await one.go()
    assert result["output"] == "v2" and result["ended"] == "answered"
    assert one.notes[-1] == {"name": "actor_critic.max_rounds_reached", "rounds": 2, "score": 0.2}


async def test_templates_can_be_changed_and_braces_in_texts_stay() -> None:
    one = Rounds(
        ["{prompt} {x}", "ok"],
        ['{"score": 0, "issues": ["i"], "summary": "s"}', '{"score": 1}'],
        critique_template="T {prompt} / {output}",
        refine_template="R {prompt} / {output} / {issues_bulleted} / {critique}",
    )
    await one.go()
    assert one.critic.requests[0].messages[-1].content == "T write a line / {prompt} {x}"
    assert one.actor.requests[1].messages[-1].content == "R write a line / {prompt} {x} / - i / s"


@tool
async def again() -> str:
    """Again."""
    return ""


@pytest.mark.parametrize("who", ["actor", "critic"])
async def test_an_interrupted_half_interrupts_the_pair(who: str) -> None:
    loops = ScriptedModel([ScriptedTurn(tool_calls=[ToolCall(tool="again")])] * 3)
    stuck = Agent("x", model=loops, tools=[again], max_turns=1)
    fine = Agent("x", model="echo")
    pair = {"actor": fine, "critic": fine, who: stuck}
    result = await Agent("x", model="echo", architecture=ActorCritic(**pair)).run("go")
    assert result.interruption_reason == f"{who}:round_1:max_turns_exceeded" and result.ended == "turn_cap"


async def test_a_typed_answer_is_the_actor_s() -> None:
    class Line(BaseModel):
        text: str

    actor = ScriptedModel(['{"text": "v1"}'])
    team = ActorCritic(actor=Agent("a", model=actor), critic=Agent("c", model=ScriptedModel(['{"score": 1}'])))
    result = await Agent("x", model="echo", architecture=team, output_schema=Line).run("go")
    assert result.parsed == Line(text="v1") and result.turns == 2


async def test_a_model_that_takes_schemas_is_held_to_the_verdict() -> None:
    class Held(ScriptedModel):
        native_schema = True

    critic = Held(['{"score": 1.0}'])
    team = ActorCritic(actor=Agent("a", model="echo"), critic=Agent("c", model=critic))
    await Agent("x", model="echo", architecture=team).run("go")
    assert "score" in critic.requests[0].output_schema.model_fields


def test_bad_settings_are_named() -> None:
    one = Agent("x", model="echo")
    for problem, options in {"max_rounds": {"max_rounds": 0}, "0 to 1": {"approval_threshold": 7}}.items():
        with pytest.raises(ValueError, match=problem):
            ActorCritic(actor=one, critic=one, **options)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="critic"):
        ActorCritic(actor=one, critic=None)
    team = ActorCritic(actor=one, critic=one)
    assert set(team.declared_workers()) == {"actor", "critic"} and [n.id for n in team.shape().nodes][1:3] == [
        "actor",
        "critic",
    ]
