"""One live connection to a server: opened, watched, closed, in one task of the background thread."""

from __future__ import annotations

import math
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import Future
from contextlib import asynccontextmanager
from typing import Any

import anyio
from anyio import to_thread

from loomlab.core.errors import MCPError
from loomlab.mcp import background
from loomlab.mcp.spec import MCPServerSpec
from loomlab.mcp.stderr import LastWords

_CLOSED = -32000
"""The code by which the SDK says that a connection was closed."""
_PATIENCE = 10.0
_PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "TEMP", "TMP", "SYSTEMROOT", "APPDATA", "USERPROFILE")


class Connection:
    """A session with a server. Everything in it happens in the background thread.

    ``on_change(what)`` is called there when the server says that its tools, resources or prompts have changed.
    """

    def __init__(self, spec: MCPServerSpec, *, timeout: float, on_change: Callable[[str], None]) -> None:
        self.spec = spec
        self.alive = False
        self.info: Any = None
        self._timeout = timeout
        self._on_change = on_change
        self._session: Any = None
        self._words: LastWords | None = None
        self._stop: anyio.Event | None = None
        self._serving: Future[None] | None = None
        self._under_way: set[anyio.CancelScope] = set()

    # ---- from any event loop ------------------------------------------------------------------------

    async def open(self) -> None:
        """Connect. Raises ``MCPError`` with what the server said last, when it can't be reached in time."""
        ready: Future[None] = Future()
        self._serving = await background.begin(self._serve, ready)
        try:
            await background.wait(ready)
        except BaseException:
            self._serving.cancel()
            raise

    async def ask(self, work: Callable[[Any], Awaitable[Any]], timeout: float | None) -> Any:
        """``await work(session)`` within ``timeout`` seconds. Raises ``MCPError`` when the server went away,
        ``TimeoutError`` when it took longer, and the SDK's own errors.
        """
        return await background.ask(self._ask, work, timeout)

    async def close(self) -> None:
        """End the session, and the program with it."""
        serving = self._serving
        if serving is None or serving.done():
            return
        with anyio.CancelScope(shield=True):
            await background.ask(self._end)
            with anyio.move_on_after(_PATIENCE):
                await background.wait(serving)
        serving.cancel()

    # ---- in the background ----------------------------------------------------------------------------

    async def _serve(self, ready: Future[None]) -> None:
        """The one task that enters and leaves the session, as both must be done by the same."""
        self._stop = anyio.Event()
        try:
            with anyio.fail_after(self._timeout) as opening:
                async with self._connected() as session:
                    self.info = await session.initialize()
                    self._session, self.alive = session, True
                    opening.deadline = math.inf
                    ready.set_result(None)
                    await self._stop.wait()
                    self._leave()
        except Exception as exc:
            if not ready.done():
                ready.set_exception(await self._failed(exc))
        finally:
            self._leave()
            if not ready.done():
                ready.set_exception(MCPError(f"the MCP server {self.spec.name!r} was closed while it was opened"))
            if self._words is not None:
                with anyio.CancelScope(shield=True):
                    await to_thread.run_sync(self._words.close)

    def _leave(self) -> None:
        self.alive, self._session = False, None
        for one in self._under_way:
            one.cancel()

    async def _end(self) -> None:
        if self._stop is not None:
            self._stop.set()

    async def _ask(self, work: Callable[[Any], Awaitable[Any]], timeout: float | None) -> Any:
        if not self.alive:
            raise await self._gone()
        with anyio.CancelScope() as scope:
            self._under_way.add(scope)
            try:
                with anyio.fail_after(timeout):
                    return await work(self._session)
            except Exception as exc:
                if _lost(exc):
                    self.alive = False
                    await self._end()
                    raise await self._gone() from exc
                raise
            finally:
                self._under_way.discard(scope)
        raise await self._gone()

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[Any]:
        from mcp import ClientSession

        async with (
            self._streams() as (reading, writing),
            ClientSession(reading, writing, message_handler=self._heard) as session,
        ):
            yield session

    @asynccontextmanager
    async def _streams(self) -> AsyncIterator[tuple[Any, Any]]:
        spec = self.spec
        if spec.transport == "stdio":
            from mcp.client.stdio import StdioServerParameters, stdio_client

            self._words = LastWords()
            parameters = StdioServerParameters(command=spec.command or "", args=list(spec.args), env=_environment(spec))
            async with stdio_client(parameters, errlog=self._words.file) as streams:
                yield streams[0], streams[1]
        else:
            from mcp.client.streamable_http import streamable_http_client
            from mcp.shared._httpx_utils import create_mcp_http_client

            async with (
                create_mcp_http_client(headers=dict(spec.headers)) as http,
                streamable_http_client(spec.url or "", http_client=http) as streams,
            ):
                yield streams[0], streams[1]

    async def _heard(self, message: Any) -> None:
        kind = type(getattr(message, "root", message)).__name__
        for what in ("Tool", "Resource", "Prompt"):
            if kind == f"{what}ListChangedNotification":
                self._on_change(what.lower() + "s")

    async def _gone(self) -> MCPError:
        return MCPError(f"the MCP server {self.spec.name!r} went away{await self._said()}")

    async def _failed(self, exc: BaseException) -> MCPError:
        if isinstance(exc, MCPError):
            return exc
        name = self.spec.name
        while isinstance(exc, BaseExceptionGroup):
            exc = exc.exceptions[0]
        if isinstance(exc, ModuleNotFoundError):
            return MCPError("MCP servers need the package mcp: pip install 'loomlab[mcp]'")
        if isinstance(exc, FileNotFoundError):
            return MCPError(f"the MCP server {name!r} can't be started: there is no program {self.spec.command!r}")
        if isinstance(exc, TimeoutError):
            return MCPError(f"the MCP server {name!r} did not answer within {self._timeout:g} s{await self._said()}")
        what = str(exc) or type(exc).__name__
        where = f" at {self.spec.url}" if self.spec.transport == "http" else ""
        return MCPError(f"the MCP server {name!r}{where} can't be reached: {what}{await self._said()}")

    async def _said(self) -> str:
        if self._words is None:
            return ""
        await to_thread.run_sync(self._words.close)
        said = self._words.text()
        return f"; it said last: {said}" if said else "; it said nothing on its standard error"


def _lost(exc: Exception) -> bool:
    """Whether the connection is no more, and not only this call."""
    if isinstance(exc, (anyio.ClosedResourceError, anyio.BrokenResourceError, anyio.EndOfStream)):
        return True
    code = getattr(exc, "code", None) or getattr(getattr(exc, "error", None), "code", None)
    return code == _CLOSED


def _environment(spec: MCPServerSpec) -> dict[str, str]:
    return {**{name: os.environ[name] for name in _PASSED_ON if name in os.environ}, **dict(spec.env)}
