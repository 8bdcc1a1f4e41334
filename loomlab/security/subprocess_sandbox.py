"""Tools in processes of their own, which have little and are gone afterwards."""

import importlib
import io
import json
import math
import pickle
import sys
import time
import types
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import anyio.to_thread

from loomlab.core import ConfigError, ToolDef, ToolError, ToolEvent, ToolHost, ToolResult
from loomlab.security import warm_child
from loomlab.security.protections import Protections, in_force
from loomlab.security.warm import Outcome, WarmProcess

_MB = 1 << 20


class SubprocessSandbox:
    """Runs each call of the tools of an ``InProcessToolHost`` in a fresh process, which ends with the call.

    The process has a clean environment (no API keys; ``environment`` adds to it), an own empty home folder, and limits:
    ``timeout_seconds`` of wall time (and of CPU time), ``memory_mb`` for each process, ``processes`` at a time,
    ``output_mb`` for the result. It has no network unless ``network=True``, cannot see or signal other processes, and
    whatever it started is killed when the call ends: as far as the kernel permits, ``protections`` says what is in
    force. Files stay as reachable as they are for you: put a ``FilesystemSandbox`` around it, or use
    ``BubblewrapSandbox``. What a tool prints is dropped.

    A tool must be a function (or a partial of one) that another process can import: at the top of a module or of a
    script. For one that is written in a notebook cell, inside of another function, or is a lambda, a call gives an
    error result that says so. Arguments are checked before they travel, results come back as JSON.

    ``warm=True`` imports the modules of the tools once, in a process that then waits and forks for each call;
    ``warm=False`` imports them afresh for each call, so that what an import did is not shared between calls.

    Raises ConfigError for another kind of host, for limits that are not above 0, and on systems that cannot fork.
    """

    def __init__(
        self,
        inner: ToolHost,
        *,
        timeout_seconds: float = 30.0,
        memory_mb: int = 2048,
        output_mb: int = 64,
        file_mb: int = 1024,
        processes: int = 32,
        network: bool = False,
        environment: Mapping[str, str] | None = None,
        warm: bool = True,
    ) -> None:
        if not (callable(getattr(inner, "get", None)) and callable(getattr(inner, "register", None))):
            raise ConfigError(
                f"{type(self).__name__} runs the tools of an InProcessToolHost, not of a {type(inner).__name__}: the "
                "functions of another host live elsewhere; put other sandboxes around this one instead of inside"
            )
        if sys.platform == "win32":
            raise ConfigError(f"{type(self).__name__} needs a system that can fork a process (Linux, macOS)")
        figures = (timeout_seconds, memory_mb, output_mb, file_mb, processes)
        if not all(one > 0 and math.isfinite(one) for one in figures):
            raise ConfigError("timeout_seconds, memory_mb, output_mb, file_mb and processes are numbers above 0")
        self._inner: Any = inner
        self._timeout_s = timeout_seconds
        self._output_mb = output_mb
        self._processes = processes
        self._network = network
        self._warm = warm
        self._listed: list[ToolDef] = []
        settings = {
            "memory": memory_mb * _MB,
            "output": output_mb * _MB,
            "file_bytes": file_mb * _MB,
            "cpu_s": math.ceil(timeout_seconds) + 1,
            "processes": processes,
            "network": network,
        }
        self._make = partial(WarmProcess, settings, extra=environment, wrap=self._wrap())
        self._process = self._make()

    @property
    def inner(self) -> ToolHost:
        """The host inside."""
        host: ToolHost = self._inner
        return host

    @property
    def protections(self) -> Protections:
        """What protects this process from the tools, one sentence each, as far as the kernel permits here."""
        return in_force(network=self._network, processes=self._processes)

    async def list_tools(self, *, query: str | None = None) -> list[ToolDef]:
        """The tools of the host inside."""
        return list(await self._inner.list_tools(query=query)) if query else await self._inner.list_tools()

    async def call(self, tool: str, args: Mapping[str, Any], *, call_id: str = "") -> ToolResult:
        """Run a tool in a process of its own; whatever happens to that process becomes an error result."""
        found = self._inner.get(tool)
        if found is None:
            result: ToolResult = await self._inner.call(tool, args, call_id=call_id)
            return result
        began = time.perf_counter()
        try:
            positional, keywords = found.bind(args)
            job = packed(found.fn, positional, keywords)
        except ToolError as exc:
            return ToolResult.error_(call_id, str(exc))
        self._listed = await self._inner.list_tools()
        seconds = self._timeout_s if found.timeout is None else min(self._timeout_s, found.timeout)
        outcome = await self._run(job, seconds)
        return self._told(outcome, seconds, call_id, (time.perf_counter() - began) * 1000)

    def watch(self) -> AsyncIterator[ToolEvent]:
        """Tools as they come and go in the host inside."""
        events: AsyncIterator[ToolEvent] = self._inner.watch()
        return events

    async def aclose(self) -> None:
        """End the process that waits for calls; the next call would start another."""
        await anyio.to_thread.run_sync(self._process.close)

    async def _run(self, job: bytes, seconds: float) -> Outcome:
        return await self._process.call(job, seconds, self._modules)

    def _modules(self) -> set[str]:
        """What the warm process imports: the modules of all tools there are when it starts."""
        names = [one.name for one in self._listed] if self._warm else []
        return {module_of(tool.fn) for tool in map(self._inner.get, names) if tool is not None}

    def _wrap(self) -> Callable[[Sequence[str], Path], Sequence[str]] | None:
        return None

    def _told(self, outcome: Outcome, seconds: float, call_id: str, ms: float) -> ToolResult:
        text = outcome.told.decode("utf-8", "replace")
        if outcome.kind == "output":
            return ToolResult.success(call_id, json.loads(outcome.told), duration_ms=ms)
        if outcome.kind == "denied":
            return ToolResult.denied_(call_id, text, duration_ms=ms)
        problem = {
            "error": text,
            "timeout": f"it took longer than {seconds:g} s and was stopped",
            "big": f"its result is bigger than {self._output_mb} MB",
        }.get(outcome.kind, f"its process did not come back: {text or 'it ended before it was done'}")
        return ToolResult.error_(call_id, problem, duration_ms=ms)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._inner!r}, timeout_seconds={self._timeout_s:g})"


