"""``%loom mcp``: servers of tools, started from a cell and kept for this notebook."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from loomlab import mcp
from loomlab.core.errors import ConfigError
from loomlab.core.nearest import did_you_mean
from loomlab.display.tools import HeldTool, tools_html, tools_text
from loomlab.notebook.bridge import answer, running_loop
from loomlab.notebook.cell import fill
from loomlab.notebook.commands.command import Command
from loomlab.notebook.face import Face
from loomlab.notebook.names import checked_name
from loomlab.notebook.notebook import Notebook
from loomlab.notebook.options import split

if TYPE_CHECKING:
    from loomlab.core.messages import ToolDef
    from loomlab.mcp import MCPServerSpec

OF = "%loom mcp"
WORDS = ("add", "list", "remove")
_ADD = f"{OF} add NAME -- command args…, or {OF} add NAME https://address"


def _run(notebook: Notebook, rest: str) -> Face:
    kernel_loop = running_loop()

    def ask(work: Any) -> Any:
        return answer(work, loop=notebook.loop, kernel_loop=kernel_loop)

    words = [fill(notebook, word) for word in split(rest)]
    verb = words.pop(0) if words else "list"
    if verb not in WORDS:
        raise ConfigError(f"{OF} has no {verb!r}: {did_you_mean(verb, WORDS)}")
    words, variable = _variable(words)
    servers = notebook.servers
    failures: dict[str, str] = {}
    if verb == "add":
        spec = _spec(words)
        found = servers.add(spec, ask)
        title = f"MCP server {spec.name}"
    elif verb == "remove":
        if len(words) != 1:
            raise ConfigError(f"{OF} remove takes the name of one server: {_named(notebook)}")
        servers.remove(words[0], ask)
        (found, failures), title = servers.listed(ask), "MCP servers of this notebook"
    else:
        if words:
            raise ConfigError(f"{OF} list takes no {words[0]!r}; {OF} list as NAME binds the servers to a variable")
        (found, failures), title = servers.listed(ask), "MCP servers of this notebook"
    if variable is not None:
        notebook.shell.push({variable: servers.registry})
    return _face(notebook, title, found, failures, variable, every=verb != "add")


def _variable(words: list[str]) -> tuple[list[str], str | None]:
    """The words without ``as NAME`` at the end, or before ``--``, and the name."""
    end = words.index("--") if "--" in words else len(words)
    if end < 2 or words[end - 2] != "as":
        return words, None
    name = words[end - 1]
    try:
        checked_name(name)
    except ConfigError:
        raise ConfigError(f"as {name!r} is no name for a variable; use letters, digits and _: as servers") from None
    return [*words[: end - 2], *words[end:]], name


def _spec(words: list[str]) -> "MCPServerSpec":
    if not words or words[0] == "--" or words[0].startswith("-"):
        raise ConfigError(f"{OF} add needs a name for the server: {_ADD}")
    name, *rest = words
    if len(rest) == 1 and rest[0].startswith(("http://", "https://")):
        return mcp.MCPServerSpec.http(name, rest[0])
    if len(rest) < 2 or rest[0] != "--":
        raise ConfigError(f"{OF} add needs a command after --, or an address: {_ADD}")
    return mcp.MCPServerSpec.stdio(name, rest[1], rest[2:])


def _face(
    notebook: Notebook,
    title: str,
    found: "list[ToolDef]",
    failures: dict[str, str],
    variable: str | None,
    *,
    every: bool,
) -> Face:
    names = notebook.servers.names
    if every and not names:
        text = f"no MCP servers in this notebook; {_ADD}"
        return Face(tools_html(text, []), tools_text(text, []))
    tools = [HeldTool(one.name, str(one.server), one.description, one.input_schema, one.destructive) for one in found]
    bound = f"bound to {variable}, as in Agent(…, tools={variable})" if variable else ""
    told = " · ".join([title, *([", ".join(names)] if every else []), *([bound] if bound else [])])
    notes = list(failures.values())
    return Face(tools_html(told, tools, notes, held=False), tools_text(told, tools, notes, held=False))


def _named(notebook: Notebook) -> str:
    names = notebook.servers.names
    return ", ".join(names) if names else "there are none in this notebook"


def _complete(notebook: Notebook, words: list[str]) -> Iterable[str]:
    if not words:
        return WORDS
    if "--" in words or words[-1] == "as":
        return ()
    if words[0] == "remove":
        return notebook.servers.names if len(words) == 1 else ()
    if words[0] == "add":
        return ["--", "as"] if len(words) > 1 else ()
    return ["as"] if "as" not in words else ()


COMMAND = Command(
    "mcp",
    "%loom mcp add NAME [as VAR] -- COMMAND … | list [as VAR] | remove NAME",
    "servers of tools in programs of their own, kept for this notebook",
    _run,
    _complete,
)
