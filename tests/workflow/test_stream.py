"""A run as events: their order, what agents inside add, errors, and leaving early from whichever task."""

from collections.abc import Callable
from typing import Any

import anyio
import pytest

from loomlab import START, Agent, Event, EventKind, Workflow, get_run_context
from loomlab.core import observing

pytestmark = pytest.mark.anyio


async def inc(value: int) -> int:
    return value + 1


async def fail(value: Any) -> Any:
    raise KeyError("no such letter")


async def heard(flow: Workflow, given: Any, into: list[Event] | None = None, **options: Any) -> list[Event]:
    events = [] if into is None else into
    async for event in flow.stream(given, **options):
        events.append(event)
    return events


async def test_a_stream_tells_the_start_each_step_and_the_end() -> None:
    events = await heard(Workflow.chain([inc, inc], name="count"), 1, user_id="alice", session_id="s1")
    assert [event.kind.value for event in events] == [
        "workflow_started",
        "workflow_step_started",
        "workflow_step_completed",
        "workflow_step_started",
        "workflow_step_completed",
        "workflow_completed",
    ]
    assert {event.session_id for event in events} == {"s1"}
    assert len({event.run_id for event in events}) == 1
    first, last = events[0].payload, events[-1].payload
    assert (first["workflow"], first["input"], first["user_id"]) == ("count", 1, "alice")
    assert [event.payload.get("node") for event in events[1:5]] == ["inc", "inc", "inc_1", "inc_1"]
    assert [events[2].payload["output"], events[4].payload["output"]] == [2, 3]
    assert (last["workflow"], last["output"]) == ("count", 3)
    assert last["result"]["output"] == "3" and last["result"]["parsed"] == 3
    assert last["result"]["visited"] == ["inc", "inc_1"] and last["result"]["user_id"] == "alice"


async def test_the_callback_sees_the_same_events_as_the_stream() -> None:
    flow, seen = Workflow.chain([inc, inc]), []

    async def emit(event: Event) -> None:
        seen.append(event)

    await flow.run(1, emit=emit)
    assert [event.kind for event in seen] == [event.kind for event in await heard(flow, 1)]


async def test_agents_inside_stream_too_between_the_events_of_their_step() -> None:
    flow = Workflow.chain([Agent("hi", model="echo", name="ann"), str.upper], name="talk")
    events = await heard(flow, "hello there")
    kinds = [event.kind for event in events]
    chunks = [at for at, event in enumerate(events) if event.kind is EventKind.MODEL_CHUNK]
    begin, end = kinds.index(EventKind.WORKFLOW_STEP_STARTED), kinds.index(EventKind.WORKFLOW_STEP_COMPLETED)
    assert len(chunks) > 2 and begin < min(chunks) and max(chunks) < end
    assert {event.parent_run_id for event in events if event.kind is EventKind.MODEL_CHUNK} == {events[0].run_id}
    assert EventKind.STARTED not in kinds and kinds.count(EventKind.WORKFLOW_COMPLETED) == 1


async def test_an_error_comes_as_itself_after_the_step_that_failed(watcher: Any) -> None:
    events: list[Event] = []
    with observing(watcher), pytest.raises(KeyError, match="no such letter"):
        await heard(Workflow.chain([inc, fail, inc]), 1, events)
    assert [event.kind.value for event in events][-2:] == ["workflow_step_started", "workflow_step_failed"]
    assert events[-1].payload["node"] == "fail"
    assert (events[-1].payload["type"], events[-1].payload["error"]) == ("KeyError", "'no such letter'")
    assert watcher.kinds()[-2:] == ["workflow_step_failed", "error"]


async def test_an_event_tells_what_a_step_gave_even_where_the_next_one_changes_that_very_object() -> None:
    def mark(name: str) -> Callable[[dict[str, int]], dict[str, int]]:
        def change(state: dict[str, int]) -> dict[str, int]:
            state[name] = len(state)
            return state

        change.__name__ = name
        return change

    events = await heard(Workflow.chain([mark("a"), mark("b")]), {})
    done = [event.payload["output"] for event in events if event.kind is EventKind.WORKFLOW_STEP_COMPLETED]
    assert events[0].payload["input"] == {} and done == [{"a": 0}, {"a": 0, "b": 1}]


async def test_what_no_json_can_say_is_told_as_words() -> None:
    class Odd:
        def __repr__(self) -> str:
            return "<odd>"

    events = await heard(Workflow.chain([lambda value: Odd()]), float("nan"))
    assert events[-1].payload["output"] == "<odd>"
    assert all(event.model_dump_json() for event in events)


@pytest.mark.parametrize("away", [False, True], ids=["in the same task", "from another task"])
async def test_leaving_early_stops_the_run_and_is_clean(away: bool, gate: Callable[[], Any], watcher: Any) -> None:
    held = gate()
    with observing(watcher):
        stream = Workflow.chain([inc, held]).stream(1, user_id="alice")
        async for event in stream:
            if event.kind is EventKind.WORKFLOW_STEP_STARTED and event.payload["node"] != "inc":
                break
    await held.begun.wait()
    close: Any = stream
    with anyio.fail_after(5):
        if away:
            async with anyio.create_task_group() as group:
                group.start_soon(close.aclose)
        else:
            await close.aclose()
    assert held.ended
    assert get_run_context().user_id is None
    last = watcher.events[-1]
    assert last.kind is EventKind.WORKFLOW_COMPLETED
    assert (last.payload["result"]["interruption_reason"], last.payload["result"]["ended"]) == ("cancelled",) * 2


async def test_two_streams_at_once_do_not_see_each_others_events() -> None:
    flow = Workflow.chain([inc, str])
    found: dict[str, list[Event]] = {}

    async def listen(user: str, number: int) -> None:
        found[user] = await heard(flow, number, user_id=user)

    async with anyio.create_task_group() as group:
        group.start_soon(listen, "alice", 10)
        group.start_soon(listen, "bob", 20)
    for user, output in (("alice", "11"), ("bob", "21")):
        assert len(found[user]) == 6 and len({event.run_id for event in found[user]}) == 1
        assert found[user][-1].payload["output"] == output


async def test_a_slow_listener_slows_the_run_down() -> None:
    done = 0

    def count(value: int) -> int:
        nonlocal done
        done += 1
        return value

    flow = Workflow(max_steps=10_000, max_visits_per_node=10_000).add_node("count", count).set_start("count")
    flow.add_router("count", lambda value: "count", {"count": "count"})
    stream = flow.stream(1)
    async for _ in stream:
        break
    await anyio.wait_all_tasks_blocked()
    assert done < 200, "events wait for their listener, and the run waits for them"
    closing: Any = stream
    await closing.aclose()


async def test_ways_and_branches_are_told_with_their_place() -> None:
    flow = Workflow().add_node("a", inc).add_node("b", Workflow.parallel([inc, str], name="both"))
    events = await heard(flow.add_fan_out(START, ["a", "b"]), 1)
    begun = [event for event in events if event.kind is EventKind.WORKFLOW_STEP_STARTED]
    assert {event.payload["node"]: event.payload.get("way") for event in begun} == {"a": [0], "b": [1], "fan_out": None}
    notes = [event.payload for event in events if event.kind is EventKind.ARCHITECTURE_EVENT]
    assert [(note["name"], note["branch"]) for note in notes if note["name"].endswith("completed")] == [
        ("workflow.branch_completed", "inc"),
        ("workflow.branch_completed", "str"),
    ]
