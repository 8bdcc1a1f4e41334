"""Tools made of functions: names, purposes, how they run."""

import functools
import threading
from collections.abc import AsyncIterator, Iterator
from typing import Any

import anyio
import pytest

from loomlab.core import ConfigError, RunContext, get_run_context, set_run_context
from loomlab.tools import ArgumentError, Tool, tool

pytestmark = pytest.mark.anyio


@tool
def add(a: int, b: int = 1) -> int:
    """Add two numbers.

    It is exact.
    """
    return a + b


async def test_the_bare_decorator_takes_name_and_first_line() -> None:
    assert isinstance(add, Tool)
    assert (add.name, add.description, add.destructive) == ("add", "Add two numbers.", False)
    assert await add.execute({"a": "2"}) == 3


async def test_the_decorator_with_keywords_overrides_them() -> None:
    @tool(name="plus", description="Sum.", destructive=True)
    async def add_slowly(a: int) -> int:
        return a

    definition = add_slowly.to_def()
    assert (definition.name, definition.description, definition.destructive) == ("plus", "Sum.", True)
    assert await add_slowly.execute({"a": 1}) == 1


async def test_a_tool_may_still_be_called_as_the_function_it_is() -> None:
    assert add(2, b=3) == 5


async def test_the_definition_is_made_once_and_again_after_a_change() -> None:
    @tool
    def f() -> None: ...

    first = f.to_def()
    assert f.to_def() is first
    f.description = "New."
    f.destructive = True
    assert (f.to_def().description, f.to_def().destructive) == ("New.", True)


async def test_a_schema_given_by_hand_is_kept_and_the_arguments_still_coerced() -> None:
    def double(n: int) -> int:
        return n * 2

    schema = {"type": "object", "properties": {"n": {"type": "integer", "maximum": 9}}, "required": ["n"]}
    made = Tool("double", "Twice.", double, schema)
    assert made.to_def().input_schema == schema
    assert await made.execute({"n": "4"}) == 8


async def test_a_tool_made_without_a_schema_reads_the_signature() -> None:
    assert Tool(name="t", description="", fn=lambda a: a).to_def().input_schema["required"] == ["a"]


async def test_plain_functions_run_in_a_thread_with_the_run_context() -> None:
    @tool
    def who() -> tuple[str | None, bool]:
        return get_run_context().user_id, threading.current_thread() is threading.main_thread()

    seen: dict[str, Any] = {}

    async def ask(user: str) -> None:
        async with set_run_context(RunContext(user_id=user)):
            seen[user] = await who.execute({})

    async with anyio.create_task_group() as group:
        group.start_soon(ask, "alice")
        group.start_soon(ask, "bob")
    assert seen == {"alice": ("alice", False), "bob": ("bob", False)}


async def test_async_functions_run_on_the_loop() -> None:
    @tool
    async def where() -> bool:
        return threading.current_thread() is threading.main_thread()

    assert await where.execute({}) is True


async def test_a_plain_function_that_returns_something_to_await_is_awaited() -> None:
    async def inner(a: int) -> int:
        return a

    assert await Tool("t", "", lambda a: inner(a)).execute({"a": 7}) == 7


async def test_a_method_belongs_to_the_object_it_is_read_from() -> None:
    class Counter:
        def __init__(self, start: int) -> None:
            self.start = start

        @tool
        def up(self, by: int) -> int:
            """Count up."""
            return self.start + by

        def down(self, by: int) -> int:
            return self.start - by

    one, two = Counter(1), Counter(100)
    assert await one.up.execute({"by": 1}) == 2
    assert await two.up.execute({"by": 1}) == 101
    assert await tool(two.down).execute({"by": 1}) == 99
    assert list(one.up.input_schema["properties"]) == ["by"]


async def test_a_tool_kept_on_a_class_that_takes_no_self_stays_as_it_is() -> None:
    class Kit:
        plus = add

        @staticmethod
        @tool
        def minus(a: int, b: int) -> int:
            return a - b

    assert Kit().plus is add
    assert await Kit().minus.execute({"a": 3, "b": 1}) == 2


