"""Tools that a case brings along: those of tool-calling datasets do nothing, those of a case's world act on it."""

from collections.abc import Mapping
from typing import Any

from loomlab.core.errors import ConfigError
from loomlab.core.events import Event, EventKind
from loomlab.core.messages import ToolCall
from loomlab.evals.case import Case
from loomlab.evals.worlds import world_of, world_tools
from loomlab.tools import Tool


def offered_tools(case: Case) -> list[Tool]:
    """The tools of ``metadata["tools"]``: each a ``name``, a ``description`` and JSON-schema ``parameters``.

    A case with ``metadata["world"]`` brings the tools of a fresh copy of that world too. Raises ConfigError, naming the
    case, for what is no such list or world.
    """
    world = world_of(case)
    acting = [] if world is None else world_tools(world)
    given = case.metadata.get("tools")
    if given is None:
        return acting
    if not isinstance(given, (list, tuple)) or not all(isinstance(one, Mapping) and "name" in one for one in given):
        raise ConfigError(f"the case {case.id!r} has metadata 'tools' that is not a list of tools with names")
    return acting + [
        Tool(str(one["name"]), str(one.get("description", "")), _do_nothing, dict(one.get("parameters") or {}))
        for one in given
    ]


def tool_names(case: Case) -> tuple[str, ...]:
    """The names in ``metadata["tools"]``, of whatever shape that is."""
    given = case.metadata.get("tools") or ()
    return tuple(str(one["name"]) for one in given if isinstance(one, Mapping) and "name" in one)


async def _do_nothing(**arguments: Any) -> str:
    return "done"


class CallRecorder:
    """An observer that keeps the tool calls of the runs below it, in order.

    Those by which an architecture runs its team (``delegate``, ``handoff``) are how it thinks, and are left out.
    """

    wants_chunks = False

    def __init__(self) -> None:
        self.calls: list[ToolCall] = []

    def on_event(self, event: Event) -> None:
        """Keep a call."""
        if event.kind is EventKind.TOOL_CALL and not event.payload.get("by_strategy"):
            call = event.part("call")
            self.calls.append(call if isinstance(call, ToolCall) else ToolCall.model_validate(call))
