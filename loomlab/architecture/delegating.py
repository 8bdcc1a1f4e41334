"""A supervisor's two tools, for one run: give work to a worker, and let a worker's reply be the answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from loomlab.architecture.workers import send
from loomlab.core.messages import ToolCall, ToolDef, ToolResult
from loomlab.core.nearest import did_you_mean
from loomlab.core.session import AgentSession
from loomlab.runtime import OfferedTool, Run, RunStopped

DELEGATE = "Have a worker do a task and get its reply. Several calls in one turn run at the same time."
FORWARD = "Only after a worker has replied: end with that worker's last reply, word for word, as the final answer."


class Forwarded(Exception):
    """The manager let a worker's reply be the answer; its own loop is over."""

    def __init__(self, worker: str) -> None:
        super().__init__(f"{worker}'s reply is the answer")
        self.worker = worker


class Delegation:
    """What one run of a supervisor knows: who there is, and what each said last."""

    def __init__(self, session: AgentSession, workers: Mapping[str, Any], delegate: str, forward: str) -> None:
        self.count = 0
        self.said: dict[str, str] = {}
        self._session = session
        self._workers = workers
        self._delegate_name = delegate
        self._forward_name = forward
        self._busy: set[str] = set()

    def tools(self) -> list[OfferedTool]:
        """Both tools; none where there is nobody to give work to."""
        if not self._workers:
            return []
        worker = {"type": "string", "enum": list(self._workers), "description": "who"}
        task = {"type": "string", "description": "what to do, with everything the worker needs to know"}
        return [
            OfferedTool(_definition(self._delegate_name, DELEGATE, worker=worker, instructions=task), self._delegate),
            OfferedTool(_definition(self._forward_name, FORWARD, worker=worker), self._forward),
        ]

    async def _delegate(self, run: Run, call: ToolCall) -> ToolResult:
        name, task = call.args.get("worker"), call.args.get("instructions")
        if not isinstance(name, str) or name not in self._workers:
            return self._unknown(call, name)
        if not isinstance(task, str) or not task.strip():
            return ToolResult.error_(call.id, "instructions are missing: say what the worker is to do")
        self.count += 1
        self._busy.add(name)
        suffix = f"delegate_{name}_{call.id}"  # the call's id, which a replayed run repeats
        output = await send(run, self._session, self._workers[name], task, suffix=suffix, blame=f"specialist:{name}")
        self.said[name] = output
        if self._session.interrupted:
            self._session.output = self._session.output or output
            run.leave(RunStopped(self._session.interruption_reason))
        return ToolResult.success(call.id, output or f"{name} replied with an empty text")

    async def _forward(self, run: Run, call: ToolCall) -> ToolResult:
        name = call.args.get("worker")
        if not isinstance(name, str) or name not in self._workers:
            return self._unknown(call, name)
        # A worker that was given work in the same turn will have replied when the turn is over.
        if name not in self.said and name not in self._busy:
            return ToolResult.error_(call.id, f"{name} has said nothing yet: {self._delegate_name} to it first")
        run.leave(Forwarded(name))
        return ToolResult.success(call.id, f"{name}'s last reply is the final answer")

    def _unknown(self, call: ToolCall, name: Any) -> ToolResult:
        hint = did_you_mean(str(name), self._workers)
        return ToolResult.error_(call.id, f"there is no worker {name!r}: {hint}")


def _definition(name: str, description: str, **properties: Any) -> ToolDef:
    schema = {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}
    return ToolDef(name=name, description=description, input_schema=schema)
