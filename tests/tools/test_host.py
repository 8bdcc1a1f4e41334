"""A registry of tools: what it lists, how a call goes wrong without harm, who hears of changes."""

from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import Any, Literal

import anyio
import pytest
from pydantic import BaseModel, Field

from loomlab.core import ConfigError, PermissionDenied, ToolHost, ToolResult
from loomlab.tools import InProcessToolHost, Tool, tool

pytestmark = pytest.mark.anyio


class Item(BaseModel):
    name: str
    price: float = Field(ge=0)


class Size(Enum):
    S = "s"
    L = "l"


@dataclass
class Box:
    width: int


def order(items: list[Item], size: Size, quantity: int = 1, day: date | None = None, box: Box | None = None) -> Any:
    """Order things."""
    assert all(isinstance(one, Item) for one in items)
    assert isinstance(size, Size)
    assert box is None or isinstance(box, Box)
    return {"items": items, "size": size, "quantity": quantity, "day": day, "box": box}


def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


def host(*functions: Any) -> InProcessToolHost:
    return InProcessToolHost(functions)


async def error(made: InProcessToolHost, name: str, **args: Any) -> str:
    result = await made.call(name, args, call_id="c1")
    assert (result.ok, result.denied, result.call_id) == (False, False, "c1")
    assert result.error
    return result.error


async def test_it_is_a_tool_host() -> None:
    assert isinstance(host(add), ToolHost)


async def test_models_enums_and_dataclasses_arrive_as_themselves() -> None:
    args = {"items": [{"name": "pen", "price": "2.5"}], "size": "l", "day": "2026-01-02", "box": {"width": 3}}
    result = await host(order).call("order", args, call_id="c7")
    assert (result.ok, result.call_id) == (True, "c7")
    assert result.output == {
        "items": [{"name": "pen", "price": 2.5}],
        "size": "l",
        "quantity": 1,
        "day": "2026-01-02",
        "box": {"width": 3},
    }
    assert result.duration_ms is not None
    assert result.duration_ms >= 0


async def test_the_model_reads_data_as_json_and_text_as_it_is() -> None:
    def data() -> dict[str, Any]:
        return {"name": "Zoë", "open": True, "owner": None}

    def text() -> str:
        return "it's 'fine'"

    made = host(data, text)
    assert (await made.call("data", {})).for_model() == '{"name":"Zoë","open":true,"owner":null}'
    assert (await made.call("text", {})).for_model() == "it's 'fine'"


async def test_wrong_arguments_are_told_one_sentence_each() -> None:
    said = await error(host(order), "order", items=[{"name": "pen"}], size="m", quantty=2)
    assert said == (
        "there is no argument 'quantty': did you mean 'quantity'?; "
        "argument 'items[0].price' is missing; "
        "argument 'size' should be 's' or 'l', not 'm'"
    )


async def test_a_missing_argument_is_named() -> None:
    assert await error(host(add), "add", a=1) == "argument 'b' is missing"


async def test_a_union_is_one_sentence_without_the_names_of_its_members() -> None:
    def f(value: int | list[int]) -> None: ...

    said = await error(host(f), "f", value="many")
    assert said.startswith("argument 'value' should be a valid integer")
    assert " or should be a valid list, not 'many'" in said
    assert ";" not in said


async def test_a_long_wrong_value_is_cut() -> None:
    assert len(await error(host(add), "add", a="9" * 10_000 + "x", b=1)) < 250


async def test_a_tool_without_parameters_says_so() -> None:
    def now() -> str:
        return "noon"

    assert await error(host(now), "now", zone="utc") == "there is no argument 'zone': the tool takes none"


async def test_lists_and_objects_sent_as_json_text_are_read() -> None:
    args = {"items": '[{"name": "pen", "price": 1}]', "size": "s", "box": '{"width": 2}'}
    result = await host(order).call("order", args)
    assert result.output["items"] == [{"name": "pen", "price": 1.0}]
    assert result.output["box"] == {"width": 2}


async def test_text_that_only_looks_like_json_stays_text() -> None:
    def say(words: str) -> str:
        return words

    assert (await host(say).call("say", {"words": "[1, 2]"})).output == "[1, 2]"
    assert "should be a valid list" in await error(host(order), "order", items="[broken", size="s")


async def test_null_for_an_argument_with_a_default_leaves_it_out() -> None:
    args = {"items": [], "size": "s", "quantity": None}
    assert (await host(order).call("order", args)).output["quantity"] == 1
    assert "not None" in await error(host(order), "order", items=[], size=None)


async def test_numbers_for_a_text_are_taken_but_truth_values_for_a_number_of_words_are_not() -> None:
    def say(words: str) -> str:
        return words

    assert (await host(say).call("say", {"words": 12345})).output == "12345"
    assert "should be a valid string" in await error(host(say), "say", words=["a"])


async def test_the_given_arguments_are_not_changed() -> None:
    args = {"items": "[]", "size": "s", "quantity": None}
    await host(order).call("order", args)
    assert args == {"items": "[]", "size": "s", "quantity": None}


