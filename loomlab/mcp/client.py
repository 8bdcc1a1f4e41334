"""One MCP server: connected to when it is needed, connected to again when it went away."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from functools import partial
from typing import Any, Self

import anyio

from loomlab.core.errors import MCPError
from loomlab.core.messages import ToolDef, ToolResult
from loomlab.mcp.connection import Connection
from loomlab.mcp.reading import messages_of, read_result, read_tools
from loomlab.mcp.spec import MCPServerSpec

Progress = Callable[[str, float, float | None, str | None], None]
"""Told of progress: the tool, how far it is, how far it has to go (None: nobody knows), and what it says."""

_PAGES = 200
_AGAIN_S = (0.0, 0.5, 2.0)
"""Seconds before each attempt to connect again."""


class MCPClient:
    """A client of one server.

    ``timeout`` is how many seconds a call may take, ``connect_timeout`` how long the server may take to come up. A
    server that went away is connected to again at the next call; the call during which it went is not made twice, as
    it may have been done. ``session`` is an open session of the SDK to use as it is. ``on_progress(tool, done, total,
    message)`` hears what a long call says of itself.

    Raises ``MCPError`` for a spec that lacks a command or an address.
    """

    def __init__(
        self,
        spec: MCPServerSpec,
        *,
        session: Any = None,
        timeout: float = 60.0,
        connect_timeout: float = 30.0,
        on_progress: Progress | None = None,
    ) -> None:
        if session is None:
            spec.checked()
        self.spec = spec
        self._given = session
        self._timeout = timeout
        self._connect_timeout = connect_timeout
        self._on_progress = on_progress
        self._connection: Connection | None = None
        self._lock: anyio.Lock | None = None
        self._listeners: list[Callable[[str], None]] = []
        self._closed = False

    @property
    def name(self) -> str:
        """The server's name."""
        return self.spec.name

    @property
    def is_connected(self) -> bool:
        """Whether there is a session now."""
        return self._given is not None or (self._connection is not None and self._connection.alive)

    async def connect(self) -> None:
        """Connect, if there is no session. Raises ``MCPError`` with what the server said, when it can't be reached."""
        if self.is_connected:
            return
        if self._lock is None:
            self._lock = anyio.Lock()
        async with self._lock:
            if not self.is_connected:
                again = self._connection is not None
                for attempt, pause in enumerate(_AGAIN_S if again else (0.0,), start=1):
                    await anyio.sleep(pause)
                    try:
                        await self._connect()
                        return
                    except MCPError:
                        if not again or attempt == len(_AGAIN_S):
                            raise

    async def aclose(self) -> None:
        """End the session, and the program of the server with it."""
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()

    async def __aenter__(self) -> Self:
        await self.connect()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    # ---- asking ---------------------------------------------------------------------------------------

    async def list_tools(self) -> list[ToolDef]:
        """All tools of the server, over as many pages as it has. Raises ``MCPError``."""
        return read_tools(await self._all("list_tools", "tools"), self.name)

    async def call_tool(self, name: str, args: Mapping[str, Any], *, call_id: str = "") -> ToolResult:
        """Call a tool. Whatever goes wrong is an error result that says so; nothing is raised but cancellation."""
        told = self._on_progress

        async def progress(done: float, total: float | None, message: str | None) -> None:
            if told is not None:
                told(name, done, total, message)

        more = {"progress_callback": progress} if told is not None else {}
        try:
            found = await self._ask(lambda session: session.call_tool(name, dict(args), **more))
        except TimeoutError:
            return ToolResult.error_(
                call_id, f"{name} of the MCP server {self.name!r} took longer than {self._timeout:g} s and was stopped"
            )
        except MCPError as exc:
            return ToolResult.error_(call_id, f"{exc}; the call may or may not have been done")
        except Exception as exc:  # the SDK's errors, and what it makes of a server that breaks the protocol
            return ToolResult.error_(call_id, f"{name} of the MCP server {self.name!r} failed: {_text(exc)}")
        return read_result(found, call_id)

    async def list_resources(self) -> list[Any]:
        """What the server lets read, as the SDK describes it: ``uri``, ``name``, ``mime_type``, …"""
        return await self._all("list_resources", "resources")

    async def read_resource(self, uri: str) -> list[str | bytes]:
        """The contents behind an address: texts and bytes. Raises ``MCPError``."""
        from base64 import b64decode

        found = await self._told(lambda session: session.read_resource(uri))
        return [one.text if hasattr(one, "text") else b64decode(one.blob) for one in found.contents]

    async def list_prompts(self) -> list[Any]:
        """The prompts that the server offers, as the SDK describes them: ``name``, ``description``, ``arguments``."""
        return await self._all("list_prompts", "prompts")

    async def get_prompt(self, name: str, args: Mapping[str, str] | None = None) -> list[Any]:
        """A prompt, filled in, as messages of ours. Raises ``MCPError``."""
        found = await self._told(lambda session: session.get_prompt(name, dict(args or {})))
        return messages_of(found)

    def on_change(self, listener: Callable[[str], None]) -> None:
        """Have ``listener("tools")`` called when the server says that they changed; from another thread."""
        self._listeners.append(listener)

    # ---- inside ---------------------------------------------------------------------------------------

    async def _connect(self) -> None:
        if self._connection is not None:
            await self._connection.close()
        self._connection = Connection(self.spec, timeout=self._connect_timeout, on_change=self._changed)
        await self._connection.open()

    def _changed(self, what: str) -> None:
        for listener in self._listeners:
            listener(what)

    async def _ask(self, work: Callable[[Any], Awaitable[Any]]) -> Any:
        if self._given is not None:
            with anyio.fail_after(self._timeout):
                return await work(self._given)
        await self.connect()
        assert self._connection is not None
        return await self._connection.ask(work, self._timeout)

    async def _told(self, work: Callable[[Any], Awaitable[Any]]) -> Any:
        try:
            return await self._ask(work)
        except MCPError:
            raise
        except TimeoutError:
            raise MCPError(f"the MCP server {self.name!r} did not answer within {self._timeout:g} s") from None
        except Exception as exc:
            raise MCPError(f"the MCP server {self.name!r} failed: {_text(exc)}") from exc

    async def _all(self, method: str, field: str) -> list[Any]:
        found: list[Any] = []
        async for page in self._pages(method):
            found += getattr(page, field)
        return found

    async def _pages(self, method: str) -> AsyncIterator[Any]:
        cursor: str | None = None
        seen: set[str] = set()
        while True:
            page = await self._told(partial(_page, method=method, cursor=cursor))
            yield page
            cursor = getattr(page, "next_cursor", None) or getattr(page, "nextCursor", None)
            if not cursor:
                return
            if cursor in seen or len(seen) >= _PAGES:
                raise MCPError(f"the MCP server {self.name!r} never ends its list of {method.removeprefix('list_')}")
            seen.add(cursor)


async def _page(session: Any, *, method: str, cursor: str | None) -> Any:
    if cursor is None:
        return await getattr(session, method)()
    from mcp.types import PaginatedRequestParams

    return await getattr(session, method)(params=PaginatedRequestParams(cursor=cursor))


def _text(exc: BaseException) -> str:
    while isinstance(exc, BaseExceptionGroup):
        exc = exc.exceptions[0]
    return str(exc) or type(exc).__name__
