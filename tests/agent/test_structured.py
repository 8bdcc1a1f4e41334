"""Typed answers."""

from typing import Literal

import pytest
from pydantic import BaseModel, ValidationError

from loomlab import Agent, OutputValidationError, ScriptedModel

pytestmark = pytest.mark.anyio


class Company(BaseModel):
    name: str
    founded_year: int


class Person(BaseModel):
    name: str
    born: int = 0


class Circle(BaseModel):
    kind: Literal["circle"] = "circle"
    r: float


class Square(BaseModel):
    kind: Literal["square"] = "square"
    side: float
    r: float = 0


async def test_the_answer_is_a_validated_object_and_the_clean_text() -> None:
    model = ScriptedModel(['```json\n{"name": "Acme", "founded_year": 2008}\n```'])
    agent = Agent("extract", model=model)
    result = await agent.run("go", output_schema=Company)
    assert result.parsed == Company(name="Acme", founded_year=2008) == result.value
    assert result.output == '{"name": "Acme", "founded_year": 2008}'
    system = model.requests[0].messages[0].content
    assert "STRUCTURED OUTPUT REQUIRED" in system and "founded_year" in system
    assert agent.instructions == "extract"


async def test_json_inside_prose_is_found() -> None:
    model = ScriptedModel(['Sure! Here it is: {"name": "A", "founded_year": 1} Enjoy.'])
    assert (await Agent("x", model=model).run("go", output_schema=Company)).parsed == Company(name="A", founded_year=1)


async def test_a_bad_answer_is_sent_back_with_its_errors_and_counts() -> None:
    model = ScriptedModel(['{"name": "Acme"}', '{"name": "Acme", "founded_year": 2008}'])
    result = await Agent("x", model=model).run("go", output_schema=Company)
    assert result.parsed.founded_year == 2008 and result.turns == 2
    last = model.requests[1].messages[-1]
    assert last.role == "user" and "failed schema validation" in last.content and "founded_year" in last.content
    assert not model.requests[1].tools


async def test_it_gives_up_after_the_retries_with_everything_a_caller_needs() -> None:
    model = ScriptedModel(["no", "still no", "never"])
    with pytest.raises(OutputValidationError) as caught:
        await Agent("x", model=model).run("go", output_schema=Company, output_validation_retries=2)
    error = caught.value
    assert error.raw == "never" and error.schema is Company
    assert isinstance(error.cause, ValidationError) and error.__cause__ is error.cause
    assert model.remaining == 0


async def test_zero_retries_fail_at_once() -> None:
    model = ScriptedModel(["no", '{"name": "Acme", "founded_year": 2008}'])
    with pytest.raises(OutputValidationError):
        await Agent("x", model=model).run("go", output_schema=Company, output_validation_retries=0)
    assert model.remaining == 1


@pytest.mark.parametrize(
    ("text", "kind"),
    [('{"kind": "square", "side": 2, "r": 1}', Square), ('{"kind": "circle", "r": 2}', Circle)],
)
async def test_of_a_union_the_best_fit_wins(text: str, kind: type[BaseModel]) -> None:
    result = await Agent("x", model=ScriptedModel([text])).run("go", output_schema=Circle | Square)
    assert type(result.parsed) is kind


async def test_a_call_schema_beats_the_agents_own() -> None:
    agent = Agent("x", model=ScriptedModel(['{"name": "A"}']), output_schema=Company)
    assert type((await agent.run("go", output_schema=Person)).parsed) is Person


async def test_something_that_is_no_model_class_is_refused_before_any_call() -> None:
    model = ScriptedModel(["x"])
    with pytest.raises(OutputValidationError, match="pydantic model class"):
        await Agent("x", model=model).run("go", output_schema=int)
    assert model.remaining == 1


async def test_a_model_that_enforces_the_schema_itself_is_not_told_twice() -> None:
    class Native(ScriptedModel):
        native_schema = True

    model = Native(['{"name": "A"}'])
    await Agent("x", model=model).run("go", output_schema=Person)
    assert "STRUCTURED" not in model.requests[0].messages[0].content
    assert model.requests[0].output_schema is Person
