"""The sources of an agent's tools, made from their tables: functions, built-ins, MCP servers, skills."""

from importlib import import_module
from typing import Any

from loomlab import tools as room
from loomlab.agent.config.dotted import BUILTIN, Imports
from loomlab.agent.config.files import Loaded
from loomlab.agent.config.made import Made
from loomlab.agent.config.schema.sources import BuiltinTable, MCPTable
from loomlab.agent.config.secrets import value_of, values_of
from loomlab.agent.extra_tools import WithExtraTools
from loomlab.core.protocols import Secrets
from loomlab.tools import ensure_host


class ToolSources:
    """Makes what an agent's tools come from."""

    def __init__(self, loaded: Loaded, imports: Imports, made: Made, secrets: Secrets) -> None:
        self._loaded, self._imports, self._made, self._secrets = loaded, imports, made, secrets

    def tools(self, forms: list[Any]) -> list[Any]:
        """Functions and tools."""
        return [one for form in forms for one in self._tools(form)]

    def _tools(self, form: Any) -> list[Any]:
        if isinstance(form, str):
            if not form.startswith(BUILTIN):
                return [self._imports.get(form)]
            form = BuiltinTable.model_validate({"builtin": form.removeprefix(BUILTIN)})
        workdir = None if form.workdir is None else self._loaded.path(form.workdir)
        if form.builtin == "filesystem":
            return [self._kept(one, one.name, form, workdir) for one in room.filesystem_tools(workdir)]
        make: Any = getattr(room, f"{form.builtin}_tool")
        options = {} if form.timeout is None else {"timeout": form.timeout}
        return [self._kept(make(workdir, **options), form.builtin, form, workdir)]

    def _kept(self, tool: Any, name: str, form: BuiltinTable, workdir: Any) -> Any:
        table: dict[str, Any] = {"builtin": name}
        table |= {} if workdir is None else {"workdir": str(workdir)}
        table |= {} if form.timeout is None else {"timeout": form.timeout}
        return self._made.keep(tool, table if len(table) > 1 else f"{BUILTIN}{name}")

    def with_servers(self, tables: list[MCPTable], tools: Any) -> WithExtraTools:
        """``tools`` and those of MCP servers, which are connected when they are first needed."""
        # Few agents have servers, and the room is no small one.
        room: Any = import_module("loomlab.mcp")
        host = WithExtraTools(ensure_host(tools), room.MCPRegistry([self._server(room, one) for one in tables]))
        self._made.keep(host, [one.model_dump(exclude_none=True) for one in tables])
        return host

    def _server(self, room: Any, table: MCPTable) -> Any:
        description = table.description or ""
        if table.command is not None:
            env = values_of(table.env, self._secrets)
            return room.MCPServerSpec.stdio(table.name, table.command, table.args, env, description=description)
        headers = values_of(table.headers, self._secrets)
        url = value_of(table.url, self._secrets)
        return room.MCPServerSpec.http(table.name, url, headers, description=description)

    def skills(self, forms: list[Any]) -> list[Any]:
        """Folders of skills, with their labels."""
        found = []
        for form in forms:
            path = self._loaded.path(form if isinstance(form, str) else form.path)
            label = None if isinstance(form, str) else form.label
            found.append(path if label is None else (path, label))
        return found
