"""Cycles, and the caps that end them."""

import pytest

from loomlab import END, START, Workflow

pytestmark = pytest.mark.anyio


def counting(until: int, **options: int) -> Workflow:
    return (
        Workflow("count", **options)
        .add_node("more", lambda value: value + 1)
        .add_edge(START, "more")
        .add_router("more", lambda value: value < until, {True: "more", False: END})
    )


async def test_a_loop_goes_round_until_its_router_leaves_it() -> None:
    result = await counting(5).run(0)
    assert result.output == 5
    assert result.visited == ["more"] * 5
    assert [one.visit for one in result.steps] == [1, 2, 3, 4, 5]
    assert [one.output for one in result.steps] == [1, 2, 3, 4, 5]
    assert result.per_step == {"more": 5}


async def test_a_loop_that_is_never_left_ends_at_the_cap_on_visits() -> None:
    with pytest.raises(RuntimeError, match=r"'count' re-entered step 'more' more than 25 times.*router"):
        await counting(10**9).run(0)
    assert (await counting(25).run(0)).output == 25
    with pytest.raises(RuntimeError, match="more than 3 times"):
        await counting(10**9, max_visits_per_node=3).run(0)


async def test_a_run_ends_at_the_cap_on_steps() -> None:
    with pytest.raises(RuntimeError, match=r"'count' exceeded max_steps=4"):
        await counting(10**9, max_steps=4).run(0)
    assert (await counting(4, max_steps=4).run(0)).output == 4


async def test_each_run_counts_for_itself() -> None:
    flow = counting(3, max_steps=3)
    assert [(await flow.run(0)).output for _ in range(3)] == [3, 3, 3]


async def test_the_ways_of_a_fan_out_count_together() -> None:
    flow = Workflow(max_steps=4).add_node("in", str)
    for name in ("a", "b", "c", "d"):
        flow.add_node(name, str)
    flow.set_start("in").add_fan_out("in", ["a", "b", "c", "d"])
    with pytest.raises(RuntimeError, match="exceeded max_steps=4"):
        await flow.run("x")


async def test_a_draft_goes_back_to_its_writer_until_the_critic_is_content() -> None:
    flow = (
        Workflow("letters")
        .add_node("draft", lambda text: f"{text}!")
        .add_node("critic", lambda text: text)
        .add_edge(START, "draft")
        .add_edge("draft", "critic")
        .add_router("critic", lambda text: "good" if text.endswith("!!!") else "again", {"good": END, "again": "draft"})
    )
    result = await flow.run("hi")
    assert result.output == "hi!!!"
    assert result.visited == ["draft", "critic"] * 3