class _Packer(pickle.Pickler):
    """Pickles functions by their names, seeing through what ``@tool`` made of them."""

    def reducer_override(self, obj: Any) -> Any:
        if not isinstance(obj, types.FunctionType):
            return NotImplemented
        fn: types.FunctionType = obj
        found: Any = _found(fn)
        if found is fn:
            return NotImplemented
        if getattr(found, "fn", None) is fn:
            return warm_child.unwrapped, (fn.__module__, fn.__qualname__)
        raise ToolError(
            f"the tool's function {fn.__qualname__!r} of {fn.__module__} can't run in a process of its own, because "
            f"another process can't import it: put it at the top of a module and import it from there"
        )


def packed(fn: Any, positional: Iterable[Any], keywords: Mapping[str, Any]) -> bytes:
    """A call, to be unpacked in another process. ToolError for what can't travel there."""
    held = io.BytesIO()
    try:
        _Packer(held, protocol=5).dump((fn, list(positional), dict(keywords)))
    except ToolError:
        raise
    except Exception as exc:  # whatever an object raises when it is pickled
        raise ToolError(f"the tool's function or arguments can't be sent to another process: {exc}") from exc
    return held.getvalue()


def module_of(fn: Any) -> str:
    """The module that has to be imported before ``fn`` can run."""
    while isinstance(fn, partial):
        fn = fn.func
    return str(getattr(fn, "__module__", None) or type(fn).__module__)


def _found(fn: types.FunctionType) -> Any:
    """What another process finds by the function's name, None for nothing."""
    if fn.__module__ == "__main__" and not getattr(sys.modules["__main__"], "__file__", None):
        return None
    try:
        found: Any = sys.modules.get(fn.__module__) or importlib.import_module(fn.__module__)
        for part in fn.__qualname__.split("."):
            found = getattr(found, part)
    except (ImportError, AttributeError):
        return None
    return found
