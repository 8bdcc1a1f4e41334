"""Tools of MCP servers for our agents, and our agents as MCP servers. Open ``registry.py`` first.

``spec.py`` says how a server is reached, ``connection.py`` keeps one alive, ``client.py`` asks it, ``serve.py`` is the
other way round. Names load when they are first used.
"""

from typing import TYPE_CHECKING

from loomlab.core.lazy import lazily as _lazily

if TYPE_CHECKING:
    from loomlab.core.errors import MCPError
    from loomlab.mcp.client import MCPClient
    from loomlab.mcp.registry import MCPRegistry
    from loomlab.mcp.serve import serve_http, serve_stdio
    from loomlab.mcp.spec import MCPServerSpec

__all__ = ["MCPClient", "MCPError", "MCPRegistry", "MCPServerSpec", "serve_http", "serve_stdio"]

__getattr__ = _lazily(
    __name__,
    {
        "MCPClient": "client",
        "MCPError": "spec",
        "MCPRegistry": "registry",
        "MCPServerSpec": "spec",
        "serve_http": "serve",
        "serve_stdio": "serve",
    },
)
