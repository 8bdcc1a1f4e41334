"""Router: one classifier call, one specialist, and a defined outcome for everything a classifier may say."""

from typing import Any

import pytest
from pydantic import BaseModel

from loomlab import Agent, EchoModel, InMemoryMemory, ScriptedModel
from loomlab.architecture import Router, RouterRoute

pytestmark = pytest.mark.anyio


def routes() -> list[RouterRoute]:
    return [
        RouterRoute("billing", Agent("You know invoices.", model=EchoModel(prefix="billing: "))),
        RouterRoute("tech", Agent("You know cables.", model=EchoModel(prefix="tech: ")), "wires and plugs"),
    ]


async def routed(said: str, **options: Any) -> tuple[dict[str, dict[str, Any]], Any]:
    agent = Agent("desk", model=ScriptedModel([said]), architecture=Router(routes=routes(), **options))
    notes: dict[str, dict[str, Any]] = {}
    async for event in agent.stream("the lamp is dark", session_id="s"):
        if event.kind == "architecture_event":
            notes[event.payload["name"]] = event.payload
        if event.kind == "completed":
            result = event.payload["result"]
    return notes, result


@pytest.mark.parametrize(
    "said",
    [
        "route: tech\nconfidence: 0.9",
        "route: tech",
        "tech",
        "**Route:** Tech\n**Confidence:** 80%",
        '{"route": "tech", "confidence": 0.7}',
        'Sure!\n```json\n{"route": "tech"}\n```',
    ],
)
async def test_the_chosen_specialist_answers_the_task_as_it_was_given(said: str) -> None:
    notes, result = await routed(said)
    assert result["output"] == "tech: the lamp is dark" and result["turns"] == 2 and not result["interrupted"]
    assert notes["router.classified"]["accepted"] and notes["router.dispatched"]["route"] == "tech"
    assert not notes["router.dispatched"]["fallback"] and "router.completed" in notes
    assert "parse.failed" not in notes


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("route: garden\nconfidence: 1", "'garden', which is no route"),
        ("route: tech\nconfidence: 0.2", "below 0.5"),
        ("I would ask the tech people, if I were you", "could not be read"),
        ("route: tech\nconfidence: very", "could not be read"),
        ("", "could not be read"),
    ],
)
async def test_what_cannot_be_routed_goes_to_the_fallback_or_is_said(said: str, why: str) -> None:
    notes, result = await routed(said, require_confidence_above=0.5, fallback_route="billing")
    assert result["output"] == "billing: the lamp is dark" and why in notes["router.dispatched"]["reason"]
    notes, result = await routed(said, require_confidence_above=0.5)
    assert result["output"].startswith("Could not route") and why in result["output"]
    assert why in notes["router.unresolved"]["reason"] and "router.dispatched" not in notes
    unread = "could not be read" in why
    assert ("parse.failed" in notes) == unread
    assert result["ended"] == ("parse_failure" if unread else "stopped")


async def test_the_classifier_reads_the_desk_s_instructions_the_routes_and_the_conversation() -> None:
    model = ScriptedModel(["route: tech", "route: billing"])
    agent = Agent("Be a help desk.", model=model, architecture=Router(routes=routes()), memory=InMemoryMemory())
    await agent.run("my lamp is dark", session_id="s", user_id="alice")
    await agent.run("and what does it cost?", session_id="s", user_id="alice")
    system = model.requests[0].messages[0].content
    assert system.startswith("Be a help desk.") and "- billing: You know invoices." in system
    assert "- tech: wires and plugs" in system
    assert "my lamp is dark" in [one.content for one in model.requests[1].messages]


async def test_a_cheaper_model_and_another_prompt_for_the_choice() -> None:
    cheap = ScriptedModel(["tech"])
    team = Router(routes=routes(), classifier_model=cheap, classifier_prompt="Pick {one} of:\n{route_descriptions}")
    result = await Agent("", model="echo", architecture=team).run("go")
    assert result.output == "tech: go" and cheap.requests[0].messages[0].content.startswith("Pick {one} of:\n- billing")


async def test_an_interrupted_specialist_interrupts_the_router() -> None:
    class Stuck:
        name = "stuck"

        async def run(self, session: Any, deps: Any, prompt: str) -> Any:
            session.interrupt("max_turns_exceeded")
            yield deps.note(session, "stuck.now")

        def declared_workers(self) -> dict[str, Any]:
            return {}

    stuck = RouterRoute("tech", Agent("x", model="echo", architecture=Stuck()))
    result = await Agent("x", model=ScriptedModel(["tech"]), architecture=Router(routes=[stuck])).run("go")
    assert result.interruption_reason == "specialist:tech:max_turns_exceeded" and result.ended == "turn_cap"


async def test_a_typed_answer_is_the_specialist_s() -> None:
    class Price(BaseModel):
        euro: int

    model = ScriptedModel(['{"euro": 4}'])
    shop = RouterRoute("shop", Agent("x", model=model))
    agent = Agent("x", model=ScriptedModel(["shop"]), architecture=Router(routes=[shop]), output_schema=Price)
    result = await agent.run("how much?")
    assert result.parsed == Price(euro=4) and result.turns == 2
    assert "euro" in model.requests[0].messages[0].content


async def test_a_typed_answer_that_does_not_fit_is_asked_for_again() -> None:
    class Price(BaseModel):
        euro: int

    shop = RouterRoute("shop", Agent("x", model=ScriptedModel(["four"])))
    team = Router(routes=[shop])
    agent = Agent("x", model=ScriptedModel(["shop", '{"euro": 4}']), architecture=team, output_schema=Price)
    result = await agent.run("how much?")
    assert result.parsed == Price(euro=4) and result.turns == 3


def test_bad_settings_are_named() -> None:
    one = routes()[0]
    for problem, options in {
        "at least one": {"routes": []},
        "one name": {"routes": [one, one]},
        "did you mean 'billing'": {"routes": [one], "fallback_route": "biling"},
        "0 to 1": {"routes": [one], "require_confidence_above": 1.5},
    }.items():
        with pytest.raises(ValueError, match=problem):
            Router(**options)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="'billing'"):
        Router(routes=[RouterRoute("billing", "an agent")])


def test_its_picture_has_a_box_for_each_route() -> None:
    shape = Router(routes=routes(), fallback_route="tech").shape()
    assert [one.id for one in shape.nodes] == ["start", "classifier", "billing", "tech", "end"]
    assert ("classifier", "tech", "classify: tech or unsure") in [
        (one.source, one.target, one.label) for one in shape.edges
    ]
    assert set(Router(routes=routes()).declared_workers()) == {"billing", "tech"}
