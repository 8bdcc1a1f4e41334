"""From an agent to its config: what differs from the defaults, secrets by reference only."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from loomlab.agent.config import writing_layers as layers
from loomlab.agent.config.dotted import path_of
from loomlab.agent.config.made import Made
from loomlab.agent.config.models import model_form
from loomlab.agent.config.places import Place
from loomlab.agent.config.refusing import Refusing
from loomlab.agent.config.schema import AgentTable
from loomlab.agent.config.writing_architecture import ArchitectureWriter
from loomlab.agent.extra_tools import WithExtraTools
from loomlab.core.redact import redact
from loomlab.runlog import RunLog
from loomlab.security import EnvSecrets
from loomlab.skills import Skill, SkillRegistry, SkillSource
from loomlab.tools import InProcessToolHost, Tool, tool

_LOADER = "load_skill"


def write_agent(agent: Any, *, lossy: bool = False) -> tuple[dict[str, Any], list[str]]:
    """The config of an agent, and a sentence for each part that was left out (``lossy``).

    Raises ConfigError, naming the part, for one that no config can make.
    """
    refusing = Refusing(lossy=lossy)
    writer = _Writer(refusing)
    data = writer.agent(agent, (), None)
    return data, refusing.left_out


class _Writer:
    def __init__(self, refusing: Refusing) -> None:
        self._refusing = refusing

    def agent(self, agent: Any, place: Place, around: Any) -> dict[str, Any]:
        """The table of an agent; ``around`` is the one whose member it is."""
        made: Made = agent._made or (around and around._made) or Made()
        parts = agent.config_parts()
        table: dict[str, Any] = {"instructions": parts["instructions"]}

        def put(key: str, form: Any) -> None:
            if form is not None:
                table[key] = form

        def kept(key: str, write: Any) -> None:
            """The form that the part had in a config, else what ``write`` makes of it."""
            part = parts[key]
            if part is not None:
                known = made.form_of(part)
                at = (*place, key)
                put(key, write(part, at, self._refusing) if known is None else self._known(known, at))

        put("name", None if agent.name == "agent" else agent.name)
        if around is None or parts["model"] is not around.model:
            kept("model", self._model)
        put("max_turns", None if agent.max_turns == 50 else agent.max_turns)
        put("auto_consolidate", True if agent.auto_consolidate else None)
        put("auto_extract", parts["auto_extract"])
        architecture = ArchitectureWriter(made, self._refusing, lambda one, at: self._member(one, at, agent))
        put("architecture", architecture.write(parts["architecture"], (*place, "architecture")))
        put("tools", self._tools(parts["tool_host"], made, (*place, "tools")))
        put("mcp", self._servers(parts["tool_host"], made, (*place, "mcp")))
        put("skills", self._skills(parts["skills"], (*place, "skills")))
        known, at = made.form_of(agent.memory), (*place, "memory")
        if known is None:
            put("memory", layers.memory_form(agent.memory, parts["memory"], at, self._refusing))
        else:
            put("memory", self._known(known, at))
        kept("runtime", layers.runtime_form)
        kept("budget", layers.budget_form)
        kept("permissions", layers.permissions_form)
        kept("hooks", layers.hooks_form)
        put(
            "retry_policy",
            layers.retry_form(parts["retry_policy"], network=bool(getattr(agent.model, "network", False))),
        )
        above = None if around is None else around.config_parts()
        if above is None or parts["approval_handler"] is not above["approval_handler"]:
            kept("approval_handler", layers.function_form)
        kept("audit_log", layers.refused_form)
        kept("telemetry", layers.telemetry_form)
        if type(parts["secrets"]) is not EnvSecrets and (above is None or parts["secrets"] is not above["secrets"]):
            kept("secrets", layers.refused_form)
        put("output_schema", layers.schema_form(parts["output_schema"], (*place, "output_schema"), self._refusing))
        kept("run_log", self._run_log)
        put("freshness", _freshness(parts["freshness"]))
        put("lineage", None if parts["lineage"] is None else sorted(parts["lineage"].allowed_sources))
        return {key: table[key] for key in AgentTable.model_fields if key in table}

    def _known(self, form: Any, place: Place) -> Any:
        """A form that a config had; a password that stands in it is not written again."""
        if isinstance(form, str) and redact(form) != form:
            remedy = 'name it by reference: a table with url = { secret = "NAME" }'
            return self._refusing.refuse(place, f"an address with a password ({redact(form)})", remedy)
        if isinstance(form, dict):
            safe = {key: self._known(value, (*place, key)) for key, value in form.items()}
            return {key: value for key, value in safe.items() if value is not None}
        return form

    def _member(self, agent: Any, place: Place, around: Any) -> Any:
        if hasattr(agent, "config_parts"):
            return self.agent(agent, place, around)
        return self._refusing.refuse(place, f"a member that is a {type(agent).__name__}", "give an Agent")

    def _model(self, model: Any, place: Place, refusing: Refusing) -> Any:
        form = model_form(model)
        return (
            refusing.refuse(place, repr(model), "give the name of a model")
            if form is None
            else _checked(form, place, refusing)
        )

    def _run_log(self, log: Any, place: Place, refusing: Refusing) -> Any:
        return str(log.path) if type(log) is RunLog else layers.refused_form(log, place, refusing)

    def _tools(self, host: Any, made: Made, place: Place) -> Any:
        while isinstance(host, WithExtraTools):
            host = host.own
        if type(host) is not InProcessToolHost:
            return self._refusing.refuse(place, f"a {type(host).__name__}", "give the tools one by one")
        forms = [
            self._tool(one, made, place)
            for one in host.tools
            if one.name != _LOADER and not one.name.startswith("skill__")
        ]
        return [form for form in forms if form is not None] or None

    def _servers(self, host: Any, made: Made, place: Place) -> Any:
        while isinstance(host, WithExtraTools):
            if (tables := made.form_of(host)) is not None:
                return [self._server(one, (*place, number)) for number, one in enumerate(tables)]
            host = host.own
        return None

    def _server(self, table: dict[str, Any], place: Place) -> dict[str, Any]:
        for key in ("env", "headers"):
            for name, value in table.get(key, {}).items():
                if isinstance(value, str) and _secret(name, value):
                    self._refusing.refuse((*place, key, name), "a secret", f'write {name} = {{ env = "NAME" }}')
                    table = {**table, key: {one: other for one, other in table[key].items() if one != name}}
        return table

    def _tool(self, item: Tool, made: Made, place: Place) -> Any:
        known = made.form_of(item)
        if known is not None:
            return known
        path = path_of(item, item.fn)
        if path is None or not _same(item, path):
            return self._refusing.refuse(place, f"the tool {item.name!r}", layers.TOP)
        return path

    def _skills(self, given: Any, place: Place) -> Any:
        if given is None:
            return None
        if isinstance(given, SkillRegistry):
            return self._refusing.refuse(place, "a SkillRegistry", "give the folders of the skills")
        forms: list[Any] = []
        for one in given:
            if isinstance(one, Skill) and one.path is not None:
                forms.append(str(one.path))
            elif isinstance(one, (SkillSource, str, Path, tuple)):
                source = SkillSource.coerce(one)
                path = str(source.path)
                forms.append(path if source.label is None else {"path": path, "label": source.label})
            else:
                self._refusing.refuse(place, repr(one), "give the folder of the skill")
        return forms


def _same(item: Tool, path: str) -> bool:
    """Whether the tool that the path makes is this one."""
    module, _, name = path.partition(":")
    found: Any = sys.modules[module]
    for part in name.split("."):
        found = getattr(found, part)
    other = found if isinstance(found, Tool) else tool(found)
    fields = ("name", "description", "destructive", "timeout", "input_schema")
    return found is item or all(getattr(other, one) == getattr(item, one) for one in fields)


def _checked(form: Any, place: Place, refusing: Refusing) -> Any:
    """The form of a model; options that hold a secret are not written."""
    if not isinstance(form, dict) or "options" not in form:
        return form
    options = {}
    for key, value in form["options"].items():
        if not isinstance(value, (str, int, float, bool, list, dict)) or _secret(key, value):
            refusing.refuse((*place, "options", key), "a secret or an object", 'use api_key = { secret = "NAME" }')
        else:
            options[key] = value
    return {**form, "options": options}


def _secret(key: str, value: Any) -> bool:
    if isinstance(value, str):
        return redact(f"{key}={value}") != f"{key}={value}"
    return redact(str(value)) != str(value)


def _freshness(policy: Any) -> Any:
    if policy is None:
        return None
    table: dict[str, Any] = {} if policy.default is None else {"default": policy.default.total_seconds()}
    ages: dict[str, float] = {}
    for prefix, age in policy.per_source:
        ages.setdefault(prefix, age.total_seconds())
    return table | ({"per_source": ages} if ages else {})