async def test_builtins_become_tools_where_they_tell_their_parameters() -> None:
    assert await tool(len).execute({"obj": [1, 2]}) == 2
    with pytest.raises(TypeError, match="wrap it in a function"):
        tool(max)


async def test_partials_wrappers_and_callable_objects_become_tools() -> None:
    def scale(n: int, factor: int) -> int:
        """Scale."""
        return n * factor

    @functools.wraps(scale)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        return scale(*args, **kwargs)

    class Scale:
        async def __call__(self, n: int) -> int:
            """Scale by five."""
            return n * 5

    thrice = tool(functools.partial(scale, factor=3))
    assert thrice.name == "scale"
    assert thrice.input_schema["required"] == ["n"]
    assert await thrice.execute({"n": 2}) == 6
    assert await tool(wrapped).execute({"n": "2", "factor": "4"}) == 8
    by_object = tool(name="five")(Scale())
    assert await by_object.execute({"n": "2"}) == 10


async def test_positional_only_and_keyword_only_parameters_are_given_as_they_must_be() -> None:
    @tool
    def f(a: int, b: int = 5, /, c: int = 0, *, d: int = 0) -> tuple[int, int, int, int]:
        return a, b, c, d

    assert await f.execute({"a": 1, "d": 4}) == (1, 5, 0, 4)
    assert await f.execute({"a": 1, "b": 2, "c": 3}) == (1, 2, 3, 0)


async def test_further_keywords_reach_a_function_that_takes_them_and_no_other() -> None:
    @tool
    def loose(a: int, **rest: Any) -> dict[str, Any]:
        return rest

    @tool
    def strict(a: int) -> int:
        return a

    assert await loose.execute({"a": 1, "x": 2}) == {"x": 2}
    with pytest.raises(ArgumentError, match="no argument 'x'"):
        await strict.execute({"a": 1, "x": 2})


async def test_a_tool_that_takes_too_long_ends_with_a_time_out_whether_async_or_plain() -> None:
    gate = threading.Event()

    @tool(timeout=0.02)
    async def forever() -> None:
        await anyio.sleep_forever()

    @tool(timeout=0.02)
    def stuck() -> None:
        gate.wait(10)

    try:
        for one in (forever, stuck):
            with pytest.raises(TimeoutError, match=r"no result within 0\.02 s"):
                await one.execute({})
    finally:
        gate.set()


async def test_a_cancelled_caller_does_not_wait_for_a_plain_function() -> None:
    gate = threading.Event()

    @tool
    def stuck() -> None:
        gate.wait(10)

    try:
        with anyio.move_on_after(0.02) as scope:
            await stuck.execute({})
        assert scope.cancelled_caught
        assert not gate.is_set()
    finally:
        gate.set()


async def test_generators_are_refused_when_the_tool_is_made() -> None:
    def numbers() -> Iterator[int]:
        yield 1

    async def later() -> AsyncIterator[int]:
        yield 1

    for fn in (numbers, later):
        with pytest.raises(TypeError, match="is a generator"):
            tool(fn)


@pytest.mark.parametrize("name", ["", "two words", "dots.are.refused", "a" * 65, "ä"])
async def test_a_name_that_providers_refuse_is_refused_here(name: str) -> None:
    with pytest.raises(ConfigError, match="no name for a tool"):
        tool(name=name or " ")(lambda: 1)


async def test_a_lambda_needs_a_name() -> None:
    with pytest.raises(ConfigError, match=r"tool\(name=…\)"):
        tool(lambda a: a)
    assert tool(name="same")(lambda a: a).name == "same"


async def test_a_time_out_of_nothing_is_refused() -> None:
    with pytest.raises(ConfigError, match="seconds"):
        Tool("t", "", lambda: 1, timeout=0)


async def test_what_is_no_function_is_refused() -> None:
    with pytest.raises(TypeError, match="not a function"):
        Tool("t", "", 5)  # type: ignore[arg-type]
