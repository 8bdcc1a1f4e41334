"""Tools that live in this process: a registry that lists them, runs them, and tells when they change."""

import time
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from typing import Any, Literal

from loomlab.core import ConfigError, PermissionDenied, ToolDef, ToolEvent, ToolResult
from loomlab.core.nearest import did_you_mean
from loomlab.tools.output import json_ready
from loomlab.tools.schema import ArgumentError
from loomlab.tools.tool import Tool, tool
from loomlab.tools.watch import Watchers


class InProcessToolHost:
    """A registry of tools made of plain functions. Satisfies ``loomlab.core.ToolHost``.

    Raises ConfigError when two of the given tools have one name.
    """

    def __init__(self, tools: Iterable[Tool | Callable[..., Any]] | None = None) -> None:
        self._tools: dict[str, Tool] = {}
        self._listed: list[ToolDef] | None = None
        self._watchers = Watchers()
        for item in tools or ():
            made = item if isinstance(item, Tool) else tool(item)
            other = self._tools.get(made.name)
            if other is not None and other.fn is not made.fn:
                raise ConfigError(f"two tools are named {made.name!r}; give one of them another: tool(name=…)")
            self._tools[made.name] = made

    def register(self, item: Tool | Callable[..., Any]) -> Tool:
        """Add a tool, or a function to make one of; one of the same name is replaced."""
        made = item if isinstance(item, Tool) else tool(item)
        kind: Literal["added", "updated"] = "updated" if made.name in self._tools else "added"
        self._tools[made.name] = made
        self._changed(ToolEvent(kind=kind, tool=made.name))
        return made

    def unregister(self, name: str) -> bool:
        """Remove a tool; False when there is none of that name."""
        if self._tools.pop(name, None) is None:
            return False
        self._changed(ToolEvent(kind="removed", tool=name))
        return True

    @property
    def tools(self) -> list[Tool]:
        """The tools, in the order in which they came."""
        return list(self._tools.values())

    def get(self, name: str) -> Tool | None:
        """The tool of that name, or None."""
        return self._tools.get(name)

    async def list_tools(self, *, query: str | None = None) -> list[ToolDef]:
        """All tools, or those whose name or description holds ``query`` (whatever the case).

        Without a query it is the same list until a tool comes or goes; do not change it.
        """
        if self._listed is None:
            self._listed = [one.to_def() for one in self._tools.values()]
        if query is None:
            return self._listed
        wanted = query.casefold()
        return [one for one in self._listed if wanted in one.name.casefold() or wanted in one.description.casefold()]

    async def call(self, tool: str, args: Mapping[str, Any], *, call_id: str = "") -> ToolResult:
        """Run a tool. An unknown name, arguments that do not fit and what the tool raises become an error result."""
        found = self._tools.get(tool)
        if found is None:
            return ToolResult.error_(call_id, f"unknown tool {tool!r}: {did_you_mean(tool, self._tools)}")
        began = time.perf_counter()
        try:
            output = json_ready(await found.execute(args))
        except ArgumentError as exc:
            return ToolResult.error_(call_id, str(exc), duration_ms=_since(began))
        except PermissionDenied as exc:
            return ToolResult.denied_(call_id, str(exc), duration_ms=_since(began))
        except (Exception, SystemExit) as exc:
            return ToolResult.error_(call_id, _told(exc), duration_ms=_since(began))
        return ToolResult.success(call_id, output, duration_ms=_since(began))

    def watch(self) -> AsyncIterator[ToolEvent]:
        """Tools that come, change and go from now on."""
        return self._watchers.subscribe()

    def _changed(self, event: ToolEvent) -> None:
        self._listed = None
        self._watchers.tell(event)

    def __repr__(self) -> str:
        return f"InProcessToolHost({', '.join(self._tools)})"


def _since(began: float) -> float:
    return (time.perf_counter() - began) * 1000


def _told(exc: BaseException) -> str:
    """``TypeName: message``; for a group, its members, which say what happened."""
    if isinstance(exc, BaseExceptionGroup):
        return "; ".join(_told(one) for one in exc.exceptions)
    text = str(exc)
    return f"{type(exc).__name__}: {text}" if text else type(exc).__name__
