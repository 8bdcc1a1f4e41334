"""The right tools were called with the right arguments."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from loomlab.core.messages import ToolCall
from loomlab.core.results import RunResult
from loomlab.evals.case import Case
from loomlab.evals.score import NO_TARGET, RIGHT, Score
from loomlab.evals.scorers.base import CallScorer, scorer

_LOOSE = re.compile(r"[\s\-_,./*^'\"]+")


def tool_calls(*, ordered: bool = False, loose_text: bool = True) -> CallScorer:
    """Right when the calls of the run are those of the target: no call missing, none too many.

    ``case.target`` is a list of ``{"name": …, "arguments": {argument: [allowed values]}, "optional": [arguments]}``;
    within an allowed object the values are lists of what is allowed again. ``ordered`` minds the order of the calls;
    ``loose_text`` compares texts without case, spaces and punctuation. A call that could not be read is wrong.
    """

    @scorer("tool_calls")
    def judge(result: RunResult, case: Case, calls: Sequence[ToolCall]) -> Score:
        if case.target is None:
            return NO_TARGET
        wanted = case.target if isinstance(case.target, (list, tuple)) else [case.target]
        if not all(isinstance(one, Mapping) and "name" in one for one in wanted):
            return Score.unscored("the target is not a list of calls with names")
        if len(calls) != len(wanted):
            return Score(0.0, f"{len(calls)} calls, expected {len(wanted)}")
        left = list(calls)
        for want in wanted:
            faults = [_fault(call, want, loose_text) for call in (left[:1] if ordered else left)]
            if None not in faults:
                return Score(0.0, _nearest(faults, left, want))
            del left[faults.index(None)]
        return RIGHT

    return judge


def _nearest(faults: list[str | None], left: list[ToolCall], want: Mapping[str, Any]) -> str | None:
    same = (fault for fault, call in zip(faults, left, strict=False) if call.tool == want["name"])
    return next(same, faults[0])


def _fault(call: ToolCall, want: Mapping[str, Any], loose: bool) -> str | None:
    """What is wrong with a call, or None."""
    if call.error is not None:
        return f"the call of {call.tool} could not be read: {call.error}"
    if call.tool != want["name"]:
        return f"called {call.tool}, expected {want['name']}"
    allowed, optional = want.get("arguments", {}), want.get("optional", ())
    return _object_fault(call.args, allowed, optional, call.tool, loose)


def _object_fault(
    given: Mapping[str, Any], allowed: Mapping[str, Any], optional: Sequence[str], where: str, loose: bool
) -> str | None:
    for name, value in given.items():
        if name not in allowed:
            return f"{where}: the argument {name!r} is not expected"
        if not any(_equal(value, one, loose) for one in allowed[name]):
            return f"{where}: {name} is {value!r}, expected {' or '.join(map(repr, allowed[name][:3]))}"
    missing = next((name for name in allowed if name not in given and name not in optional), None)
    return None if missing is None else f"{where}: the argument {missing!r} is missing"


def _equal(given: Any, want: Any, loose: bool) -> bool:
    if isinstance(want, Mapping):
        if not isinstance(given, Mapping):
            return False
        lists = {name: value if isinstance(value, list) else [value] for name, value in want.items()}
        optional = [name for name, value in lists.items() if "" in value]
        return _object_fault(given, lists, optional, "", loose) is None
    if isinstance(want, (list, tuple)):
        same_length = isinstance(given, (list, tuple)) and len(given) == len(want)
        return same_length and all(_equal(one, other, loose) for one, other in zip(given, want, strict=True))
    if isinstance(want, str) and isinstance(given, str):
        return _plain(given) == _plain(want) if loose else given == want
    if isinstance(want, bool) or isinstance(given, bool):
        return given is want
    return bool(given == want)


def _plain(text: str) -> str:
    return _LOOSE.sub("", text).casefold()
