"""Several steps at once: parallel, and fan-outs that meet again; the first error is the error."""

import functools
from collections.abc import Callable
from typing import Any

import anyio
import pytest

from loomlab import START, Agent, Workflow

pytestmark = pytest.mark.anyio


async def inc(value: int) -> int:
    return value + 1


async def test_results_come_in_the_order_of_the_steps_whichever_is_first() -> None:
    last = anyio.Event()

    async def slow(value: int) -> str:
        await last.wait()
        return "slow"

    async def quick(value: int) -> str:
        last.set()
        return "quick"

    with anyio.fail_after(5):
        result = await Workflow.parallel([slow, quick, str]).run(1)
    assert result.output == ["slow", "quick", "1"]
    assert result.visited == ["fan_out"] and result.per_step == {"fan_out": result.output}


async def test_the_results_are_merged_where_there_is_a_merge() -> None:
    async def total(values: list[int]) -> int:
        return sum(values)

    for merge in (sum, total, lambda values: sum(values)):
        assert (await Workflow.parallel([inc] * 100, merge=merge).run(0)).output == 100


class Boom(Exception):
    pass


async def boom(value: Any) -> Any:
    raise Boom("inside")


@pytest.mark.parametrize("watched", [False, True])
@pytest.mark.parametrize("limit", [None, 2])
async def test_the_first_error_stops_the_others_and_is_raised_as_it_is(
    watched: bool, limit: int | None, gate: Callable[[], Any]
) -> None:
    held = gate()

    async def emit(event: Any) -> None:
        pass

    async def late(value: Any) -> Any:
        await held.begun.wait()
        raise Boom("inside")

    flow = Workflow.parallel([held, late, inc], max_concurrency=limit)
    with anyio.fail_after(5), pytest.raises(Boom, match="inside") as caught:
        await flow.run(1, emit=emit if watched else None)
    assert held.ended, "the other branch must be over when the error arrives"
    assert not isinstance(caught.value, BaseExceptionGroup)


async def test_of_several_errors_at_once_the_first_step_s_is_raised() -> None:
    async def other(value: Any) -> Any:
        raise KeyError("other")

    with pytest.raises(Boom):
        await Workflow.parallel([boom, other]).run(1)
    with pytest.raises(KeyError):
        await Workflow.parallel([other, boom]).run(1)


async def test_at_most_so_many_run_at_a_time() -> None:
    now, most = 0, 0

    async def busy(value: int) -> int:
        nonlocal now, most
        now += 1
        most = max(most, now)
        await anyio.lowlevel.checkpoint()
        now -= 1
        return value

    result = await Workflow.parallel([busy] * 20, max_concurrency=3).run(7)
    assert result.output == [7] * 20 and most == 3
    with pytest.raises(ValueError, match="max_concurrency"):
        Workflow.parallel([busy], max_concurrency=0)


@pytest.mark.parametrize("count", [1, 3])
async def test_cancelling_stops_every_branch_before_it_returns(count: int, gate: Callable[[], Any]) -> None:
    held = [gate() for _ in range(count)]
    with anyio.fail_after(5):
        async with anyio.create_task_group() as group:
            with anyio.CancelScope() as scope:

                async def stop() -> None:
                    for one in held:
                        await one.begun.wait()
                    scope.cancel()

                group.start_soon(stop)
                await Workflow.parallel(held).run(1)
    assert scope.cancelled_caught and all(one.ended for one in held)


async def test_a_deadline_inside_of_a_branch_is_its_own() -> None:
    async def patient(value: Any) -> str:
        with anyio.move_on_after(0):
            await anyio.sleep_forever()
        return "gave up"

    with anyio.fail_after(5):
        assert (await Workflow.parallel([patient, inc]).run(1)).output == ["gave up", 2]


def diamond(**options: Any) -> Workflow:
    return (
        Workflow("diamond")
        .add_node("in", inc)
        .add_node("left", lambda value: f"l{value}")
        .add_node("left2", lambda value: f"{value}!")
        .add_node("right", lambda value: f"r{value}")
        .add_node("join", lambda values: values)
        .add_node("out", lambda values: "+".join(values) if isinstance(values, list) else values)
        .add_edge(START, "in")
        .add_fan_out("in", ["left", "right"], join="join", **options)
        .add_edge("left", "left2")
        .add_edge("left2", "join")
        .add_edge("join", "out")
    )


async def test_ways_meet_where_they_are_told_to_whether_an_edge_leads_there_or_not() -> None:
    result = await diamond().run(1)
    assert result.output == "l2!+r2"
    assert result.visited == ["in", "left", "left2", "right", "join", "out"]


async def test_what_meets_may_be_merged() -> None:
    result = await diamond(merge=lambda values: "/".join(values)).run(1)
    assert result.per_step["join"] == "l2!/r2"


async def test_a_fan_out_may_be_the_start_and_may_be_the_end() -> None:
    flow = Workflow().add_node("a", inc).add_node("b", str).add_fan_out(START, ["a", "b"])
    assert (await flow.run(1)).output == [2, "1"]


async def test_a_fan_out_inside_of_a_way_of_another_meets_by_itself() -> None:
    flow = Workflow()
    for name in ("a", "b", "a1", "a2", "inner", "outer"):
        flow.add_node(name, functools.partial(lambda name, value: f"{name}({value})", name))
    flow.add_fan_out(START, ["a", "b"], join="outer", merge=",".join)
    flow.add_fan_out("a", ["a1", "a2"], join="inner", merge=",".join)
    flow.add_edge("inner", "outer")
    result = await flow.run("x")
    assert result.output == "outer(inner(a1(a(x)),a2(a(x))),b(x))"
    assert result.visited == ["a", "a1", "a2", "inner", "b", "outer"]


async def test_a_loop_inside_of_a_way_stays_there() -> None:
    flow = (
        Workflow()
        .add_node("count", inc)
        .add_node("other", str)
        .add_node("join", list)
        .add_fan_out(START, ["count", "other"], join="join")
        .add_router("count", lambda value: value < 5, {True: "count", False: "join"})
    )
    assert (await flow.run(1)).output == [5, "1"]


async def test_an_error_in_one_way_stops_the_others(gate: Callable[[], Any]) -> None:
    held = gate()

    async def late(value: Any) -> Any:
        await held.begun.wait()
        raise Boom("way")

    flow = Workflow().add_node("held", held).add_node("late", late).add_fan_out(START, ["held", "late"])
    with anyio.fail_after(5), pytest.raises(Boom, match="way"):
        await flow.run(1)
    assert held.ended


async def test_users_at_the_same_time_in_branches_do_not_mix(listening: Any) -> None:
    model = listening()
    agents = [Agent(f"You are {name}.", model=model, name=name) for name in ("ann", "ben")]
    flow = Workflow.parallel([*agents, str], merge=" | ".join)
    results: dict[str, Any] = {}

    async def go(user: str) -> None:
        for number in range(5):
            results[f"{user}{number}"] = (await flow.run(f"{user} asks", user_id=user, session_id="s")).output

    async with anyio.create_task_group() as group:
        for user in ("alice", "bob"):
            group.start_soon(go, user)
    for key, said in results.items():
        user = key[:-1]
        other = {"alice": "bob", "bob": "alice"}[user]
        assert said == f"re {user} asks | re {user} asks | {user} asks" and other not in said
    assert all(not {"alice asks", "bob asks"} <= set(heard) for heard in model.heard)
