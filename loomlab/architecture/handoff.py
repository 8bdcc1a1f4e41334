"""Handing over: the tools by which an agent of a swarm passes the task to a peer."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from pydantic import BaseModel, ValidationError

from loomlab.architecture.workers import about
from loomlab.core.messages import ToolCall, ToolDef, ToolResult
from loomlab.core.nearest import did_you_mean
from loomlab.runtime import OfferedTool, Run, RunSettled, RunStopped

UNTYPED = "Pass the task on to another agent who is better for it; your own turn ends. The others:\n{peers}"
TYPED = "Pass the task on to {name}; your own turn ends. {about}"
MESSAGE = {"type": "string", "description": "what the next agent should know"}


@dataclass(frozen=True)
class Handoff:
    """A peer of a swarm and how the task is passed to it.

    ``input_type`` (a pydantic model) is what the agent that hands over must fill in. ``input_filter`` makes the next
    agent's prompt of the history (one text a contribution, oldest first) and the payload. ``description`` (default: the
    agent's instructions) and ``tool_name`` (default: ``transfer_to_<name>``) are what the others' models see.
    """

    agent: Any
    input_type: type[BaseModel] | None = None
    input_filter: Callable[[list[str], dict[str, Any]], str] | None = None
    description: str | None = None
    tool_name: str | None = None


class Desk:
    """Where the active agent asks to hand over. Made new for each agent's turn of each run.

    ``forbidden`` says why a handoff to a peer is not possible now (an event's name and a sentence), or None. It is
    refused once, so that the agent answers itself; one that insists is stopped.
    """

    def __init__(
        self,
        peers: Mapping[str, Handoff],
        active: str,
        tool_name: str,
        forbidden: Callable[[str], tuple[str, str] | None],
    ) -> None:
        self.target: str | None = None
        self.payload: dict[str, Any] = {}
        self.refused: str | None = None
        self._others = {name: peer for name, peer in peers.items() if name != active}
        self._active = active
        self._tool_name = tool_name
        self._typed = any(peer.input_type is not None for peer in peers.values())
        self._forbidden = forbidden

    def tools(self) -> list[OfferedTool]:
        """One ``handoff`` tool, or one ``transfer_to_<name>`` a peer where any of them asks for typed input."""
        if not self._others:
            return []
        if not self._typed:
            peers = "\n".join(f"- {name}: {about(one.agent, one.description)}" for name, one in self._others.items())
            target = {"type": "string", "enum": list(self._others), "description": "who takes over"}
            definition = _definition(self._tool_name, UNTYPED.replace("{peers}", peers), target=target, message=MESSAGE)
            return [OfferedTool(definition, self._untyped)]
        return [OfferedTool(_typed(name, one), partial(self._hand_over, name)) for name, one in self._others.items()]

    async def _untyped(self, run: Run, call: ToolCall) -> ToolResult:
        return await self._hand_over(str(call.args.get("target", "")), run, call)

    async def _hand_over(self, target: str, run: Run, call: ToolCall) -> ToolResult:
        if self.target is not None:
            return ToolResult.error_(call.id, f"the task is on its way to {self.target} already")
        if target == self._active:
            return ToolResult.error_(call.id, f"you are {target}: answer yourself, or hand over to somebody else")
        if target not in self._others:
            hint = did_you_mean(target, self._others)
            return ToolResult.error_(call.id, f"there is no agent {target!r}: {hint}")
        payload, problem = _read(self._others[target], call.args)
        if problem:
            return ToolResult.error_(call.id, problem)
        forbidden = self._forbidden(target)
        if forbidden is not None:
            return self._refuse(run, call, *forbidden)
        self.target, self.payload = target, payload
        run.leave(RunSettled("handed over"))
        return ToolResult.success(call.id, f"the task is {target}'s now")

    def _refuse(self, run: Run, call: ToolCall, event: str, why: str) -> ToolResult:
        if self.refused is not None and run.session is not None:
            run.session.interrupt(event)
            run.leave(RunStopped(event))
        self.refused = event
        return ToolResult.error_(call.id, f"{why}: answer yourself now")


def handoff_of(peer: Any) -> Handoff:
    """A peer as a ``Handoff``; a plain agent gets one with nothing set."""
    return peer if isinstance(peer, Handoff) else Handoff(agent=peer)


def transfer_name(name: str, peer: Handoff) -> str:
    """The name of the tool that passes the task to a peer: letters, digits and ``_``, as providers want it."""
    return peer.tool_name or "transfer_to_" + re.sub(r"\W+", "_", name, flags=re.ASCII)[:50]


def _typed(name: str, peer: Handoff) -> ToolDef:
    description = TYPED.replace("{name}", name).replace("{about}", about(peer.agent, peer.description))
    if peer.input_type is None:
        return _definition(transfer_name(name, peer), description, message=MESSAGE)
    return ToolDef(
        name=transfer_name(name, peer), description=description, input_schema=peer.input_type.model_json_schema()
    )


def _definition(name: str, description: str, **properties: Any) -> ToolDef:
    required = [one for one in properties if one == "target"]
    return ToolDef(
        name=name,
        description=description,
        input_schema={"type": "object", "properties": properties, "required": required},
    )


def _read(peer: Handoff, args: Mapping[str, Any]) -> tuple[dict[str, Any], str]:
    """The payload as plain data, or what is wrong with it."""
    if peer.input_type is None:
        return {"message": str(args.get("message") or "")}, ""
    try:
        return peer.input_type.model_validate(args).model_dump(mode="json"), ""
    except ValidationError as exc:
        faults = [f"{'.'.join(map(str, one['loc'])) or 'input'}: {one['msg']}" for one in exc.errors(include_url=False)]
        return {}, "the input does not fit: " + "; ".join(faults)
