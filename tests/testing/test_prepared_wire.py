"""The stand-in for a provider that answers from a file."""

import json
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import openai
import pytest

from loomlab import Agent, tool
from loomlab.core import InvalidRequestError
from loomlab.model import OpenAIModel
from loomlab.testing.wire import PreparedWire, stand_in

pytestmark = pytest.mark.anyio

ANSWERS: list[dict[str, Any]] = [
    {"when": {"user": "Where", "tool": "on its way"}, "say": "It is on its way."},
    {"when": {"user": "Where", "tool": ""}, "say": "I can't find it."},
    {"when": {"user": "Where", "system": "You are rude."}, "say": "Look yourself."},
    {"when": {"user": "Where"}, "call": [{"find": {"number": 7}}]},
    {"when": {"user": "And my name?", "before": "I am Ann"}, "say": "Ann."},
    {"when": {"user": "And my name?"}, "say": "I do not know."},
    {"when": {"user": "Extract"}, "json": {"city": "Oslo"}},
]


@pytest.fixture
def answers(tmp_path: Path) -> Path:
    path = tmp_path / "answers.json"
    path.write_text(json.dumps(ANSWERS), encoding="utf-8")
    return path


@pytest.fixture
def stood_in(answers: Path, monkeypatch: pytest.MonkeyPatch) -> PreparedWire:
    monkeypatch.setenv("OPENAI_BASE_URL", "")
    monkeypatch.setenv("OPENAI_API_KEY", "")
    return stand_in(answers)


@pytest.fixture
async def model(stood_in: PreparedWire) -> AsyncIterator[OpenAIModel]:
    made = OpenAIModel("gpt-4.1-mini")
    yield made
    await made.aclose()


@pytest.fixture
def client(stood_in: PreparedWire) -> Iterator[openai.OpenAI]:
    with openai.OpenAI() as made:
        yield made


async def test_the_same_question_gets_the_same_answer_however_often_it_is_put(
    stood_in: PreparedWire, model: OpenAIModel
) -> None:
    for found, answer in [("on its way", "It is on its way."), ("nothing", "I can't find it.")] * 2:

        @tool
        def find(number: int, found: str = found) -> str:
            """Find a parcel."""
            return f"{number}: {found}"

        result = await Agent("You help.", model=model, tools=[find], auto_extract=False).run("Where is parcel 7?")
        assert (result.output, result.turns) == (answer, 2)
    assert len(stood_in.requests) == 8


async def test_the_answer_depends_on_the_instructions_and_on_what_was_said_before(
    model: OpenAIModel, client: openai.OpenAI
) -> None:
    assert (await Agent("You are rude.", model=model).run("Where is it?")).output == "Look yourself."
    for earlier, answer in [("I am Ann", "Ann."), ("Good day", "I do not know.")]:
        messages: Any = [{"role": "user", "content": earlier}, {"role": "user", "content": "And my name?"}]
        got = client.chat.completions.create(model="m", messages=messages)
        assert got.choices[0].message.content == answer
        parts = [{"role": "user", "content": [{"type": "text", "text": earlier}]}, messages[1]]
        assert client.chat.completions.create(model="m", messages=parts).choices[0].message.content == answer


async def test_an_object_is_given_in_the_form_that_the_request_asks_for(client: openai.OpenAI) -> None:
    asked: Any = {"model": "m", "messages": [{"role": "user", "content": "Extract the city"}]}
    assert client.chat.completions.create(**asked).choices[0].message.content == '{"city": "Oslo"}'
    offered: Any = [{"type": "function", "function": {"name": name, "parameters": {}}} for name in ("look", "final")]
    (call,) = client.chat.completions.create(**asked, tools=offered).choices[0].message.tool_calls or []
    assert (call.function.name, json.loads(call.function.arguments)) == ("final", {"city": "Oslo"})


async def test_texts_with_the_same_words_have_near_vectors(client: openai.OpenAI) -> None:
    texts = ["green tea with milk", "Tea with milk, green!", "a bill from March"]
    data = client.embeddings.create(model="text-embedding-3-small", input=texts).data
    one, same, other = ([float(part) for part in item.embedding] for item in data)
    assert len(one) == 1536
    assert sum(a * b for a, b in zip(one, same, strict=True)) == pytest.approx(1.0)
    assert sum(a * b for a, b in zip(one, other, strict=True)) < 0.5


async def test_what_nobody_prepared_is_refused_with_the_message_that_has_no_answer(model: OpenAIModel) -> None:
    with pytest.raises(InvalidRequestError, match="no answer is prepared for this user message: How old"):
        await Agent("You help.", model=model).run("How old is it?")


def test_a_condition_that_does_not_exist_is_an_error_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "wrong.json"
    path.write_text('[{"when": {"usr": "x"}, "say": "y"}]', encoding="utf-8")
    with pytest.raises(ValueError, match="not by usr"):
        PreparedWire(path)


def test_another_file_takes_the_place_of_the_first(answers: Path, stood_in: PreparedWire) -> None:
    before = os.environ["OPENAI_BASE_URL"]
    again = stand_in(answers)
    assert os.environ["OPENAI_BASE_URL"] == again.base_url
    with pytest.raises(RuntimeError):
        _ = stood_in.base_url
    assert before.startswith("http://127.0.0.1:")
