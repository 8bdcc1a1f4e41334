"""Any model, tried again."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from loomlab.core.errors import AuthenticationError, ModelError, RateLimitError, TransientModelError
from loomlab.core.messages import Message, ModelChunk, Role, Usage
from loomlab.core.protocols import Model, Stopwatch
from loomlab.governance.retry import RetryPolicy
from loomlab.model import CassetteModel, RetryingModel, ScriptedModel, ScriptedTurn, joined

pytestmark = pytest.mark.anyio
ASKED = [Message(role=Role.USER, content="hi")]
AT_ONCE = RetryPolicy(max_attempts=3, initial_delay_s=0.0, jitter=0.0)


def failing(*errors: Exception, text: str = "") -> list[ScriptedTurn | str]:
    return [*(ScriptedTurn(text, error=error) for error in errors), "made it"]


async def test_a_transient_failure_is_tried_again_either_way() -> None:
    for way in ("stream", "complete"):
        inner = ScriptedModel(failing(TransientModelError("a"), RateLimitError("b")))
        model = RetryingModel(inner, AT_ONCE)
        if way == "stream":
            reply = joined([chunk async for chunk in model.stream(ASKED, temperature=0.3)])
        else:
            reply = await model.complete(ASKED, temperature=0.3)
        assert reply[0] == "made it"
        assert [request.temperature for request in inner.requests] == [0.3, 0.3, 0.3]


async def test_a_failure_after_the_first_chunk_is_raised_and_nothing_is_said_twice() -> None:
    inner = ScriptedModel(failing(TransientModelError("cut"), text="half a"))
    heard = []
    with pytest.raises(TransientModelError):
        async for chunk in RetryingModel(inner, AT_ONCE).stream(ASKED):
            heard.append(chunk.text)  # noqa: PERF401 - what was heard before the error counts
    assert heard == ["half", " a"]
    assert len(inner.requests) == 1


async def test_a_permanent_failure_is_raised_at_once() -> None:
    inner = ScriptedModel(failing(AuthenticationError("no")))
    with pytest.raises(AuthenticationError):
        await RetryingModel(inner, AT_ONCE).complete(ASKED)
    assert inner.remaining == 1


async def test_waits_are_announced() -> None:
    told: list[tuple[int, float, ModelError]] = []
    error = TransientModelError("a")
    model = RetryingModel(ScriptedModel(failing(error)), AT_ONCE, on_retry=lambda *notice: told.append(notice))
    await model.complete(ASKED)
    assert told == [(1, 0.0, error)]


async def test_a_model_that_only_streams_can_be_completed() -> None:
    class Streamer:
        name = "streamer"

        async def stream(self, messages: Any, **_: Any) -> AsyncIterator[ModelChunk]:
            yield ModelChunk(kind="text", text="x")
            yield ModelChunk(kind="finish", finish_reason="stop", usage=Usage(input_tokens=2))

    model = RetryingModel(Streamer(), AT_ONCE)  # type: ignore[arg-type]
    assert await model.complete(ASKED) == ("x", [], Usage(input_tokens=2), "stop")


def test_it_shows_what_it_is_made_of_and_what_the_inner_model_can(tmp_path: Path) -> None:
    inner = ScriptedModel([])
    model = RetryingModel(inner, AT_ONCE)
    assert (model.inner, model.policy, model.name, model.network) == (inner, AT_ONCE, "scripted", False)
    assert isinstance(model, Model)
    assert not isinstance(model, Stopwatch)
    taped = RetryingModel(CassetteModel(inner, tmp_path / "tape.jsonl"), AT_ONCE)
    assert isinstance(taped, Stopwatch)
    with pytest.raises(AttributeError):
        _ = model.no_such_thing
