"""``typing.TypedDict`` for pydantic on Python 3.11, which takes only the one of typing_extensions there."""

import functools
import operator
import sys
import types
import typing
from typing import Annotated, Any, NotRequired, Required, Union

import typing_extensions

_NEEDED = sys.version_info < (3, 12)


def portable(annotation: Any) -> Any:
    """``annotation`` with each ``typing.TypedDict`` in it replaced by one of the same shape that pydantic takes."""
    return _swap(annotation, {}) if _NEEDED else annotation


def _swap(annotation: Any, made: dict[Any, Any]) -> Any:
    if typing.is_typeddict(annotation) and type(annotation).__module__ == "typing":
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
        kind = _swap(kind, made)
        fields[name] = Required[kind] if name in shape.__required_keys__ else NotRequired[kind]
    make: Any = typing_extensions.TypedDict
    same = make(shape.__name__, fields)
    same.__doc__, same.__module__ = shape.__doc__, shape.__module__
    return same
