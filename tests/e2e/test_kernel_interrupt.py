"""The stop button of a real kernel: the run ends, its clean-up has run, what there was is kept, the next cell works."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jupyter_client.manager import KernelManager

pytestmark = [pytest.mark.kernel, pytest.mark.timeout(180)]

SETUP = """
import anyio, loomlab
from loomlab.core import ModelChunk
%load_ext loomlab

cleaned = []

class Slow:
    name = "slow"
    async def stream(self, messages, **options):
        try:
            yield ModelChunk(kind="text", text="half an answer ")
            print("STARTED", flush=True)
            await anyio.sleep_forever()
        finally:
            with anyio.CancelScope(shield=True):
                await anyio.sleep(0)
                cleaned.append(True)

agent = loomlab.Agent("x", model=Slow(), name="slowpoke")
"""

AFTER = """
import asyncio, json, threading
from loomlab.runlog import RunLog
runs = RunLog.open().runs()
left = [task.get_name() for task in asyncio.all_tasks() if "slow" in repr(task).lower()]
print("STATE" + json.dumps({
    "cleaned": cleaned,
    "left": left,
    "status": runs["status"].tolist(),
    "output": runs["output"].tolist(),
}))
"""


class Kernel:
    """A real kernel; cells run one by one and give their messages."""

    def __init__(self, folder: Path) -> None:
        self.manager = KernelManager(kernel_name="python3")
        self.manager.start_kernel(cwd=str(folder))
        self.client = self.manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=60)

    def run(self, code: str, *, interrupt_at: str | None = None) -> list[dict[str, Any]]:
        ours = self.client.execute(code)
        seen: list[dict[str, Any]] = []
        while True:
            message = self.client.get_iopub_msg(timeout=60)
            if message["parent_header"].get("msg_id") != ours:
                continue
            seen.append(message)
            if interrupt_at and message["msg_type"] == "stream" and interrupt_at in message["content"]["text"]:
                interrupt_at = None
                self.manager.interrupt_kernel()
            if message["msg_type"] == "status" and message["content"]["execution_state"] == "idle":
                return seen

    def close(self) -> None:
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)
        self.manager.cleanup_resources()


@pytest.fixture
def kernel(tmp_path: Path) -> Iterator[Kernel]:
    running = Kernel(tmp_path)
    yield running
    running.close()


def texts(messages: list[dict[str, Any]], kind: str) -> list[str]:
    shown = ("display_data", "update_display_data", "execute_result")
    return ["".join(one["content"]["data"].get(kind, "")) for one in messages if one["msg_type"] in shown]


def printed(messages: list[dict[str, Any]]) -> str:
    return "".join(one["content"]["text"] for one in messages if one["msg_type"] == "stream")


@pytest.mark.parametrize("loop", ["portal", "kernel"])
def test_stopping_a_cell_keeps_the_partial_run_and_the_kernel(kernel: Kernel, loop: str) -> None:
    kernel.run(SETUP)
    kernel.run(f"%loom loop={loop} user=alice")
    stopped = kernel.run("%%loom --agent agent --out answer\nhow long is a piece of string?", interrupt_at="STARTED")
    faces = texts(stopped, "text/plain")
    assert any("half an answer" in face for face in faces), faces
    assert any("half an answer" in face for face in texts(stopped, "text/html"))
    tracebacks = "\n".join("\n".join(one["content"]["traceback"]) for one in stopped if one["msg_type"] == "error")
    assert "loomlab/" not in tracebacks and "anyio" not in tracebacks
    after = printed(kernel.run(AFTER))
    state = json.loads(after.split("STATE")[1])
    assert state["cleaned"] == [True] and state["left"] == []
    assert state["status"] == ["cancelled"] and state["output"] == ["half an answer "]
    assert "42" in "".join(texts(kernel.run("6 * 7"), "text/plain"))
    again = kernel.run("%loom model=echo\n")
    assert not any(one["msg_type"] == "error" for one in again)
    assert any("Echo: hi" in face for face in texts(kernel.run("%%loom\nhi"), "text/plain"))


def test_stopping_an_awaited_run_does_the_same(kernel: Kernel) -> None:
    kernel.run(SETUP)
    stopped = kernel.run(
        "from loomlab.notebook import show\nresult = await show(agent.run('how long?', user_id='alice'))",
        interrupt_at="STARTED",
    )
    assert any("half an answer" in face for face in texts(stopped, "text/plain"))
    state = json.loads(printed(kernel.run(AFTER)).split("STATE")[1])
    assert state["cleaned"] == [True] and state["status"] == ["cancelled"]


def test_tab_completes_options_and_their_values(kernel: Kernel) -> None:
    kernel.run(SETUP)

    def complete(code: str) -> list[str]:
        reply = kernel.client.complete(code, reply=True, timeout=30)
        return [str(one) for one in reply["content"]["matches"]]

    assert any("--arch" in one for one in complete("%%loom --ar"))
    assert any("self-refine" in one for one in complete("%%loom --arch sel"))
    assert any("agent" in one for one in complete("%%loom --agent ag"))
