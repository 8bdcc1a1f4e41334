"""Everything that may be a step, and what it is handed."""

from functools import partial
from typing import Any

import anyio
import anyio.from_thread
import pytest
from pydantic import BaseModel

from loomlab import Agent, RunContext, Workflow, get_run_context, step

pytestmark = pytest.mark.anyio


class Letter(BaseModel):
    to: str


class Adder:
    """An object that can be called."""

    def __init__(self, number: int) -> None:
        self.number = number

    async def __call__(self, value: int) -> int:
        return value + self.number


class Plain:
    def __call__(self, value: int) -> int:
        return value * 10


async def add(number: int, value: int) -> int:
    return number + value


async def test_functions_of_every_kind_are_steps() -> None:
    flow = Workflow.chain([Adder(1), Plain(), partial(add, 5), lambda value: add(1, value), str, str.upper, len])
    assert (await flow.run(1)).output == 2


async def test_a_plain_function_runs_in_a_thread_and_knows_whom_it_runs_for() -> None:
    import threading

    seen: list[Any] = []

    def look(value: str) -> str:
        context = get_run_context()
        seen.append((threading.current_thread() is threading.main_thread(), context.user_id, context.get("tier")))
        return value

    await Workflow.chain([look]).run("x", user_id="alice", metadata={"tier": "gold"})
    assert seen == [(False, "alice", "gold")]


class Stub:
    """Something that runs, as agents do, and remembers what it was given."""

    def __init__(self, output: str = "ok") -> None:
        self.given: list[Any] = []
        self.output = output

    async def run(
        self, prompt: str, *, user_id: str | None = None, session_id: str | None = None, metadata: Any = None
    ) -> Any:
        self.given.append((prompt, user_id, session_id, metadata))
        return self


class Terse:
    """One that knows no users."""

    async def run(self, prompt: str) -> str:
        return f"said {prompt}"


async def test_an_agent_gets_the_value_as_text_and_the_user_the_conversation_and_the_metadata_of_the_run() -> None:
    stub = Stub()
    result = await Workflow.chain([stub]).run(7, user_id="alice", session_id="s1", metadata={"a": 1})
    assert stub.given == [("7", "alice", "s1", {"a": 1})]
    assert result.output == "ok"


async def test_what_an_agent_does_not_declare_it_is_not_given() -> None:
    assert (await Workflow.chain([Terse()]).run("hello", user_id="alice")).output == "said hello"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("text", "text"),
        (None, ""),
        (3, "3"),
        (True, "True"),
        ({"a": "é"}, '{"a":"é"}'),
        (["x", 1], '["x",1]'),
        (Letter(to="bob"), '{"to":"bob"}'),
        ((1, float("inf")), "[1,Infinity]"),
        (["half \ud800 a letter"], "['half \\ud800 a letter']"),
    ],
)
async def test_an_agent_is_told_structure_as_json(value: Any, text: str) -> None:
    stub = Stub()
    await Workflow.chain([stub]).run(value)
    assert stub.given[0][0] == text


async def test_a_workflow_gets_the_value_itself_and_gives_its_output() -> None:
    inner = Workflow.chain([lambda value: {**value, "b": 2}], name="inner")
    result = await Workflow.chain([inner, lambda value: value["a"] + value["b"]]).run({"a": 1})
    assert result.output == 3
    assert result.per_step["inner"] == {"a": 1, "b": 2}


async def test_an_agent_continues_its_conversation_when_the_workflow_is_given_the_same_session(listening: Any) -> None:
    model = listening()
    flow = Workflow.chain([Agent("hi", model=model)])
    await flow.run("first", user_id="alice", session_id="talk")
    await flow.run("second", user_id="alice", session_id="talk")
    await flow.run("third", user_id="bob", session_id="talk")
    assert model.heard[1][-3:] == ["first", "re first", "second"]
    assert model.heard[2] == ["hi", "third"]


async def test_a_session_is_made_where_none_is_named_and_a_context_is_taken_over() -> None:
    stub = Stub()
    result = await Workflow.chain([stub]).run("x")
    assert result.session_id.startswith("wf_session_") and stub.given[0][2] == result.session_id
    given = RunContext(user_id="bob", session_id="s2", metadata={"k": "v"})
    assert (await Workflow.chain([stub]).run("x", context=given, user_id="alice")).user_id == "alice"
    assert stub.given[1][1:] == ("alice", "s2", {"k": "v"})


async def test_a_marked_step_stays_a_function_and_has_a_span_inside_of_a_run_with_telemetry(spans: Any) -> None:
    @step
    async def tidy(value: str) -> str:
        """Tidy up."""
        return value.strip()

    @step(name="loud")
    async def shout(value: str) -> str:
        return (await tidy(value)).upper()

    assert await tidy(" x ") == "x" and tidy.__doc__ == "Tidy up."
    result = await Workflow.chain([shout], telemetry=spans).run(" hello ", user_id="alice", session_id="s1")
    assert (result.output, result.visited) == ("HELLO", ["loud"])
    assert [attrs["step"] for attrs in spans.named("loom.step")] == ["loud", "tidy"]
    assert spans.named("loom.step")[1] == {"step": "tidy", "user_id": "alice", "session_id": "s1"}


def test_only_async_functions_can_be_marked() -> None:
    def plain(value: str) -> str:
        return value

    with pytest.raises(TypeError, match="async functions"):
        step(plain)  # type: ignore[type-var, arg-type]  # what is tried here


async def test_stopping_a_run_does_not_wait_for_a_plain_function_that_takes_long() -> None:
    import threading

    begun, go_on = anyio.Event(), threading.Event()

    def slow(value: Any) -> Any:
        anyio.from_thread.run_sync(begun.set)
        go_on.wait(10)
        return value

    async def stop(scope: anyio.CancelScope) -> None:
        await begun.wait()
        scope.cancel()

    try:
        with anyio.fail_after(5):
            async with anyio.create_task_group() as group:
                with anyio.CancelScope() as scope:
                    group.start_soon(stop, scope)
                    await Workflow.chain([slow]).run(1)
    finally:
        go_on.set()
    assert scope.cancelled_caught
