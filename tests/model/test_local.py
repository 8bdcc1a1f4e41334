"""The real model. It is weak, so it is asked what it can answer; what must always hold is asked of all."""

import sys
from contextlib import aclosing
from typing import Literal

import anyio
import pytest
from pydantic import BaseModel

from loomlab import Agent, tool
from loomlab.core import Message, Model, Role, ToolDef
from loomlab.model import resolve_model
from loomlab.model.local import LocalModel

pytestmark = pytest.mark.anyio
QUESTION = [Message(role=Role.USER, content="What is the capital of France?")]
STORY = [Message(role=Role.USER, content="Write a very long story about the sea.")]


class Person(BaseModel):
    name: str
    age: int
    mood: Literal["happy", "sad"]


class Count(BaseModel):
    numbers: list[int]


def test_without_the_package_one_sentence_names_the_install_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "xllamacpp", None)
    with pytest.raises(ImportError, match=r"xllamacpp: pip install 'loomlab\[local\]'"):
        LocalModel()


def test_its_name_tells_the_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LOOMLAB_LOCAL_GGUF", raising=False)
    assert LocalModel().name == resolve_model("local").name == "local/SmolLM2-135M"
    monkeypatch.setenv("LOOMLAB_LOCAL_GGUF", "/models/mine-7b.gguf")
    assert LocalModel().name == "local/mine-7b"
    assert LocalModel("chosen").name == "chosen"
    assert isinstance(LocalModel(), Model)


@pytest.mark.local_model
async def test_it_streams_an_answer_token_by_token_with_usage_and_no_cost() -> None:
    async with aclosing(LocalModel().stream(QUESTION)) as stream:
        chunks = [chunk async for chunk in stream]
    assert "Paris" in "".join(chunk.text or "" for chunk in chunks)
    assert [chunk.kind for chunk in chunks[:-1]] == ["text"] * (len(chunks) - 1)
    assert len(chunks) > 4
    last = chunks[-1]
    assert (last.kind, last.finish_reason, last.usage.cost_usd) == ("finish", "stop", 0.0)
    assert last.usage.input_tokens > 10
    assert last.usage.output_tokens >= len(chunks) - 1


@pytest.mark.local_model
async def test_the_same_request_gets_the_same_answer_whatever_came_before() -> None:
    model = LocalModel()
    first = await model.complete(STORY, max_tokens=24)
    await model.complete([*STORY, Message(role=Role.ASSISTANT, content=first[0]), *QUESTION], max_tokens=8)
    again = await model.complete(STORY, max_tokens=24)
    assert first == again
    assert first[3] == "length"
    assert first[2].output_tokens == 24


@pytest.mark.local_model
async def test_a_temperature_gives_another_text_for_another_seed() -> None:
    texts = {(await LocalModel(seed=seed).complete(STORY, temperature=1.5, max_tokens=16))[0] for seed in (1, 2, 1)}
    assert len(texts) == 2


@pytest.mark.local_model
async def test_a_typed_answer_fits_its_schema() -> None:
    agent = Agent("You are a helpful assistant.", model=LocalModel())
    result = await agent.run("Anna is 31 years old and very happy today.", output_schema=Person)
    assert result.parsed == Person(name="Anna", age=31, mood="happy")


@pytest.mark.local_model
async def test_even_a_hopeless_request_for_a_typed_answer_parses() -> None:
    text, _, _, finish = await LocalModel().complete(
        [Message(role=Role.USER, content="banana banana banana")], output_schema=Count
    )
    assert finish == "stop"
    assert Count.model_validate_json(text)


@pytest.mark.local_model
async def test_a_tool_is_called_with_the_city_of_the_question_and_its_result_is_in_the_answer() -> None:
    asked: list[str] = []

    @tool
    def get_weather(city: str) -> str:
        """Get the current weather in a city."""
        asked.append(city)
        return {"Paris": "18 °C and sunny", "Tokyo": "21 °C with rain"}[city]

    agent = Agent("You are a helpful assistant.", model="local", tools=[get_weather])
    result = await agent.run("What is the weather in Paris and in Tokyo?")
    assert asked == ["Paris", "Tokyo"]
    assert "18" in result.output
    assert "21" in result.output
    assert result.turns == 3
    assert not result.interrupted


@pytest.mark.local_model
async def test_a_tool_that_was_not_asked_for_is_not_called() -> None:
    roll = ToolDef(
        name="roll_dice",
        description="Roll dice with a number of sides.",
        input_schema={"type": "object", "properties": {"sides": {"type": "integer"}}, "required": ["sides"]},
    )
    text, calls, usage, finish = await LocalModel().complete(QUESTION, tools=[roll])
    assert "Paris" in text
    assert (calls, finish) == ([], "stop")
    assert usage.input_tokens > 60


@pytest.mark.local_model
async def test_a_cancelled_request_frees_the_model_for_the_next() -> None:
    model = LocalModel()
    started = anyio.Event()

    async def endless() -> None:
        async with aclosing(model.stream(STORY, max_tokens=4000)) as stream:
            async for _ in stream:
                started.set()

    async with anyio.create_task_group() as group:
        group.start_soon(endless)
        await started.wait()
        group.cancel_scope.cancel()
    text, *_ = await model.complete(QUESTION)
    assert "Paris" in text
