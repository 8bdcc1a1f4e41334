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
    found = []
    for event in events:
        if event.kind is EventKind.MODEL_CHUNK and event.payload.get("call"):
            found.append((event.payload["chunk"]["kind"], event.payload["call"]["latency_ms"]))
        result = event.payload.get("result")
        duration = result.get("duration_ms") if isinstance(result, dict) else None
        told = tuple(event.payload.get(name) for name in _WHAT)
        found.append((event.kind.value, event.payload.get("node"), event.payload.get("branch"), duration, *told))
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
        assert replayed == [tuple(one) for one in recorded]
