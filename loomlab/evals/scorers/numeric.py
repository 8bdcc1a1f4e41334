"""The answer is the right number."""

import math
import re
from typing import Any, Literal

from loomlab.core.results import RunResult
from loomlab.evals.case import Case
from loomlab.evals.score import NO_TARGET, RIGHT, WRONG, Score
from loomlab.evals.scorers.base import Scorer, scorer, targets_of

# A dash between two digits is a range or a date, not a sign; commas group thousands only in threes.
_NUMBER = re.compile(r"(?<![\w.])(?:(?<!\d)[-+−])?(?:\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?%?")


def numeric(
    *, tolerance: float = 0.0, relative: float = 1e-9, which: Literal["last", "first", "only"] = "last"
) -> Scorer:
    """Right when the number in the answer lies within ``tolerance`` (or ``relative`` × target) of the target.

    Of several numbers in the text the ``last`` counts (models conclude at the end), the ``first``, or the
    ``only`` one, where two different numbers are wrong. ``1,234.5``, ``-3e4`` and ``−2`` are read; ``50%`` is 50. A
    text without a number is wrong; a target that is no number makes the case unscored.
    """
    if tolerance < 0 or relative < 0:
        raise ValueError("tolerance and relative must not be negative")

    @scorer("numeric")
    def judge(result: RunResult, case: Case) -> Score:
        if case.target is None:
            return NO_TARGET
        wanted = [number for one in targets_of(case) if (number := _as_number(one)) is not None]
        if not wanted:
            return Score.unscored(f"the target {case.target!r} is not a number")
        found = [result.parsed] if _is_number(result.parsed) else _numbers(result.output)
        if not found:
            return Score(0.0, "no number in the answer")
        if which == "only" and len(set(found)) > 1:
            return Score(0.0, f"{len(set(found))} different numbers in the answer")
        given = found[0] if which == "first" else found[-1]
        hit = any(math.isclose(given, one, rel_tol=relative, abs_tol=tolerance) for one in wanted)
        return RIGHT if hit else WRONG

    return judge


def _numbers(text: str) -> list[float]:
    return [float(match.strip("%").replace(",", "").replace("−", "-")) for match in _NUMBER.findall(text)]


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _as_number(value: Any) -> float | None:
    if _is_number(value):
        return float(value) if math.isfinite(value) else None
    found = _numbers(str(value))
    return found[0] if len(found) == 1 else None
