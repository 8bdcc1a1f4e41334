"""Names of the notebook as things: the tools, agents, schemas and models that a user refers to by variable."""

import inspect
import keyword
import types
import typing
from collections.abc import Callable, Mapping
from typing import Any, TypeGuard

from pydantic import BaseModel

from loomlab.agent import Agent
from loomlab.core.errors import ConfigError
from loomlab.core.nearest import did_you_mean
from loomlab.core.protocols import Model
from loomlab.tools import Tool, ensure_host

Namespace = Mapping[str, Any]


def is_tool(value: Any) -> bool:
    """A tool, a tool host, or a function that was written in a notebook."""
    return isinstance(value, Tool) or inspect.isfunction(value) or is_host(value)


def is_host(value: Any) -> bool:
    """Whether the object keeps tools, as an MCP server does."""
    methods = (getattr(value, name, None) for name in ("list_tools", "call"))
    return not isinstance(value, type) and all(callable(one) for one in methods)


def is_agent(value: Any) -> TypeGuard[Agent]:
    """Whether ``%%loom --agent`` can run it."""
    return isinstance(value, Agent)


def is_schema(value: Any) -> bool:
    """A pydantic model class, or a union of some."""
    if isinstance(value, type):
        return issubclass(value, BaseModel) and value is not BaseModel
    return isinstance(value, types.UnionType) or typing.get_origin(value) is typing.Union


def is_model(value: Any) -> TypeGuard[Model]:
    """Whether the object can be asked as a model."""
    return not isinstance(value, type) and callable(getattr(value, "stream", None)) and hasattr(value, "name")


def names_of(space: Namespace, fits: Callable[[Any], bool]) -> list[str]:
    """Names that a user gave to things of one kind, sorted."""
    return sorted(name for name, value in space.items() if not name.startswith("_") and _quiet(fits, value))


def find(name: str, space: Namespace, fits: Callable[[Any], bool], kind: str) -> Any:
    """The variable ``name`` (or ``module.name``) of the notebook. ConfigError with the nearest where it won't do."""
    first, *rest = name.split(".")
    if first not in space:
        raise ConfigError(f"there is no {kind} {name!r} in this notebook: {_nearest(name, space, fits)}")
    value = space[first]
    for part in rest:
        if not hasattr(value, part):
            raise ConfigError(f"{name!r}: {first!r} has no {part!r}")
        value = getattr(value, part)
    if not fits(value):
        raise ConfigError(f"{name!r} is {_a(value)} and not {_article(kind)}: {_nearest(name, space, fits)}")
    return value


def find_tools(text: str, space: Namespace) -> list[Any]:
    """The tools named in ``a,b``; tried at once, so that one that a model can't be told about is named here."""
    names = [name.strip() for name in text.split(",") if name.strip()]
    if not names:
        raise ConfigError("--tools names no tool; write them with commas between: --tools a,b")
    tools = [find(name, space, is_tool, "tool") for name in names]
    for name, one in zip(names, tools, strict=True):
        try:
            ensure_host(one)
        except TypeError as exc:
            raise ConfigError(f"{name!r} can't be a tool: {exc}") from exc
    return tools


def checked_name(name: str) -> str:
    """``name``, if a variable may be called so."""
    if not name.isidentifier() or keyword.iskeyword(name):
        raise ConfigError(f"--out {name!r} is no name for a variable; use letters, digits and _, as in --out answer")
    return name


def _nearest(name: str, space: Namespace, fits: Callable[[Any], bool]) -> str:
    return did_you_mean(name, names_of(space, fits))


def _quiet(fits: Callable[[Any], bool], value: Any) -> bool:
    try:
        return fits(value)
    except Exception:  # whatever lives in a notebook may refuse to be asked for its attributes
        return False


def _a(value: Any) -> str:
    return f"the class {value.__name__}" if isinstance(value, type) else _article(type(value).__name__)


def _article(word: str) -> str:
    return f"{'an' if word[:1].lower() in 'aeiou' else 'a'} {word}"
