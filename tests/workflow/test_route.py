"""Choices: a classifier and its handlers, routers in a graph, answers that fit no route."""

from enum import StrEnum
from typing import Any

import anyio
import pytest

from loomlab import END, Agent, Workflow

pytestmark = pytest.mark.anyio


class Kind(StrEnum):
    BILLING = "billing"
    TECH = "tech"


async def bill(text: str) -> str:
    return f"bill: {text}"


async def mend(text: str) -> str:
    return f"mend: {text}"


def by_length(text: str) -> str:
    return " billing\n" if len(text) > 5 else "tech"


async def test_the_handler_gets_the_input_itself_and_the_answer_is_stripped() -> None:
    flow = Workflow.route(by_length, {"billing": bill, "tech": mend})
    result = await flow.run("long text")
    assert result.output == "bill: long text"
    assert result.visited == ["classify", "route_billing"]
    assert result.per_step["classify"] == " billing\n"
    assert (await flow.run("tiny")).visited == ["classify", "route_tech"]


@pytest.mark.parametrize("said", ["Billing.", " **billing**", '"BILLING"', "`billing`!"])
async def test_a_model_may_dress_its_answer_up(said: str, listening: Any) -> None:
    classifier = Agent("Which?", model=listening(lambda _: said))
    assert (await Workflow.route(classifier, {"billing": bill, "tech": mend}).run("x")).output == "bill: x"


async def test_an_answer_that_two_routes_fit_without_their_dress_is_none() -> None:
    flow = Workflow.route(lambda _: "A", {"a": bill, "a.": mend})
    with pytest.raises(RuntimeError, match="no matching route"):
        await flow.run("x")


async def test_an_answer_that_fits_no_route_takes_the_default_or_ends_the_run_naming_the_nearest() -> None:
    routes = {"billing": bill, "tech": mend}
    result = await Workflow.route(lambda _: "other", routes, default=str.upper).run("x")
    assert (result.output, result.visited) == ("X", ["classify", "route_default"])
    with pytest.raises(RuntimeError, match=r"no matching route after classify: the answer was 'bilings'; .*'billing'"):
        await Workflow.route(lambda _: "bilings", routes).run("x")


async def test_runs_at_the_same_time_do_not_swap_their_inputs() -> None:
    met = [anyio.Event(), anyio.Event()]

    async def classify(text: str) -> str:
        met[text == "two"].set()
        await met[text != "two"].wait()  # both inputs are inside now
        return "tech"

    flow = Workflow.route(classify, {"tech": mend})
    results: dict[str, Any] = {}

    async def go(text: str, user: str) -> None:
        results[user] = (await flow.run(text, user_id=user)).output

    with anyio.fail_after(5):
        async with anyio.create_task_group() as group:
            group.start_soon(go, "one", "alice")
            group.start_soon(go, "two", "bob")
    assert results == {"alice": "mend: one", "bob": "mend: two"}


async def test_a_router_in_a_graph_hands_the_value_on_unchanged_whatever_kind_of_key_it_answers() -> None:
    def flow(answer: Any, keys: Any) -> Workflow:
        made = Workflow().add_node("in", str.strip).add_node("yes", str.upper)
        return made.set_start("in").add_router("in", lambda _: answer, dict.fromkeys(keys, "yes"), default=END)

    for answer, key in ((True, "True"), (True, True), (3, 3), (Kind.TECH, "tech"), (Kind.TECH, Kind.TECH)):
        assert (await flow(answer, [key]).run(" x ")).output == "X"
    assert (await flow(None, ["yes"]).run(" x ")).output == "x"


async def test_a_router_may_be_async_or_an_agent(listening: Any) -> None:
    async def later(_: Any) -> str:
        await anyio.lowlevel.checkpoint()
        return "up"

    judge = Agent("Which way?", model=listening(lambda _: "up"))
    for router in (later, judge):
        flow = Workflow().add_node("in", str.strip).add_node("up", str.upper).set_start("in")
        assert (await flow.add_router("in", router, {"up": "up"}).run("x")).output == "X"


async def test_what_an_agent_that_routes_uses_counts() -> None:
    judge = Agent("Which way?", model="echo")
    flow = (
        Workflow()
        .add_node("in", str.strip)
        .set_start("in")
        .add_router("in", judge, {}.fromkeys(["x"], END), default=END)
    )
    result = await flow.run("x")
    assert result.turns == 1 and result.tokens_in > 0
