"""A real kernel: cells are executed over its sockets, and it can be interrupted as the stop button does."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from queue import Empty
from typing import Any

from jupyter_client.manager import KernelManager

WAIT_S = 40


@dataclass
class Done:
    """What a cell sent back."""

    status: str = ""
    error: str = ""
    messages: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    seconds_after_interrupt: float = 0.0

    @property
    def kinds(self) -> list[str]:
        """Types of the messages, in order."""
        return [kind for kind, _ in self.messages]

    @property
    def text(self) -> str:
        """Everything that can be read."""
        parts = [
            content.get("text") or content.get("data", {}).get("text/plain", "")
            for kind, content in self.messages
            if kind in ("stream", "display_data", "execute_result", "update_display_data")
        ]
        return "\n".join(part for part in parts if part)


class Kernel:
    """A started kernel."""

    def __init__(self, manager: KernelManager, client: Any) -> None:
        self.manager = manager
        self.client = client

    def run(self, code: str, *, person: bool = False, interrupt_when: Callable[[Done], bool] | None = None) -> Done:
        """Execute a cell. ``person``: somebody watches (and could be asked for input)."""
        asked = self.client.execute(code, allow_stdin=person)
        done = Done()
        interrupted: float | None = None
        deadline = time.monotonic() + WAIT_S
        while time.monotonic() < deadline:
            try:
                message = self.client.get_iopub_msg(timeout=0.05)
            except Empty:
                message = None
            if message is not None and message["parent_header"].get("msg_id") == asked:
                kind, content = message["msg_type"], message["content"]
                if kind == "status" and content["execution_state"] == "idle":
                    break
                if kind not in ("status", "execute_input"):
                    done.messages.append((kind, content))
            if interrupt_when is not None and interrupted is None and interrupt_when(done):
                interrupted = time.monotonic()
                self.manager.interrupt_kernel()
        else:
            raise TimeoutError(f"the cell did not end: {code[:60]!r}, {done.text[-400:]}")
        done.seconds_after_interrupt = 0.0 if interrupted is None else time.monotonic() - interrupted
        reply = self._reply(asked)
        done.status = reply["status"]
        done.error = f"{reply.get('ename', '')}: {reply.get('evalue', '')}"
        return done

    def ok(self, code: str) -> Done:
        """Execute a cell that must succeed."""
        done = self.run(code)
        assert done.status == "ok", (done.error, done.text)
        return done

    def complete(self, code: str) -> list[str]:
        """What Tab offers at the end of ``code``."""
        asked = self.client.complete(code, len(code))
        found: list[str] = self._reply(asked)["matches"]
        return found

    def _reply(self, asked: str) -> dict[str, Any]:
        while True:
            message = self.client.get_shell_msg(timeout=WAIT_S)
            if message["parent_header"].get("msg_id") == asked:
                content: dict[str, Any] = message["content"]
                return content


@contextmanager
def running_kernel(folder: str, environment: dict[str, str]) -> Iterator[Kernel]:
    """A kernel of this environment in ``folder``."""
    manager = KernelManager(kernel_name="python3")
    manager.start_kernel(cwd=folder, env=environment)
    client = manager.client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=WAIT_S)
        yield Kernel(manager, client)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
        manager.cleanup_resources()
