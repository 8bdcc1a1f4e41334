"""The parameters of a function as pydantic sees them: annotations resolved, descriptions attached."""

import inspect
import sys
import types
import typing
from collections.abc import Callable
from copy import copy
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import Field
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from loomlab.tools.typed_dicts import portable

KEY = "idempotency_key"
"""A parameter of this name is filled by us, and no model is told of it."""

_SKIPPED = ("self", "cls", KEY)


@dataclass(frozen=True, slots=True)
class Parameter:
    """One argument that a model may give: its name, its annotation, whether it must be given.

    ``fill`` makes the value of an argument left out whose default sits in a pydantic ``Field``.
    """

    name: str
    annotation: Any
    required: bool
    positional_only: bool = False
    fill: Callable[[], Any] | None = None


def takes_key(fn: Callable[..., Any]) -> bool:
    """Whether a function has the parameter that we fill."""
    try:
        found = inspect.signature(fn).parameters.get(KEY)
    except (TypeError, ValueError):
        return False
    return found is not None and found.kind in (found.POSITIONAL_OR_KEYWORD, found.KEYWORD_ONLY)


def read_parameters(fn: Callable[..., Any], label: str, descriptions: dict[str, str]) -> tuple[list[Parameter], bool]:
    """The parameters of ``fn`` and whether it takes any further keyword.

    ``self``, ``cls``, ``idempotency_key``, ``*args`` and ``**kwargs`` are left out. Raises TypeError naming the
    parameter whose annotation cannot be resolved (a type imported only for type checkers, say), or a function that
    tells no parameters at all.
    """
    try:
        signature = inspect.signature(fn)
    except ValueError:
        raise TypeError(f"tool {label!r}: {fn!r} does not tell its parameters; wrap it in a function") from None
    target = _annotated_function(fn)
    local_names = _enclosing_locals(target)
    found: list[Parameter] = []
    open_ended = False
    for name, parameter in signature.parameters.items():
        if parameter.kind is inspect.Parameter.VAR_KEYWORD:
            open_ended = True
        elif parameter.kind is not inspect.Parameter.VAR_POSITIONAL and name not in _SKIPPED:
            annotation = _resolve(parameter, target, local_names, label)
            found.append(_describe(parameter, annotation, descriptions.get(name)))
    return found, open_ended


def _annotated_function(fn: Callable[..., Any]) -> Any:
    """The function whose annotations and globals count: behind wrappers, partials, bound methods and ``__call__``."""
    target: Any = fn
    while True:
        if hasattr(target, "__wrapped__"):
            target = target.__wrapped__
        elif hasattr(target, "func") and hasattr(target, "keywords"):
            target = target.func
        elif inspect.ismethod(target):
            target = target.__func__
        elif not inspect.isroutine(target) and not isinstance(target, type):
            target = type(target).__call__
        else:
            return target


def _enclosing_locals(target: Any) -> dict[str, Any]:
    """Local names of the functions that enclose ``target`` and are still running: classes defined beside a tool.

    String annotations of a nested function cannot be resolved from its module alone.
    """
    names: dict[str, Any] = {}
    qualname: str = getattr(target, "__qualname__", "")
    outer = [qualname[:at] for at in range(len(qualname)) if qualname.startswith(".<locals>.", at)]
    if not outer:
        return names
    frame: types.FrameType | None = sys._getframe(1)
    while frame is not None:
        if frame.f_globals is getattr(target, "__globals__", None) and frame.f_code.co_qualname in outer:
            names = {**frame.f_locals, **names}
        frame = frame.f_back
    return names


def _resolve(parameter: inspect.Parameter, target: Any, local_names: dict[str, Any], label: str) -> Any:
    if parameter.annotation is inspect.Parameter.empty:
        return Any
    holder = types.SimpleNamespace(__annotations__={parameter.name: parameter.annotation})
    try:
        hints = typing.get_type_hints(holder, getattr(target, "__globals__", None), local_names, include_extras=True)
    except Exception as exc:  # evaluating an annotation may raise anything
        raise TypeError(
            f"tool {label!r}: the type {parameter.annotation!r} of parameter {parameter.name!r} cannot be resolved "
            f"({exc}); define or import it where the function is defined, not only for type checkers"
        ) from exc
    return portable(hints[parameter.name])


def _describe(parameter: inspect.Parameter, annotation: Any, description: str | None) -> Parameter:
    default = parameter.default
    required = default is inspect.Parameter.empty
    extras: list[Any] = []
    fill: Callable[[], Any] | None = None
    if isinstance(default, FieldInfo):
        required = default.is_required()
        fill = None if required else lambda: default.get_default(call_default_factory=True, validated_data={})
        field = copy(default)
        field.default, field.default_factory = PydanticUndefined, None
        extras.append(field)
    elif default is None and not _admits_none(annotation):
        annotation = annotation | None if not isinstance(annotation, str) else annotation
    own = _own_description(annotation) or next((one.description for one in extras if one.description), None)
    if own or description:
        extras.append(Field(description=own or description))
    for extra in extras:
        annotation = Annotated[annotation, extra]
    return Parameter(parameter.name, annotation, required, parameter.kind is inspect.Parameter.POSITIONAL_ONLY, fill)


def _own_description(annotation: Any) -> str | None:
    """What ``Annotated[T, "…"]``, ``Annotated[T, Doc("…")]`` or ``Annotated[T, Field(description="…")]`` says."""
    for extra in reversed(getattr(annotation, "__metadata__", ())):
        text = (
            extra
            if isinstance(extra, str)
            else getattr(extra, "description", None) or getattr(extra, "documentation", None)
        )
        if isinstance(text, str):
            return text
    return None


def _admits_none(annotation: Any) -> bool:
    return annotation is Any or annotation is None or type(None) in typing.get_args(annotation)
