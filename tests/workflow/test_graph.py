"""Drawing a workflow: what is wrong is told when it is drawn, with the nearest name; what is right goes that way."""

from functools import partial
from typing import Any

import pytest

from loomlab import END, START, Agent, Workflow

pytestmark = pytest.mark.anyio


async def inc(value: int) -> int:
    return value + 1


async def double(value: int) -> int:
    return value * 2


def three() -> Workflow:
    return Workflow("three").add_node("one", inc).add_node("two", double).add_node("three", inc)


async def test_one_value_goes_along_the_edges() -> None:
    flow = three().add_edge(START, "one").add_edge("one", "two").add_edge("two", "three").add_edge("three", END)
    result = await flow.run(3)
    assert result.output == 9
    assert result.visited == ["one", "two", "three"]
    assert result.per_step == {"one": 4, "two": 8, "three": 9}


async def test_a_missing_edge_ends_the_run() -> None:
    assert (await three().set_start("one").run(1)).visited == ["one"]


async def test_a_router_at_the_start_may_lead_to_the_end_at_once() -> None:
    flow = three().add_router(START, lambda value: value > 0, {"True": "one", "False": END})
    assert (await flow.run(5)).output == 6
    result = await flow.run(-5)
    assert (result.output, result.visited, result.per_step) == (-5, [], {})


async def test_what_begins_a_run_is_replaced_by_what_is_set_later() -> None:
    flow = three().add_router(START, str, {"1": "one"}).set_start("two")
    assert (await flow.run(1)).visited == ["two"]
    assert (await flow.add_router(START, str, {"1": "one"}).run(1)).visited == ["one"]
    assert (await flow.add_edge(START, "three").run(1)).visited == ["three"]


async def test_without_a_start_nothing_runs() -> None:
    with pytest.raises(RuntimeError, match=r"no start node.*set_start"):
        await three().run(1)
    with pytest.raises(RuntimeError, match="no start node"):
        async for _ in Workflow("empty").stream(1):
            pass


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (lambda flow: flow.add_node("one", inc), "'one' is already registered"),
        (lambda flow: flow.add_node("  ", inc), "not empty"),
        (lambda flow: flow.add_node(START, inc), "not empty"),
        (lambda flow: flow.add_edge("one", "too"), "'too' is not registered; did you mean 'two'"),
        (lambda flow: flow.add_edge("onne", "two"), "'onne' is not registered; did you mean 'one'"),
        (lambda flow: flow.add_edge(END, "one"), "END is where a workflow ends"),
        (lambda flow: flow.add_edge("one", START), "START is where a workflow begins"),
        (lambda flow: flow.set_start("thre"), "not registered; did you mean 'three'"),
        (lambda flow: flow.add_router("one", str, {}), "no routes"),
        (lambda flow: flow.add_router("one", str, {"a": "tow"}), "did you mean 'two'"),
        (lambda flow: flow.add_router("one", str, {"a": "two"}, default="fore"), "'fore' is not registered"),
        (lambda flow: flow.add_router(END, str, {"a": "two"}), "END is where"),
        (lambda flow: flow.add_router("one", str, {"a": START}), "START is where"),
        (lambda flow: flow.add_edge("one", "two").add_edge("one", "three"), "already leads on.*add_fan_out"),
        (lambda flow: flow.add_edge("one", "two").add_router("one", str, {"a": "three"}), "already leads on"),
        (lambda flow: flow.add_fan_out("one", []), "needs a list"),
        (lambda flow: flow.add_fan_out("one", "two"), "needs a list"),
        (lambda flow: flow.add_fan_out("one", ["two", "two"]), "different steps"),
        (lambda flow: flow.add_fan_out("one", ["two", "three"], join="three"), "different steps"),
        (lambda flow: flow.add_fan_out("one", ["two", "nine"]), "'nine' is not registered"),
        (lambda flow: flow.add_fan_out("one", ["two"], max_concurrency=0), "at least 1"),
        (lambda flow: Workflow(max_steps=0), "max_steps must be at least 1"),
        (lambda flow: Workflow(max_visits_per_node=0), "max_visits_per_node must be at least 1"),
        (lambda flow: Workflow.chain([]), "at least one step"),
        (lambda flow: Workflow.route(inc, {}), "at least one handler"),
        (lambda flow: Workflow.parallel([]), "at least one step"),
    ],
)
def test_a_mistake_is_told_when_it_is_made(wrong: Any, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        wrong(three())


def _two_values(one: int, two: int) -> int:
    return one + two


def _pieces(value: int) -> Any:
    yield value


async def _streamed(value: int) -> Any:
    yield value


class NotAsync:
    def run(self, value: Any) -> Any:
        return value


@pytest.mark.parametrize("thing", [None, 3, "text", NotAsync(), _pieces, _streamed, partial(_pieces), _two_values])
def test_what_cannot_be_a_step_is_refused_when_it_is_added(thing: Any) -> None:
    with pytest.raises(TypeError, match="step 'x'"):
        Workflow().add_node("x", thing)


def test_an_audit_log_of_another_kind_is_refused() -> None:
    with pytest.raises(TypeError, match="audit_log is an audit log, a path"):
        Workflow(audit_log=3)  # type: ignore[arg-type]  # what is tried here


async def test_names_of_a_chain_come_from_its_steps_and_are_made_unique() -> None:
    agent = Agent("hi", model="echo", name="ann")
    flow = Workflow.chain([inc, inc, str, agent, agent, partial(str)])
    result = await flow.run(1)
    assert result.visited == ["inc", "inc_1", "str", "ann", "ann_1", "str_1"]
    assert repr(flow) == "Workflow('chain', steps=['inc', 'inc_1', 'str', 'ann', 'ann_1', 'str_1'])"


def test_the_two_ends_print_their_names_and_are_the_same_wherever_they_come_from() -> None:
    import copy
    import pickle

    assert (repr(START), str(END)) == ("START", "END")
    assert copy.deepcopy(START) is START and pickle.loads(pickle.dumps(END)) is END
