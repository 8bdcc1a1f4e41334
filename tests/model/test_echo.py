"""The model that repeats."""

import pytest

from loomlab.core.messages import Message, Role
from loomlab.core.protocols import Model
from loomlab.model import EchoModel

pytestmark = pytest.mark.anyio
TALK = [
    Message(role=Role.SYSTEM, content="be kind"),
    Message(role=Role.USER, content="first"),
    Message(role=Role.ASSISTANT, content="ok"),
    Message(role=Role.USER, content="say  this\nplease "),
]


async def test_it_repeats_the_last_user_message_word_by_word() -> None:
    chunks = [chunk async for chunk in EchoModel().stream(TALK)]
    texts = [chunk.text for chunk in chunks if chunk.kind == "text"]
    assert len(texts) == 4
    assert "".join(text or "" for text in texts) == "Echo: say  this\nplease "
    assert [chunk.kind for chunk in chunks].count("finish") == 1
    assert chunks[-1].finish_reason == "stop"


async def test_words_are_counted_as_tokens_and_paid_for() -> None:
    text, calls, usage, finish = await EchoModel(prefix="", cost_per_token=0.5).complete(TALK)
    assert (text, calls, finish) == ("say  this\nplease ", [], "stop")
    assert (usage.input_tokens, usage.output_tokens, usage.cost_usd) == (7, 3, 5.0)


async def test_nothing_said_counts_as_one_token() -> None:
    text, _, usage, _ = await EchoModel(prefix="").complete([])
    assert (text, usage.output_tokens) == ("", 1)


async def test_streaming_and_completing_say_the_same() -> None:
    model = EchoModel(chunk_delay_s=0.001)
    streamed = "".join([chunk.text or "" async for chunk in model.stream(TALK)])
    assert streamed == (await model.complete(TALK))[0]


def test_it_is_a_model_that_calls_nobody() -> None:
    assert isinstance(EchoModel(), Model)
    assert (EchoModel.name, EchoModel.network) == ("echo", False)
