"""What a structured answer must look like, as JSON schema in the dialects that providers take."""

import types
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel, TypeAdapter
from pydantic_core import from_json, to_json

WRAP = "answer"
"""The one property of the object that carries an answer whose schema is no plain object."""


@dataclass(frozen=True, slots=True)
class AnswerSchema:
    """A schema whose root is an object, as every provider wants it.

    ``wrapped``: the answer is inside, under ``answer``; ``unwrap`` takes it out again.
    """

    name: str
    schema: Mapping[str, Any]
    wrapped: bool

    def unwrap(self, text: str) -> str:
        """The answer's own JSON text out of the reply; a reply that is not wrapped stays as it is."""
        if not self.wrapped:
            return text
        try:
            value = from_json(text)
        except ValueError:
            return text
        if isinstance(value, dict) and set(value) == {WRAP}:
            return to_json(value[WRAP]).decode()
        return text


def models_in(output_schema: Any) -> tuple[type[BaseModel], ...]:
    """The model classes of a schema: the class itself, or the members of a union that are models."""
    members = get_args(output_schema) if get_origin(output_schema) in (Union, types.UnionType) else (output_schema,)
    return tuple(one for one in members if isinstance(one, type) and issubclass(one, BaseModel))


def answer_schema(output_schema: Any) -> AnswerSchema | None:
    """The schema for a model class or a union of model classes; None where it holds no model class."""
    models = models_in(output_schema)
    return _answer_schema(models) if models else None


@lru_cache(maxsize=64)
def _answer_schema(models: tuple[type[BaseModel], ...]) -> AnswerSchema:
    union: Any = Union[models]  # noqa: UP007 - the members are known at run time only
    schema = TypeAdapter(union).json_schema()
    definitions = schema.get("$defs", {})
    name = "_or_".join(model.__name__ for model in models)
    if "$ref" in schema:  # a recursive model: its own definition becomes the root
        target = definitions.get(schema["$ref"].removeprefix("#/$defs/"), {})
        schema = {**target, "$defs": definitions}
    wrapped = schema.get("type") != "object"
    if wrapped:
        inner = {key: value for key, value in schema.items() if key != "$defs"}
        schema = {"type": "object", "properties": {WRAP: inner}, "required": [WRAP], "additionalProperties": False}
        if definitions:
            schema["$defs"] = definitions
    return AnswerSchema(name=_schema_name(name), schema=schema, wrapped=wrapped)


def _schema_name(name: str) -> str:
    legal = "".join(char if char.isascii() and (char.isalnum() or char in "_-") else "_" for char in name)
    return legal[:64] or "answer"
