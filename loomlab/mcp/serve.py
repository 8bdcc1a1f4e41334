"""The other way round: tools, agents and workflows of ours as an MCP server."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from loomlab.core.errors import ConfigError, MCPError
from loomlab.core.messages import ToolDef
from loomlab.core.nearest import did_you_mean
from loomlab.core.protocols import ToolHost
from loomlab.tools import InProcessToolHost, Tool, ensure_host, json_ready
from loomlab.tools.ensure import is_host


def served(items: Any) -> ToolHost:
    """A tool host of what is to be served: an agent, a workflow, a tool, a function, a tool host, or a list of them."""
    if is_host(items):
        host: ToolHost = items
        return host
    given = list(items) if isinstance(items, Iterable) and not callable(items) else [items]
    if not given:
        raise ConfigError("there is nothing to serve: give an agent, a workflow, a tool, or a list of them")
    made: list[Any] = []
    for one in given:
        if not isinstance(one, Tool) and callable(getattr(one, "as_tool", None)):
            made.append(one.as_tool())
        else:
            made.append(one)
    return ensure_host(made) if made else InProcessToolHost()


def make_server(items: Any, *, name: str = "loomlab") -> Any:
    """The SDK's server over ``items``; each call is one run of an agent or workflow, or one call of a tool.

    What an agent does is gated, counted and logged as always. A tool that is served by itself has no agent around it
    and so no permissions: whoever reaches the server may call it.
    """
    try:
        from mcp import types
        from mcp.server import Server
    except ImportError:
        raise MCPError("an MCP server needs the package mcp: pip install 'loomlab[mcp]'") from None
    host = served(items)

    async def list_tools(_: Any, __: Any) -> Any:
        return types.ListToolsResult(tools=[_described(one) for one in await host.list_tools()])

    async def call_tool(_: Any, asked: Any) -> Any:
        known = [one.name for one in await host.list_tools()]
        if asked.name not in known:
            return _said(f"unknown tool {asked.name!r}: {did_you_mean(asked.name, known)}", failed=True)
        result = await host.call(asked.name, asked.arguments or {}, call_id="")
        if not result.ok:
            return _said(result.for_model(), failed=True)
        output = json_ready(result.output)
        structured = output if isinstance(output, dict) else None
        return _said(result.for_model(), structured=structured)

    return Server(name, on_list_tools=list_tools, on_call_tool=call_tool)


async def serve_stdio(items: Any, *, name: str = "loomlab") -> None:
    """Serve over the standard input and output of this process, until the input ends.

    Nothing else may print there meanwhile: what does, goes to the standard error.
    """
    server = make_server(items, name=name)
    import sys
    from contextlib import redirect_stdout
    from io import TextIOWrapper

    import anyio
    from mcp.server.stdio import stdio_server

    real = anyio.wrap_file(TextIOWrapper(sys.stdout.buffer, encoding="utf-8"))
    with redirect_stdout(sys.stderr):
        async with stdio_server(stdout=real) as (reading, writing):
            await server.run(reading, writing, server.create_initialization_options())


async def serve_http(
    items: Any, *, name: str = "loomlab", host: str = "127.0.0.1", port: int = 8000, token: str | None = None
) -> None:
    """Serve by Streamable HTTP at ``http://host:port/mcp``, until it is cancelled.

    With ``token`` each request has to carry it (``Authorization: Bearer …``). Beyond this machine a token is required.
    Requests whose Host header is another's are refused, so that a web page can't reach the server through a browser.
    """
    if host not in ("127.0.0.1", "localhost", "::1") and not token:
        raise ConfigError(f"whoever can reach {host} could use these tools: give a token, or serve on 127.0.0.1")
    server = make_server(items, name=name)
    import uvicorn
    from mcp.server.transport_security import TransportSecuritySettings

    named = f"[{host}]" if ":" in host else host
    hosts = [f"{one}:{port}" for one in dict.fromkeys((named, "127.0.0.1", "localhost"))]
    security = TransportSecuritySettings(
        enable_dns_rebinding_protection=True, allowed_hosts=hosts, allowed_origins=[f"http://{one}" for one in hosts]
    )
    app = server.streamable_http_app(host=host, transport_security=security)
    if token:
        app = _guarded(app, token)
    config = uvicorn.Config(app, host=host, port=port, log_level="warning", lifespan="on")
    await uvicorn.Server(config).serve()


def _guarded(app: Any, token: str) -> Any:
    from hmac import compare_digest

    wanted = f"Bearer {token}".encode()

    async def guarded(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            given = next((value for key, value in scope["headers"] if key == b"authorization"), b"")
            if not compare_digest(given, wanted):
                await send(
                    {"type": "http.response.start", "status": 401, "headers": [(b"www-authenticate", b"Bearer")]}
                )
                await send({"type": "http.response.body", "body": b"a token is needed: Authorization: Bearer ..."})
                return
        await app(scope, receive, send)

    return guarded


def _described(one: ToolDef) -> Any:
    from mcp import types

    return types.Tool(
        name=one.name.replace(".", "__"),
        description=one.description,
        input_schema=one.input_schema or {"type": "object", "properties": {}},
        annotations=types.ToolAnnotations(destructive_hint=one.destructive),
    )


def _said(text: str, *, failed: bool = False, structured: dict[str, Any] | None = None) -> Any:
    from mcp import types

    content: list[Any] = [types.TextContent(type="text", text=text)]
    return types.CallToolResult(content=content, is_error=failed, structured_content=structured)
