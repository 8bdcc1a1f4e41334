"""Typed answers: what the model is told, how its text is read, and what it hears when it does not fit."""

import json
import re
import types
from functools import lru_cache
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel, TypeAdapter, ValidationError

from loomlab.core.errors import OutputValidationError

DIRECTIVE = """\


STRUCTURED OUTPUT REQUIRED
Your final answer must be one JSON value that fits this JSON schema, with no other text around it:
{schema}"""

FEEDBACK = """\
Your last reply failed schema validation:
{errors}
Reply again with only a JSON value that fits the schema."""

_FENCE = re.compile(r"\A\s*```[\w-]*[ \t]*\n(.*?)\n?[ \t]*```\s*\Z", re.DOTALL)
_INNER_FENCE = re.compile(r"```(?:json)?[ \t]*\n(.*?)\n[ \t]*```", re.DOTALL)


class OutputSpec:
    """One requested shape: a pydantic model class, or a union of such classes."""

    def __init__(self, schema: Any) -> None:
        self.schema = schema
        members = [one for one in _members(schema) if isinstance(one, type) and issubclass(one, BaseModel)]
        if not members:
            raise OutputValidationError(
                f"output_schema must be a pydantic model class or a union of such classes, not {schema!r}",
                raw="",
                schema=schema,
            )
        kind: Any = members[0] if len(members) == 1 else Union[tuple(members)]  # noqa: UP007 (built at run time)
        self.kind = kind
        self._adapter: TypeAdapter[Any] = TypeAdapter(kind)
        self.json_schema = self._adapter.json_schema()
        self.directive = DIRECTIVE.format(schema=json.dumps(self.json_schema, ensure_ascii=False))

    def parse(self, text: str) -> tuple[str, Any]:
        """The clean JSON text and the validated object; of a union the member that fits best.

        Raises ``OutputValidationError`` with the text, the schema and the validation error.
        """
        clean = strip_fence(text)
        try:
            return clean, self._adapter.validate_json(clean)
        except ValidationError as exc:
            for other in _candidates(text):
                try:
                    return other, self._adapter.validate_json(other)
                except ValidationError:
                    continue
            raise OutputValidationError(
                f"the model's answer does not fit {_name(self.schema)}: {describe(exc)}",
                raw=clean,
                schema=self.schema,
                cause=exc,
            ) from exc

    def feedback(self, error: OutputValidationError) -> str:
        """What the model is told about an answer that does not fit."""
        cause = error.cause
        return FEEDBACK.format(errors=describe(cause) if isinstance(cause, ValidationError) else str(error))


@lru_cache(maxsize=256)
def output_spec(schema: Any) -> OutputSpec:
    """The spec of a schema, built once."""
    return OutputSpec(schema)


def strip_fence(text: str) -> str:
    """The text without the Markdown fence around it."""
    fenced = _FENCE.match(text) if "```" in text else None
    return fenced.group(1).strip() if fenced else text.strip()


def describe(error: ValidationError) -> str:
    """Validation errors, one a line: where, what."""
    return "\n".join(
        f"- {'.'.join(str(part) for part in one['loc']) or '(whole answer)'}: {one['msg']}"
        for one in error.errors(include_url=False)[:20]
    )


def _members(schema: Any) -> tuple[Any, ...]:
    return get_args(schema) if get_origin(schema) in (Union, types.UnionType) else (schema,)


def _candidates(text: str) -> list[str]:
    """JSON that stands inside prose: a fenced block, or the outermost braces."""
    found = [match.strip() for match in _INNER_FENCE.findall(text)]
    start, end = text.find("{"), text.rfind("}")
    if 0 <= start < end:
        found.append(text[start : end + 1])
    return found


def _name(schema: Any) -> str:
    return getattr(schema, "__name__", str(schema))
