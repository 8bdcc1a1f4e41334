"""How an MCP server is reached."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from loomlab.core.errors import MCPError

__all__ = ["MCPError", "MCPServerSpec"]

Pairs = tuple[tuple[str, str], ...]
_SECRET = ("key", "token", "secret", "password", "authorization", "cookie")


@dataclass(frozen=True, slots=True)
class MCPServerSpec:
    """A server that is started as a program and spoken to over its standard input and output, or one at an address.

    ``env`` is what the program gets besides where programs are; it sees no key of this process. ``headers`` go with
    each request to an address. ``description`` is for people. What looks like a secret is not shown by ``repr``.
    """

    name: str
    transport: Literal["stdio", "http"]
    command: str | None = None
    args: tuple[str, ...] = ()
    env: Pairs = ()
    url: str | None = None
    headers: Pairs = ()
    description: str = ""

    @classmethod
    def stdio(
        cls,
        name: str,
        command: str,
        args: Iterable[str] | None = None,
        env: Mapping[str, str] | None = None,
        *,
        description: str = "",
    ) -> "MCPServerSpec":
        """A server that is a program: ``MCPServerSpec.stdio("time", "mcp-server-time", ["--local-timezone=UTC"])``."""
        given = () if args is None else (args,) if isinstance(args, str) else tuple(args)
        return cls(name, "stdio", command=command, args=given, env=_pairs(env), description=description)

    @classmethod
    def http(
        cls, name: str, url: str, headers: Mapping[str, str] | None = None, *, description: str = ""
    ) -> "MCPServerSpec":
        """A server at an address, spoken to by Streamable HTTP."""
        return cls(name, "http", url=url, headers=_pairs(headers), description=description)

    def checked(self) -> "MCPServerSpec":
        """The spec itself. Raises ``MCPError`` where it lacks what its transport needs."""
        if self.transport == "stdio" and not self.command:
            raise MCPError(f"the MCP server {self.name!r} has no command: MCPServerSpec.stdio(name, command, args)")
        if self.transport == "http" and not self.url:
            raise MCPError(f"the MCP server {self.name!r} has no url: MCPServerSpec.http(name, url)")
        if self.transport not in ("stdio", "http"):
            raise MCPError(
                f"the MCP server {self.name!r} has the transport {self.transport!r}; it is 'stdio' or 'http'"
            )
        return self

    def __repr__(self) -> str:
        where = " ".join((self.command or "", *self.args)) if self.transport == "stdio" else str(self.url)
        more = [f"{name}={_shown(name, value)}" for name, value in (*self.env, *self.headers)]
        return f"MCPServerSpec({self.name!r}, {where!r}{', ' if more else ''}{', '.join(more)})"


def _pairs(values: Mapping[str, str] | None) -> Pairs:
    return tuple((str(name), str(value)) for name, value in (values or {}).items())


def _shown(name: str, value: str) -> str:
    return "***" if any(word in name.lower() for word in _SECRET) else repr(value)
