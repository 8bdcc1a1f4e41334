"""An MCP server over Streamable HTTP, written with the SDK's own decorators."""

import sys

from mcp.server import MCPServer

server = MCPServer("web")


@server.tool()
def add(a: int, b: int) -> int:
    """Add two whole numbers."""
    return a + b


@server.resource("note://{name}")
def note(name: str) -> str:
    """A note."""
    return f"the note {name}"


@server.resource("page://home")
def home() -> str:
    """A page."""
    return "home"


@server.prompt()
def greet(name: str) -> str:
    """Greet somebody."""
    return f"Greet {name}."


server.run("streamable-http", host="127.0.0.1", port=int(sys.argv[1]))
