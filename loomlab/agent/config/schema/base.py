"""What all tables of a config share: no unknown key, no guessed type, and forms that may be a text or a table."""

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, Tag, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from loomlab.core.nearest import did_you_mean

TAG = "‹"
"""Begins the name of a form of a value, which is no part of the place where the value stands."""

DOTTED = r"^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*(\.[A-Za-z_]\w*)*$"


def spelled(pattern: str, *, takes: str) -> Any:
    """A text of one pattern; ``takes`` says it in words, for the error about any other text."""

    def checked(value: Any) -> Any:
        if isinstance(value, str) and re.search(pattern, value) is None:
            raise PydanticCustomError("wrong_form", "{takes}", {"takes": takes})
        return value

    return Annotated[str, BeforeValidator(checked), WithJsonSchema({"type": "string", "pattern": pattern})]


DOTTED_WORDS = "a dotted path, package.module:name"
if TYPE_CHECKING:
    Dotted = str
else:
    Dotted = spelled(DOTTED, takes=DOTTED_WORDS)
Whole = Annotated[int, Field(ge=1)]
Count = Annotated[int, Field(ge=0)]
Amount = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1)]


class Table(BaseModel):
    """One table of a config."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _known(cls, given: Any) -> Any:
        if isinstance(given, Mapping):
            unknown = [str(key) for key in given if key not in cls.model_fields]
            if unknown:
                hint = did_you_mean(unknown[0], cls.model_fields)
                raise PydanticCustomError("unknown_key", "{hint}", {"key": unknown[0], "hint": hint})
            return dict(given)
        return given


class SecretRef(Table):
    """A secret by its name: found in the agent's secrets (the environment, unless it has others)."""

    secret: Annotated[str, Field(min_length=1)] = Field(description="name of the secret")


class EnvRef(Table):
    """A secret by the environment variable that holds it."""

    env: Annotated[str, Field(min_length=1)] = Field(description="name of the environment variable")


class Custom(Table):
    """An object of your own code: the object at a dotted path, or what the class or function there returns."""

    object: Dotted = Field(description="package.module:name")


def forms(*kinds: tuple[str, Callable[[Any], bool], Any], takes: str) -> Any:
    """A value of one of several forms. Each kind: its name, whether a value is of it, and its type.

    ``takes`` says in words what may stand there, for the error about anything else.
    """

    def which(value: Any) -> str | None:
        return next((f"{TAG}{name}" for name, fits, _ in kinds if fits(value)), None)

    def checked(value: Any) -> Any:
        if which(value) is None:
            raise PydanticCustomError("wrong_form", "{takes}", {"takes": takes})
        return value

    tagged = tuple(Annotated[kind, Tag(f"{TAG}{name}")] for name, _, kind in kinds)
    union: Any = tagged[0]
    for one in tagged[1:]:
        union = union | one
    return Annotated[union, Discriminator(which), BeforeValidator(checked)]


def is_text(value: Any) -> bool:
    """A text."""
    return isinstance(value, str)


def is_table(value: Any) -> bool:
    """A table."""
    return isinstance(value, (Mapping, Table))


def is_list(value: Any) -> bool:
    """A list."""
    return isinstance(value, list)


def has(key: str) -> Callable[[Any], bool]:
    """A table with this key."""
    return lambda value: key in value if isinstance(value, Mapping) else hasattr(value, key)


CUSTOM = ("object", has("object"), Custom)

Reference = forms(
    ("secret", has("secret"), SecretRef),
    ("env", has("env"), EnvRef),
    takes='a reference, { secret = "NAME" } or { env = "NAME" }, and never the secret itself',
)
"""Where only a reference may stand."""

TextOrReference = forms(
    ("text", is_text, str),
    ("secret", has("secret"), SecretRef),
    ("env", has("env"), EnvRef),
    takes='a text, or a reference: { secret = "NAME" } or { env = "NAME" }',
)
"""Where a text may stand, which may hold a secret, so a reference too."""
