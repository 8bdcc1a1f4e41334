"""Dotted paths: which a config has, what they import, and the path of an object that is written down."""

import importlib
import sys
from collections.abc import Iterator
from importlib.machinery import PathFinder
from pathlib import Path
from typing import Any

from loomlab.agent.config.files import Loaded
from loomlab.agent.config.places import Place
from loomlab.agent.config.schema.base import Custom, Table
from loomlab.core.errors import ConfigError
from loomlab.core.nearest import did_you_mean

_FIELDS = {"tools", "pre_tool", "post_tool", "event", "approval_handler", "output_schema", "input_type", "input_filter"}
_WORDS = {"terminal", "deny"}
BUILTIN = "builtin:"


def dotted_paths(value: Any, place: Place = ()) -> Iterator[tuple[Place, str]]:
    """Every dotted path in a table and the tables within, with its place."""
    if isinstance(value, Custom):
        yield place, value.object
    elif isinstance(value, Table):
        for key in value.model_fields_set:
            inside = getattr(value, key)
            if key in _FIELDS:
                for one in [inside] if isinstance(inside, str) else inside or ():
                    if isinstance(one, str) and one not in _WORDS and not one.startswith(BUILTIN):
                        yield (*place, key), one
            else:
                yield from dotted_paths(inside, (*place, key))
    elif isinstance(value, (dict, list)):
        for step, one in value.items() if isinstance(value, dict) else enumerate(value):
            yield from dotted_paths(one, (*place, step))


class Imports:
    """What the dotted paths of a config name. Making it imports all of them; its members' files have their own."""

    def __init__(self, loaded: Loaded) -> None:
        self._found: dict[str, Any] = {}
        for place, path in dotted_paths(loaded.table):
            try:
                self._found[path] = find(path, loaded.folder)
            except ConfigError as exc:
                raise ConfigError(f"{loaded.at(place)}: {exc}") from exc.__cause__

    def get(self, path: str) -> Any:
        """The object at a path."""
        return self._found[path]

    def made(self, custom: Custom) -> Any:
        """The object of a ``Custom``: what is there, or what the class or function there returns."""
        thing = self._found[custom.object]
        if not isinstance(thing, type) and not callable(getattr(thing, "__get__", None)):
            return thing
        try:
            return thing()
        except TypeError as exc:
            raise ConfigError(f"{custom.object} can't be called without arguments: {exc}") from exc


def is_within(path: str, folder: Path) -> bool:
    """Whether the module of a dotted path is a file of ``folder``; imports nothing."""
    first = path.partition(":")[0].partition(".")[0]
    return PathFinder.find_spec(first, [str(folder)]) is not None


def find(path: str, folder: Path | None = None) -> Any:
    """The object at ``package.module:name``; modules in ``folder`` come first. ConfigError where there is none."""
    module_name, _, attributes = path.partition(":")
    thing = _module(module_name, folder, path)
    for part in attributes.split("."):
        if not hasattr(thing, part):
            names = [name for name in vars(thing) if not name.startswith("_")] if hasattr(thing, "__dict__") else []
            raise ConfigError(f"{path!r}: {module_name} has no {part!r}: {did_you_mean(part, names)}")
        thing = getattr(thing, part)
    return thing


def _module(name: str, folder: Path | None, path: str) -> Any:
    near = folder is not None and is_within(path, folder)
    if near:
        sys.path.insert(0, str(folder))
    try:
        importlib.invalidate_caches()
        module = importlib.import_module(name)
    except Exception as exc:  # a module may fail with anything while it is imported
        said = str(exc) if isinstance(exc, ModuleNotFoundError) else f"{type(exc).__name__}: {exc}"
        raise ConfigError(f"{path!r}: the module {name} can't be imported: {said}") from exc
    finally:
        if near:
            sys.path.remove(str(folder))
    file = getattr(module, "__file__", None)
    if near and file is not None and folder not in Path(file).resolve().parents:
        raise ConfigError(
            f"{path!r}: another module named {name} is loaded already, from {file}; give the one beside the config "
            "another name"
        )
    return module


def path_of(thing: Any, *same: Any) -> str | None:
    """The dotted path at which ``thing`` (or one of ``same``, that stand for it) is found again; None without one."""
    owner = next(
        (one for one in (thing, *same) if getattr(one, "__module__", None) and hasattr(one, "__qualname__")), None
    )
    module = sys.modules.get(getattr(owner, "__module__", None) or "")
    if owner is None or module is None or module.__name__ == "__main__":
        return None
    found: Any = module
    for part in owner.__qualname__.split("."):
        found = getattr(found, part, None)
    wanted = (thing, *same)
    if any(found is one for one in wanted):
        return f"{module.__name__}:{owner.__qualname__}"
    name = next((name for name, value in vars(module).items() if any(value is one for one in wanted)), None)
    return None if name is None else f"{module.__name__}:{name}"
