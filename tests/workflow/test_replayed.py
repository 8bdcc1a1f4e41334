"""Workflows on a cassette: a replayed run shows the figures of the recorded one, each where it belongs."""

from pathlib import Path
from typing import Any

import anyio
import pytest

from loomlab import Agent, EventKind, Workflow
from loomlab.core import observing
from loomlab.model import CassetteModel

pytestmark = pytest.mark.anyio

_WHAT = ("offset_ms", "duration_ms", "latency_ms")


class Slow:
    """A model whose first answers come last."""

    name = "slow"
    network = False

    def __init__(self) -> None:
        self.asked = 0

    async def complete(self, messages: Any, **_: Any) -> Any:
        from loomlab.core import Usage

        self.asked += 1
        for _ in range(60 // self.asked):
            await anyio.lowlevel.checkpoint()
        return f"{messages[0].content} {messages[-1].content}", [], Usage(input_tokens=5, output_tokens=3), "stop"

    async def stream(self, messages: Any, **options: Any) -> Any:
        raise AssertionError("nobody streams here")
        yield


def figures(events: list[Any]) -> list[tuple[Any, ...]]:
    """Every figure that was told, each with the place of its run in the tree."""
    places: dict[str, str] = {}
    found = []
    for event in events:
        if event.kind in (EventKind.STARTED, EventKind.WORKFLOW_STARTED):
            above = places.get(event.parent_run_id or "", "")
            places[event.run_id] = f"{above}/{event.payload.get('node', '')}"
        told = event.payload
        inner = told.get("call") or told.get("result") or {}
        numbers = [one.get(name) for one in (told, inner) for name in _WHAT]
        place = (places[event.run_id], event.kind.value, told.get("node"), told.get("branch"), told.get("name"))
        found.append((*place, *numbers))
    return sorted(found, key=repr)


async def test_figures_of_agents_asked_the_same_side_by_side_do_not_change_places(tmp_path: Path, watcher: Any) -> None:
    def flow(model: Any) -> Workflow:
        branches = [
            Workflow.chain([Agent(f"I am {n}.", model=model), str.upper], name=n) for n in ("ann", "ben", "cleo")
        ]
        return Workflow.chain([str.strip, Workflow.parallel(branches, name="all"), str], name="outer")

    tape = tmp_path / "tape.jsonl"

    async def told(model: Any) -> list[tuple[Any, ...]]:
        watcher.events.clear()
        with observing(watcher):
            await flow(model).run(" the same ", user_id="alice")
        return figures(watcher.events)

    recorded = await told(CassetteModel(Slow(), tape, mode="record"))
    for _ in range(2):
        replayed = await told(CassetteModel(None, tape, mode="replay"))
        assert replayed == recorded
