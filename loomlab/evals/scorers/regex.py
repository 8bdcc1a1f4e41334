"""The answer matches a pattern."""

import re
from typing import Literal

from loomlab.core.results import RunResult
from loomlab.evals.case import Case
from loomlab.evals.score import NO_TARGET, RIGHT, Score
from loomlab.evals.scorers.base import Scorer, scorer, targets_of

LONGEST = 100_000
"""Characters of an answer that are searched: patterns that go back and forth take long over more."""


def regex(
    pattern: str | None = None,
    *,
    ignore_case: bool = True,
    multiline: bool = True,
    full: bool = False,
    group: str | int | None = None,
    which: Literal["last", "first", "any"] = "last",
) -> Scorer:
    """Right when the pattern (Python's ``re``) occurs in the answer; with ``full`` it must be the whole answer.

    Without ``pattern`` the case's target is the pattern, or a list of patterns of which any may occur. With ``group``
    what that group of ``pattern`` matched is compared with the target instead: ``regex(r"answer: (\\w+)", group=1)``
    takes the answer out of the prose around it; of several matches ``which`` counts. ``multiline`` lets ``^`` and
    ``$`` match at every line, ``ignore_case`` goes for the pattern and for that comparison. The first 100,000
    characters are searched. Raises ``ValueError`` for what is no pattern, or a group it does not have.
    """
    flags = (re.IGNORECASE if ignore_case else 0) | (re.MULTILINE if multiline else 0)
    fixed = None if pattern is None else _compiled(pattern, flags)
    if which not in ("last", "first", "any"):
        raise ValueError(f"which is 'last', 'first' or 'any', not {which!r}")
    if group is not None:
        if fixed is None:
            raise ValueError("group= needs a pattern")
        if group not in fixed.groupindex and group not in range(fixed.groups + 1):
            raise ValueError(f"the pattern has no group {group!r}")

    def plain(text: str) -> str:
        text = " ".join(text.split())
        return text.casefold() if ignore_case else text

    def occurs(found: re.Pattern[str], answer: str) -> bool:
        return (found.fullmatch(answer.strip()) if full else found.search(answer)) is not None

    @scorer("regex")
    def judge(result: RunResult, case: Case) -> Score:
        answer = result.output[:LONGEST]
        if fixed is not None and group is None:
            return RIGHT if occurs(fixed, answer) else Score(0.0, "the pattern does not occur in the answer")
        if case.target is None:
            return NO_TARGET
        wanted = [str(one) for one in targets_of(case)]
        if fixed is None:
            try:
                patterns = [_compiled(one, flags) for one in wanted]
            except ValueError as exc:
                return Score.unscored(f"the target is no pattern: {exc}")
            hit = any(occurs(one, answer) for one in patterns)
            return RIGHT if hit else Score(0.0, "no pattern of the target occurs in the answer")
        said = [match[group or 0] or "" for match in fixed.finditer(answer)]
        if not said:
            return Score(0.0, "the pattern does not occur in the answer")
        chosen = {"last": said[-1:], "first": said[:1], "any": said}[which]
        if {plain(one) for one in chosen} & {plain(one) for one in wanted}:
            return RIGHT
        return Score(0.0, f"the answer says {chosen[-1][:60]!r}")

    return judge


def _compiled(pattern: str, flags: int) -> re.Pattern[str]:
    try:
        return re.compile(pattern, flags)
    except re.error as exc:
        raise ValueError(f"{pattern!r} is not a pattern: {exc}") from None
