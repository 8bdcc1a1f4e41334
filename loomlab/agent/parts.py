"""What an agent is made of, in the hands of its owner: its parts, tools, hooks, memory and picture."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from loomlab import graph
from loomlab.agent.extra_tools import WithExtraTools
from loomlab.core.errors import ConfigError
from loomlab.core.protocols import (
    Architecture,
    AuditLog,
    Budget,
    HookHost,
    Memory,
    Model,
    Permissions,
    Runtime,
    ToolHost,
)
from loomlab.security import HookRegistry
from loomlab.tools import InProcessToolHost, Tool

if TYPE_CHECKING:
    from loomlab.skills import SkillRegistry

Fn = TypeVar("Fn", bound=Callable[..., Any])


class AgentParts:
    """Everything of an ``Agent`` but how it is made and how it runs."""

    max_turns: int
    _instructions: str
    _model: Model
    _memory: Memory
    _runtime: Runtime
    _budget: Budget
    _permissions: Permissions
    _hooks: HookHost
    _architecture: Architecture
    _tool_host: ToolHost
    _audit_log: AuditLog | None
    _skills: SkillRegistry | None
    _run_options: dict[str, Any]

    # ---- parts --------------------------------------------------------------------------------------

    @property
    def instructions(self) -> str:
        """The system prompt; with skills, the catalogue of those there are now stands at its end."""
        catalog = "" if self._skills is None else self._skills.catalog_section()
        return f"{self._instructions}\n\n{catalog}" if catalog else self._instructions

    @property
    def model(self) -> Model:
        """The model, as it was given or resolved."""
        return self._model

    @property
    def memory(self) -> Memory:
        """The memory, as it was given or resolved."""
        return self._memory

    @property
    def runtime(self) -> Runtime:
        """How side effects happen."""
        return self._runtime

    @property
    def budget(self) -> Budget:
        """What runs may spend."""
        return self._budget

    @property
    def permissions(self) -> Permissions:
        """The policy over tool calls."""
        return self._permissions

    @property
    def hooks(self) -> HookHost:
        """Code around each tool call."""
        return self._hooks

    @property
    def architecture(self) -> Architecture:
        """How the agent thinks."""
        return self._architecture

    @property
    def tool_host(self) -> ToolHost:
        """Where the tools live."""
        return self._tool_host

    @property
    def skills(self) -> SkillRegistry | None:
        """The skills it may read; None where it has none."""
        return self._skills

    @property
    def audit_log(self) -> AuditLog | None:
        """Who did what; query it here."""
        return self._audit_log

    def __repr__(self) -> str:
        memory, runtime, host = (type(one).__name__ for one in (self._memory, self._runtime, self._tool_host))
        return (
            f"Agent(model={self._model.name!r}, memory={memory}, runtime={runtime}, tools={host}, "
            f"max_turns={self.max_turns})"
        )

    # ---- tools and hooks ------------------------------------------------------------------------------

    def before_tool(self, fn: Fn) -> Fn:
        """Decorator: look at each tool call before it runs; returning a denial stops it. The first denial wins."""
        self._registry().register_pre_tool(fn)
        return fn

    def after_tool(self, fn: Fn) -> Fn:
        """Decorator: look at each tool result."""
        self._registry().register_post_tool(fn)
        return fn

    def add_tool(self, item: Any) -> Tool:
        """Add a tool or a function."""
        return self._writable_host().register(item)

    def with_tool(self, fn: Fn) -> Fn:
        """Decorator: add a function as a tool."""
        self._writable_host().register(fn)
        return fn

    def remove_tool(self, name: str) -> bool:
        """Take a tool away; whether it was there."""
        return self._writable_host().unregister(name)

    async def tools_list(self) -> list[str]:
        """Names of the tools."""
        return [one.name for one in await self._tool_host.list_tools()]

    def _registry(self) -> HookRegistry:
        if not isinstance(self._hooks, HookRegistry):
            raise ConfigError(f"hooks are a {type(self._hooks).__name__}; pass a HookRegistry to register hooks on it")
        return self._hooks

    def _writable_host(self) -> InProcessToolHost:
        host = self._tool_host.own if isinstance(self._tool_host, WithExtraTools) else self._tool_host
        if not isinstance(host, InProcessToolHost):
            raise ConfigError(
                f"the tools live on a {type(host).__name__}, which takes no new ones here; change them there"
            )
        return host

    # ---- memory -----------------------------------------------------------------------------------------

    async def recall(
        self, query: str, *, kind: str = "episodic", limit: int = 5, user_id: str | None = None
    ) -> list[Any]:
        """What the memory holds for ``query`` of one user: episodes, or facts with ``kind="facts"``."""
        memory: Memory = self._run_options["memory"]
        if kind in ("fact", "facts", "semantic"):
            return list(await memory.recall_facts(query, limit=limit, user_id=user_id))
        return list(await memory.recall(query, kind=kind, limit=limit, user_id=user_id))

    async def consolidate(self) -> int:
        """Turn what is new in memory into facts; how many came of it (0 where the memory keeps none)."""
        store = getattr(self._memory, "facts", None)
        if store is None:
            return 0
        before = len(await store.all_facts())
        await self._memory.consolidate()
        return len(await store.all_facts()) - before

    # ---- seeing it ----------------------------------------------------------------------------------------

    async def generate_graph(self, path: str | os.PathLike[str] | None = None, *, title: str | None = None) -> str:
        """This agent and all that it works with as a picture: the Mermaid text, and a file where ``path`` says so.

        ``.mmd`` and ``.md`` hold the text, ``.svg`` and ``.png`` are drawn here (.png needs resvg-py), ``.dot`` is for
        Graphviz. ``title`` stands in place of the agent's name. Raises ``ConfigError`` where it can't be written.
        """
        return await graph.draw(self, path, title=title)