async def test_a_default_is_the_functions_own_each_time() -> None:
    def collect(into: list[int] = Field(default_factory=list)) -> list[int]:  # noqa: B008
        into.append(1)
        return into

    made = host(collect)
    assert (await made.call("collect", {})).output == [1]
    assert (await made.call("collect", {})).output == [1]


async def test_whatever_a_tool_raises_becomes_an_error_result() -> None:
    def fails() -> None:
        raise ValueError("no such city")

    def silent() -> None:
        raise LookupError

    def leaves() -> None:
        raise SystemExit(3)

    async def group() -> None:
        raise ExceptionGroup("several", [ValueError("one"), KeyError("two")])

    made = host(fails, silent, leaves, group)
    assert await error(made, "fails") == "ValueError: no such city"
    assert await error(made, "silent") == "LookupError"
    assert await error(made, "leaves") == "SystemExit: 3"
    assert await error(made, "group") == "ValueError: one; KeyError: 'two'"


async def test_a_type_error_inside_the_tool_is_its_own() -> None:
    def fails(a: int) -> Any:
        return a + "x"  # type: ignore[operator]

    assert (await error(host(fails), "fails", a=1)).startswith("TypeError: unsupported operand")


async def test_a_tool_that_denies_gives_a_denied_result() -> None:
    def guarded() -> None:
        raise PermissionDenied("guarded", "not today")

    result = await host(guarded).call("guarded", {})
    assert result.denied
    assert "not today" in (result.reason or "")


async def test_a_keyboard_interrupt_and_a_cancellation_go_through() -> None:
    async def interrupted() -> None:
        raise KeyboardInterrupt

    async def waits() -> None:
        await anyio.sleep_forever()

    made = host(interrupted, waits)
    with pytest.raises(KeyboardInterrupt):
        await made.call("interrupted", {})
    with anyio.move_on_after(0.01) as scope:
        await made.call("waits", {})
    assert scope.cancelled_caught


async def test_an_unknown_tool_is_an_error_that_names_the_nearest() -> None:
    assert await error(host(add), "ad") == "unknown tool 'ad': did you mean 'add'?"
    assert await error(host(), "add") == "unknown tool 'add': there is none yet"


async def test_the_list_is_the_same_object_until_a_tool_comes_or_goes() -> None:
    made = host(add)
    first = await made.list_tools()
    assert await made.list_tools() is first
    made.register(order)
    assert [one.name for one in await made.list_tools()] == ["add", "order"]
    assert [one.name for one in first] == ["add"]
    assert made.unregister("add")
    assert not made.unregister("add")
    assert [one.name for one in await made.list_tools()] == ["order"]


async def test_a_query_looks_in_names_and_descriptions_whatever_the_case() -> None:
    made = host(add, order)
    assert [one.name for one in await made.list_tools(query="ADD")] == ["add"]
    assert [one.name for one in await made.list_tools(query="things")] == ["order"]
    assert await made.list_tools(query="weather") == []


async def test_register_replaces_one_of_the_same_name() -> None:
    made = host(add)
    new = made.register(tool(name="add")(lambda a: f"new {a}"))
    assert isinstance(new, Tool)
    assert made.get("add") is new
    assert (await made.call("add", {"a": 1})).output == "new 1"
    assert made.get("nothing") is None


async def test_two_different_tools_of_one_name_are_refused() -> None:
    with pytest.raises(ConfigError, match="two tools are named 'add'"):
        host(add, tool(name="add")(lambda: 1))
    assert len(await host(add, add).list_tools()) == 1


async def test_watchers_hear_what_comes_changes_and_goes_each_for_itself() -> None:
    made = host(add)
    early = made.watch()
    made.register(order)
    late = made.watch()
    made.register(order)
    made.unregister("add")
    heard = [(one.kind, one.tool) for one in [await anext(early) for _ in range(3)]]
    assert heard == [("added", "order"), ("updated", "order"), ("removed", "add")]
    assert [(await anext(late)).kind for _ in range(2)] == ["updated", "removed"]


@pytest.mark.parametrize("from_thread", [False, True])
async def test_a_waiting_watcher_is_woken_also_from_a_plain_tool(from_thread: bool) -> None:
    made = InProcessToolHost()

    def grow() -> str:
        made.register(add)
        return "grown"

    async def grow_here() -> str:
        return grow()

    made.register(tool(name="grow")(grow if from_thread else grow_here))
    changes = made.watch()
    heard: list[str] = []

    async def listen() -> None:
        heard.append((await anext(changes)).tool)

    with anyio.fail_after(5):
        async with anyio.create_task_group() as group:
            group.start_soon(listen)
            await anyio.wait_all_tasks_blocked()
            result = await made.call("grow", {})
    assert isinstance(result, ToolResult)
    assert result.ok
    assert heard == ["add"]


async def test_literals_are_enforced() -> None:
    def f(unit: Literal["c", "f"]) -> str:
        return unit

    assert await error(host(f), "f", unit="k") == "argument 'unit' should be 'c' or 'f', not 'k'"
