"""An agent's skills: the tool that reads them, and the tools that they bring."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from loomlab import skills as skill_room
from loomlab.agent.extra_tools import WithExtraTools
from loomlab.core.protocols import ToolHost
from loomlab.tools import InProcessToolHost, ensure_host

if TYPE_CHECKING:
    from loomlab.skills import SkillRegistry


def skilled(tools: Any, skills: Iterable[Any] | None) -> tuple[ToolHost, SkillRegistry | None]:
    """Tool host and registry of an agent with ``skills`` (specs, or a registry of them).

    A host that was given as such may be another agent's too: it stays as it is, and what skills bring lives beside it.
    """
    host = ensure_host(tools)
    if skills is None:
        return host, None
    registry = skills if isinstance(skills, skill_room.SkillRegistry) else skill_room.SkillRegistry(skills)
    if host is not tools and isinstance(host, InProcessToolHost):
        host.register(skill_room.make_load_skill_tool(registry, host=host))
    else:
        brought = InProcessToolHost()
        brought.register(skill_room.make_load_skill_tool(registry, host=brought))
        host = WithExtraTools(host, brought)
    return host, registry
