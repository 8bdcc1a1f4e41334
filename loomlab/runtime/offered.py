"""Tools that a strategy adds to a run: a supervisor's ``delegate``, a swarm's ``handoff``.

They are listed with the agent's own and pass the same gate: hooks, permission, approval and audit see every call.
Two things differ. What they do is made of steps of its own (a whole run of a worker), so the call as such
is not journaled; and what they raise is the strategy's error, not the tool's: it leaves the run as it is.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from loomlab.core.errors import ConfigError
from loomlab.core.messages import ToolCall, ToolDef, ToolResult

if TYPE_CHECKING:
    from loomlab.runtime.run import Run


@dataclass(frozen=True, slots=True)
class OfferedTool:
    """One such tool. ``call`` gets the run in which it is called, which may be a worker's, and the call."""

    definition: ToolDef
    call: Callable[[Run, ToolCall], Awaitable[ToolResult]]


class Offered(tuple[OfferedTool, ...]):
    """Offered tools for a run that is about to begin (``Agent.run(extra_tools=…)``)."""

    __slots__ = ()


def by_name(known: Mapping[str, OfferedTool], tools: Iterable[OfferedTool]) -> dict[str, OfferedTool]:
    """``known`` and ``tools`` by name; ConfigError where two share one."""
    named = dict(known)
    for tool in tools:
        name = tool.definition.name
        if name in named:
            raise ConfigError(f"two strategies of this run offer a tool {name!r}; give one of them another name")
        named[name] = tool
    return named


def shown(own: list[ToolDef], offered: Mapping[str, OfferedTool]) -> list[ToolDef]:
    """The agent's own tools and the offered ones; ConfigError where they share a name."""
    for one in own:
        if one.name in offered:
            raise ConfigError(
                f"the agent's own tool {one.name!r} has the name of a tool of its architecture; rename one of them"
            )
    return own + [one.definition for one in offered.values()] if offered else own
