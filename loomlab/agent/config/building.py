"""From a valid config to an agent. First every name is checked, then modules are imported, then parts are made."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from loomlab import data
from loomlab.agent.config import layers
from loomlab.agent.config.architectures import Maker
from loomlab.agent.config.dotted import Imports
from loomlab.agent.config.files import Loaded
from loomlab.agent.config.made import Made
from loomlab.agent.config.models import check_model, make_model
from loomlab.agent.config.places import Place
from loomlab.agent.config.schema import AgentTable
from loomlab.agent.config.schema.base import Custom, Table
from loomlab.agent.config.schema.layers import FileRef
from loomlab.agent.config.tools import ToolSources
from loomlab.core.errors import ConfigError
from loomlab.model.resolve import resolve_model
from loomlab.security import EnvSecrets

PLAIN = ("name", "max_turns", "auto_consolidate", "auto_extract")
"""Keys whose value goes to ``Agent`` as it stands."""

INHERITED = ("model", "secrets", "approval_handler")
"""What a member of a team takes from it, unless it says otherwise."""


def build_agent(make: Callable[..., Any], loaded: Loaded, options: Mapping[str, Any]) -> tuple[Any, Made]:
    """The agent of a config, and the forms of its parts. ``options`` are keywords of ``Agent``; they win.

    Raises ConfigError, before anything is made, for a name that means nothing and for a module that can't be imported.
    """
    given = {key: value for key, value in options.items() if value is not None}
    if loaded.table.model is None and "model" not in given:
        at = f"{loaded.where}: " if loaded.where else ""
        raise ConfigError(f'{at}the config has no model, and needs it: model = "local", or model= in the call')
    imports: dict[int, Imports] = {}
    for one in _all(loaded):
        _check_models(one, one.table, ())
    for one in _all(loaded):
        imports[id(one)] = Imports(one)
    made = Made()
    return _Builder(make, loaded, imports, made).agent(loaded.table, given, ()), made


def _all(loaded: Loaded) -> Iterator[Loaded]:
    yield loaded
    for member in loaded.members.values():
        yield from _all(member)


def _check_models(loaded: Loaded, value: Any, place: Place) -> None:
    if isinstance(value, Table):
        for key in value.model_fields_set:
            inside = getattr(value, key)
            if (key == "model" or key.endswith("_model")) and inside is not None and not isinstance(inside, Custom):
                with _at(loaded, (*place, key)):
                    check_model(inside)
            else:
                _check_models(loaded, inside, (*place, key))
    elif isinstance(value, (dict, list)):
        for step, one in value.items() if isinstance(value, dict) else enumerate(value):
            _check_models(loaded, one, (*place, step))


@contextmanager
def _at(loaded: Loaded, place: Place) -> Iterator[None]:
    """Says where it stands what goes wrong in the block."""
    try:
        yield
    except _Placed:
        raise
    except (ConfigError, ValueError, TypeError) as exc:
        before = loaded.at(place)
        raise _Placed(f"{before}: {exc}" if before else str(exc)) from exc


class _Placed(ConfigError):
    """Already says where it is."""


_Placed.__name__ = _Placed.__qualname__ = "ConfigError"


class _Builder:
    """Makes the agents of one file."""

    def __init__(self, make: Callable[..., Any], loaded: Loaded, imports: Mapping[int, Imports], made: Made) -> None:
        self._make = make
        self._loaded = loaded
        self._all_imports = imports
        self._imports = imports[id(loaded)]
        self._made = made

    def agent(self, table: AgentTable, given: Mapping[str, Any], place: Place) -> Any:
        """The agent of a table. What is ``given`` is not read from it."""
        options: dict[str, Any] = {key: getattr(table, key) for key in PLAIN if getattr(table, key) is not None}
        options |= given

        def part(key: str, make: Callable[[Any], Any]) -> None:
            form = getattr(table, key)
            if form is not None and key not in given:
                with _at(self._loaded, (*place, key)):
                    options[key] = self._custom(form) if isinstance(form, Custom) else make(form)

        part("budget", layers.make_budget)
        part("permissions", layers.make_permissions)
        part("retry_policy", layers.make_retry)
        part("secrets", lambda _: EnvSecrets())
        secrets = options.get("secrets") or EnvSecrets()
        part("model", lambda form: self._model(form, secrets))
        with _at(self._loaded, (*place, "model")):
            options["model"] = resolve_model(options["model"], secrets=secrets)
        part("output_schema", lambda form: layers.make_schema(form, self._imports))
        part("approval_handler", lambda form: self._kept(layers.make_approval(form, self._imports), form))
        part("hooks", lambda form: layers.make_hooks(form, self._imports))
        inherited = {key: options[key] for key in INHERITED if options.get(key) is not None}
        maker = Maker(
            model=lambda form: self._role_model(form, secrets),
            member=lambda form, at: self._member(form, at, inherited),
            custom=self._custom,
            imported=self._imports.get,
        )
        part("architecture", lambda form: maker.make(form, (*place, "architecture")))
        loaded = self._loaded
        part("memory", lambda form: self._kept(layers.make_memory(form, loaded, secrets), self._spot(form)))
        part("runtime", lambda form: self._kept(layers.make_runtime(form, loaded, secrets), self._spot(form)))
        part("audit_log", lambda form: self._kept(layers.make_audit_log(form, loaded, secrets), self._spot(form)))
        part("telemetry", lambda form: self._kept(layers.make_telemetry(form, loaded), self._spot(form)))
        part("freshness", layers.make_freshness)
        part("lineage", data.LineagePolicy.from_iter)
        part("run_log", lambda form: self._kept(layers.make_run_log(form, loaded), str(loaded.path(form))))
        sources = ToolSources(loaded, self._imports, self._made, secrets)
        part("skills", sources.skills)
        part("tools", sources.tools)
        if table.mcp and "tools" not in given:
            with _at(self._loaded, (*place, "mcp")):
                options["tools"] = sources.with_servers(table.mcp, options.get("tools"))
        with _at(self._loaded, place):
            return self._make(self._instructions(table), **options)

    def _instructions(self, table: AgentTable) -> str:
        form = table.instructions
        return self._loaded.texts[self._loaded.path(form.file)] if isinstance(form, FileRef) else str(form)

    def _custom(self, form: Custom) -> Any:
        return self._made.keep(self._imports.made(form), form.model_dump())

    def _kept(self, part: Any, form: Any) -> Any:
        return part if part is None else self._made.keep(part, form)

    def _spot(self, form: Any) -> Any:
        """A form as it is written down: paths as they were resolved, so that it means the same in every folder."""
        if isinstance(form, str):
            return layers.placed(form, self._loaded)
        data = form.model_dump(exclude_none=True)
        if data.get("path") not in (None, ":memory:"):
            data["path"] = str(self._loaded.path(data["path"]))
        return data

    def _model(self, form: Any, secrets: Any) -> Any:
        return (
            form if isinstance(form, str) else self._kept(make_model(form, secrets), form.model_dump(exclude_none=True))
        )

    def _role_model(self, form: Any, secrets: Any) -> Any:
        return self._custom(form) if isinstance(form, Custom) else self._model(form, secrets)

    def _member(self, form: Any, place: Place, inherited: Mapping[str, Any]) -> Any:
        if isinstance(form, FileRef):
            other = self._loaded.members[self._loaded.path(form.file)]
            builder = _Builder(self._make, other, self._all_imports, self._made)
            return builder.agent(other.table, _lacking(other.table, inherited), ())
        return self.agent(form, _lacking(form, inherited), place)


def _lacking(table: AgentTable, inherited: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in inherited.items() if getattr(table, key) is None}
