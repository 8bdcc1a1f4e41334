"""From a function's signature to a JSON schema that a model reads, and back: arguments validated and coerced."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from pydantic import ConfigDict, PydanticUserError, TypeAdapter, ValidationError
from pydantic.errors import PydanticInvalidForJsonSchema, PydanticSchemaGenerationError
from pydantic_core import from_json

from loomlab.core import ToolError
from loomlab.tools.parameters import Parameter, read_parameters
from loomlab.tools.problems import describe_problems, unknown_arguments
from loomlab.tools.typed_dicts import make_shape

_CANNOT = (PydanticSchemaGenerationError, PydanticInvalidForJsonSchema, PydanticUserError, NameError)


class ArgumentError(ToolError):
    """The arguments do not fit the tool: one sentence a problem, for the model to read."""


class Signature:
    """What a function takes, as a JSON schema and as a validator. Built once a tool."""

    __slots__ = ("_fills", "_names", "_open_ended", "_optional", "_positional", "_validator", "json_schema")

    def __init__(self, fn: Callable[..., Any], label: str, descriptions: dict[str, str] | None = None) -> None:
        parameters, open_ended = read_parameters(fn, label, descriptions or {})
        adapter = _adapter(parameters, label)
        self.json_schema = _plain_schema(adapter, parameters, label)
        self._validator = adapter.validator
        self._names = {one.name for one in parameters}
        self._optional = {one.name for one in parameters if not one.required}
        self._open_ended = open_ended
        self._positional = [one.name for one in parameters if one.positional_only]
        self._fills = {one.name: one.fill for one in parameters if one.fill is not None}

    def bind(self, args: Mapping[str, Any]) -> tuple[list[Any], dict[str, Any]]:
        """``args`` as the function wants them, coerced to its annotations: positional and keyword arguments.

        Raises ArgumentError with one sentence for each argument that is unknown, missing or of the wrong type.
        """
        known, extra = dict(args), {}
        if not self._names.issuperset(known):
            extra = {name: known.pop(name) for name in set(known) - self._names}
        if extra and not self._open_ended:
            raise ArgumentError("; ".join([*unknown_arguments(extra, self._names), *self._problems(known)]))
        try:
            bound: dict[str, Any] = self._validator.validate_python(known)
        except ValidationError as exc:
            bound = self._second_look(known, exc)
        for name, fill in self._fills.items():
            if name not in bound:
                bound[name] = fill()
        bound.update(extra)
        return [bound.pop(name) for name in self._positional if name in bound], bound

    def _second_look(self, given: dict[str, Any], problem: ValidationError) -> dict[str, Any]:
        """Judge again, with two habits of models undone.

        They send a list or an object as JSON text, and null for an argument that they mean to leave out.
        """
        wrong = {str(error["loc"][0]) for error in problem.errors(include_url=False, include_context=False)}
        for name in wrong.intersection(given):
            value = given[name]
            if value is None and name in self._optional:
                del given[name]
            elif isinstance(value, str) and value.lstrip()[:1] in ("[", "{"):
                with suppress(ValueError):
                    given[name] = from_json(value)
        try:
            return dict(self._validator.validate_python(given))
        except ValidationError as exc:
            raise ArgumentError("; ".join(describe_problems(exc, given))) from exc

    def _problems(self, given: dict[str, Any]) -> list[str]:
        try:
            self._validator.validate_python(given)
        except ValidationError as exc:
            return describe_problems(exc, given)
        return []


def _adapter(parameters: list[Parameter], label: str) -> TypeAdapter[Any]:
    fields = {one.name: one.annotation for one in parameters}
    shape = make_shape(label, fields, [one.name for one in parameters if one.required])
    shape.__pydantic_config__ = ConfigDict(coerce_numbers_to_str=True)
    try:
        return TypeAdapter(shape)
    except _CANNOT as exc:
        raise _blame(parameters, label, exc) from exc


def _plain_schema(adapter: TypeAdapter[Any], parameters: list[Parameter], label: str) -> dict[str, Any]:
    try:
        full = adapter.json_schema(mode="validation")
    except _CANNOT as exc:
        raise _blame(parameters, label, exc) from exc
    schema: dict[str, Any] = {
        "type": "object",
        "properties": {name: _untitled(value) for name, value in full.get("properties", {}).items()},
        "required": [one.name for one in parameters if one.required],
    }
    if "$defs" in full:
        schema["$defs"] = {name: _untitled(value) for name, value in full["$defs"].items()}
    return schema


def _blame(parameters: list[Parameter], label: str, problem: Exception) -> TypeError:
    """The error that names the one parameter whose type a model could not be told about."""
    for one in parameters:
        try:
            TypeAdapter(one.annotation).json_schema(mode="validation")
        except _CANNOT as exc:
            reason = str(exc).split("\n")[0]
            return TypeError(
                f"tool {label!r}: the type of parameter {one.name!r} cannot be described to a model ({reason}); use "
                "what JSON can carry: str, int, float, bool, list, dict, Literal, Enum, a dataclass, a pydantic model"
            )
    return TypeError(f"tool {label!r}: its parameters cannot be described to a model ({problem})")


_MAPS = ("properties", "$defs", "patternProperties", "dependentSchemas")
_LISTS = ("anyOf", "oneOf", "allOf", "prefixItems")
_ONE = ("items", "additionalProperties", "contains", "not", "if", "then", "else", "propertyNames")


def _untitled(schema: Any) -> Any:
    """``schema`` without the titles that pydantic adds everywhere: they cost tokens and repeat the names."""
    if not isinstance(schema, dict):
        return schema
    plain: dict[str, Any] = {}
    for key, value in schema.items():
        if key == "title":
            continue
        if key in _MAPS and isinstance(value, dict):
            plain[key] = {name: _untitled(one) for name, one in value.items()}
        elif key in _LISTS and isinstance(value, list):
            plain[key] = [_untitled(one) for one in value]
        else:
            plain[key] = _untitled(value) if key in _ONE else value
    return plain
