"""The answer is JSON that says what the target says."""

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

from loomlab.core.results import RunResult
from loomlab.evals.case import Case
from loomlab.evals.score import NO_TARGET, RIGHT, Score
from loomlab.evals.scorers.base import Scorer, scorer


def json_match(*, subset: bool = False, tolerance: float = 0.0, ignore_order: bool = False) -> Scorer:
    """Right when the answer parses as JSON and equals the target, number for number and key for key.

    The JSON may stand in a fence or between sentences; the first object or array counts. With ``subset`` the answer may
    hold more keys than the target; ``tolerance`` is the absolute difference allowed between numbers; ``ignore_order``
    compares lists as bags. A target given as text is parsed too. What does not parse is wrong, with the reason.
    """

    @scorer("json_match")
    def judge(result: RunResult, case: Case) -> Score:
        if case.target is None:
            return NO_TARGET
        target = case.target
        if isinstance(target, str):
            try:
                target = json.loads(target)
            except ValueError:
                return Score.unscored("the target is not JSON")
        given = plain_value(result.parsed) if result.parsed is not None else read_json(result.output)
        if given is NOTHING:
            return Score(0.0, "no JSON in the answer")
        differs = difference(given, target, "$", subset=subset, tolerance=tolerance, ignore_order=ignore_order)
        return RIGHT if differs is None else Score(0.0, differs)

    return judge


NOTHING = object()
"""What ``read_json`` returns for a text without JSON: null is JSON."""


def plain_value(value: Any) -> Any:
    """A typed answer as JSON-ready data."""
    dump = getattr(value, "model_dump", None)
    return dump(mode="json") if callable(dump) else value


def read_json(text: str) -> Any:
    """The JSON in a text: all of it, else the first object or array in it."""
    try:
        return json.loads(text)
    except ValueError:
        pass
    except RecursionError:
        return NOTHING
    decoder = json.JSONDecoder()
    for start, char in enumerate(text):
        if char in "{[":
            try:
                return decoder.raw_decode(text, start)[0]
            except ValueError:
                continue
            except RecursionError:  # nested a thousand deep: the places inside it would say the same, slowly
                return NOTHING
    return NOTHING


def difference(given: Any, target: Any, path: str, *, subset: bool, tolerance: float, ignore_order: bool) -> str | None:
    """The first place where ``given`` is not ``target``, with both values, or None."""
    options: dict[str, Any] = {"subset": subset, "tolerance": tolerance, "ignore_order": ignore_order}
    if isinstance(target, Mapping) and isinstance(given, Mapping):
        missing = [key for key in target if key not in given]
        extra = [] if subset else [key for key in given if key not in target]
        if missing or extra:
            return f"{path}: " + (f"{missing[0]!r} is missing" if missing else f"{extra[0]!r} is not expected")
        parts = (difference(given[key], target[key], f"{path}.{key}", **options) for key in target)
        return next((part for part in parts if part is not None), None)
    if _is_list(target) and _is_list(given):
        if len(given) != len(target):
            return f"{path}: {len(given)} items, expected {len(target)}"
        if ignore_order:
            return _bag_difference(given, target, path, options)
        pairs = enumerate(zip(given, target, strict=True))
        parts = (difference(one, other, f"{path}[{i}]", **options) for i, (one, other) in pairs)
        return next((part for part in parts if part is not None), None)
    return None if _equal(given, target, tolerance) else f"{path}: {_short(given)}, expected {_short(target)}"


def _bag_difference(given: Sequence[Any], target: Sequence[Any], path: str, options: dict[str, Any]) -> str | None:
    left = list(given)
    for wanted in target:
        hit = next((i for i, one in enumerate(left) if difference(one, wanted, path, **options) is None), None)
        if hit is None:
            return f"{path}: no item matches {_short(wanted)}"
        del left[hit]
    return None


def _equal(given: Any, target: Any, tolerance: float) -> bool:
    if isinstance(given, bool) or isinstance(target, bool):
        return given is target
    if isinstance(given, (int, float)) and isinstance(target, (int, float)):
        return math.isclose(given, target, rel_tol=1e-9, abs_tol=tolerance)
    return type(given) is type(target) and bool(given == target)


def _is_list(value: Any) -> bool:
    return isinstance(value, (list, tuple))


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=repr)
    return text if len(text) <= 60 else text[:57] + "..."
