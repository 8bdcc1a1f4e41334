"""Shapes of dictionaries, made so that pydantic takes them on every Python.

On Python 3.11 it takes only the TypedDict of typing_extensions.
"""

import functools
import operator
import sys
import types
import typing
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, NotRequired, Required, Union

import typing_extensions

_NEEDED = sys.version_info < (3, 12)


def make_shape(name: str, fields: Mapping[str, Any], required: Iterable[str]) -> Any:
    """A TypedDict with these fields, of which ``required`` must be there."""
    make: Any = typing_extensions.TypedDict
    shape = make(name, dict(fields))
    # Not Required[…]: typing caches by equality, and would swap int | str for a str | int seen before.
    shape.__required_keys__ = frozenset(required)
    shape.__optional_keys__ = frozenset(fields) - shape.__required_keys__
    return shape


def portable(annotation: Any) -> Any:
    """``annotation`` with each ``typing.TypedDict`` in it replaced by one of the same shape that pydantic takes."""
    return _swap(annotation, {}) if _NEEDED else annotation


def _swap(annotation: Any, made: dict[Any, Any]) -> Any:
    if typing_extensions.is_typeddict(annotation):
        if annotation not in made:
            made[annotation] = annotation  # a shape that holds itself ends here
            made[annotation] = _remade(annotation, made)
        return made[annotation]
    args = typing.get_args(annotation)
    origin = typing.get_origin(annotation)
    if not args or origin is typing.Literal:
        return annotation
    if origin is Annotated:
        return Annotated[(_swap(args[0], made), *annotation.__metadata__)]
    swapped = tuple(_swap(one, made) if not isinstance(one, list) else one for one in args)
    if swapped == args:
        return annotation
    return functools.reduce(operator.or_, swapped) if origin in (Union, types.UnionType) else origin[swapped]


def _remade(shape: Any, made: dict[Any, Any]) -> Any:
    fields: dict[str, Any] = {}
    for name, kind in typing.get_type_hints(shape, include_extras=True).items():
        if typing.get_origin(kind) in (Required, NotRequired):
            kind = typing.get_args(kind)[0]
        fields[name] = _swap(kind, made)
    same = make_shape(shape.__name__, fields, shape.__required_keys__)
    same.__doc__, same.__module__ = shape.__doc__, shape.__module__
    if hasattr(shape, "__pydantic_config__"):
        same.__pydantic_config__ = shape.__pydantic_config__
    return same
