"""Asking for something with a form: what is understood, and that the rest is told, not guessed."""

from typing import Any

import pytest
from pydantic import BaseModel, Field

from loomlab import Agent, ScriptedModel
from loomlab.architecture.asking import Answer, ask_for, talk, tool_menu, understand, with_tools
from loomlab.core.messages import ToolDef

pytestmark = pytest.mark.anyio


class Mark(BaseModel):
    score: float = Field(ge=0, le=1)


class Asks:
    """A strategy that asks once and keeps the answer."""

    name = "asks"

    def __init__(self, read: Any = None) -> None:
        self.read = read
        self.answer: Answer[Mark] | None = None

    async def run(self, session: Any, deps: Any, prompt: str) -> Any:
        self.answer = await ask_for(deps, session, talk("Grade.", prompt), Mark, role="evaluator", read=self.read)
        yield deps.note(session, "asks.done")

    def declared_workers(self) -> dict[str, Any]:
        return {}


async def asked(reply: str, read: Any = None) -> tuple[Answer[Mark], list[dict[str, Any]], ScriptedModel]:
    asks, model = Asks(read), ScriptedModel([reply])
    notes = [
        event.payload
        async for event in Agent("x", model=model, architecture=asks).stream("an essay")
        if event.payload.get("name") == "parse.failed"
    ]
    assert asks.answer is not None
    return asks.answer, notes, model


async def test_the_schema_goes_to_the_model_and_json_comes_back_as_an_object() -> None:
    answer, notes, model = await asked('Sure: {"score": 0.5}')
    assert answer.value == Mark(score=0.5) and answer.cause == "" and not notes
    assert model.requests[0].output_schema is Mark
    assert [one.content for one in model.requests[0].messages] == ["Grade.", "an essay"]


async def test_a_looser_form_is_left_to_the_reader() -> None:
    answer, notes, _ = await asked("half", lambda text: Mark(score=0.5) if text == "half" else None)
    assert answer.value == Mark(score=0.5) and not notes


@pytest.mark.parametrize(
    ("reply", "cause"),
    [
        ("", "empty"),
        ("well…", "no JSON"),
        ('{"score": 7}', "score: Input should be less"),
        ('{"mark": 1}', "score: Field required"),
    ],
)
async def test_what_cannot_be_read_is_told_with_its_cause(reply: str, cause: str) -> None:
    answer, (note,), _ = await asked(reply)
    assert answer.value is None and cause in answer.cause
    assert note["role"] == "evaluator" and cause in note["cause"] and note["text"] == reply


async def test_a_long_unreadable_reply_is_told_in_part() -> None:
    answer, (note,), _ = await asked("x" * 5000)
    assert len(note["text"]) == 500 and len(answer.text) == 5000


def test_of_several_json_values_the_one_that_fits_is_taken() -> None:
    assert understand('{"draft": true} … {"score": 1}', Mark).value == Mark(score=1.0)


def test_the_menu_shows_names_purposes_and_schemas() -> None:
    tools = [ToolDef(name="add", description="Add.", input_schema={"type": "object", "properties": {"a": {}}})]
    assert tool_menu(tools) == '- add: Add. Arguments: {"type": "object", "properties": {"a": {}}}'
    assert with_tools("Plan with {tools}!", tools).startswith("Plan with - add")
    assert with_tools("Plan.", tools).startswith("Plan.\n\nTools:\n- add")
    assert with_tools("Plan.", []) == "Plan." and "no tools" in with_tools("{tools}", [])
