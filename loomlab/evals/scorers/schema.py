"""The answer is JSON of the right form."""

import json
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

from pydantic import TypeAdapter, ValidationError

from loomlab.core.results import RunResult
from loomlab.evals.case import Case
from loomlab.evals.score import RIGHT, Score
from loomlab.evals.scorers.base import Scorer, scorer
from loomlab.evals.scorers.json_match import NOTHING, plain_value, read_json

_Check = Callable[[Any], str | None]


def schema(shape: Any = None, *, strict: bool = False) -> Scorer:
    """Right when the answer holds JSON that fits ``shape``: a pydantic model, any type, or a JSON schema (a mapping).

    Without ``shape`` the case's ``metadata["schema"]`` is the schema. The JSON may stand in a fence or between
    sentences, unless ``strict`` asks that it be the whole answer. A misfit is wrong, with the place and the reason; a
    case without a schema is unscored. JSON schemas are checked by the package jsonschema; references to other
    documents are refused, nothing is fetched. Raises ``ValueError`` for what is no schema.
    """
    fixed = None if shape is None else _checker(shape)

    @scorer("schema")
    def judge(result: RunResult, case: Case) -> Score:
        check = fixed
        if check is None:
            given = case.metadata.get("schema")
            if given is None:
                return Score.unscored("the case has no metadata 'schema', and the scorer was given none")
            try:
                check = _checker(given)
            except ValueError as exc:
                return Score.unscored(str(exc))
        try:
            value = json.loads(result.output) if strict else _found(result)
        except (ValueError, RecursionError) as exc:
            return Score(0.0, f"the answer is not JSON: {exc}")
        if value is NOTHING:
            return Score(0.0, "no JSON in the answer")
        misfit = check(value)
        return RIGHT if misfit is None else Score(0.0, misfit)

    return judge


def _found(result: RunResult) -> Any:
    return plain_value(result.parsed) if result.parsed is not None else read_json(result.output)


def _checker(shape: Any) -> _Check:
    if isinstance(shape, Mapping):
        return _by_schema(shape)
    if isinstance(shape, (str, bytes, int, float, list, tuple)):
        raise ValueError(f"a schema is a type or a JSON schema, not {shape!r}")
    adapter = TypeAdapter(shape)

    def check(value: Any) -> str | None:
        try:
            adapter.validate_json(json.dumps(value))
        except ValidationError as exc:
            first = exc.errors(include_url=False, include_context=False)[0]
            return f"{_path(first['loc'])}: {first['msg']}"
        return None

    return check


def _by_schema(shape: Mapping[str, Any]) -> _Check:
    try:
        jsonschema, referencing = import_module("jsonschema"), import_module("referencing")
        exceptions = import_module("referencing.exceptions")
    except ImportError:
        raise ImportError("a JSON schema needs the package jsonschema: pip install 'loomlab[evals]'") from None
    plain = dict(shape)
    kind = jsonschema.validators.validator_for(plain, default=jsonschema.Draft202012Validator)
    try:
        kind.check_schema(plain)
    except jsonschema.SchemaError as exc:
        raise ValueError(f"this is no JSON schema: {_path(exc.absolute_path)}: {exc.message}") from None
    # An empty registry: a reference to another document is an error and not a request to the network.
    validator = kind(plain, registry=referencing.Registry())

    def check(value: Any) -> str | None:
        try:
            fault = jsonschema.exceptions.best_match(validator.iter_errors(value))
        except exceptions.Unresolvable as exc:
            raise ValueError(f"the schema refers to something that is not in it: {exc.ref}") from None
        return None if fault is None else f"{_path(fault.absolute_path)}: {fault.message[:200]}"

    return check


def _path(parts: Any) -> str:
    return "$" + "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in parts)
