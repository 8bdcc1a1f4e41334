"""Each case says itself how it is scored: for datasets of several kinds of questions."""

from collections.abc import Callable, Mapping, Sequence
from inspect import isawaitable
from typing import Any

from loomlab.core.errors import ConfigError
from loomlab.core.messages import ToolCall
from loomlab.core.results import RunResult
from loomlab.evals.case import Case
from loomlab.evals.score import Score, as_score
from loomlab.evals.scorers.base import CallScorer, Scorer, scorer, wants_calls

Maker = Callable[[str | Mapping[str, Any]], Scorer]


def case_scorer(make: Maker, default: str | Mapping[str, Any] | None = None) -> CallScorer:
    """A scorer that uses the one named in ``metadata["scorer"]``, made by ``make`` once for each different name."""
    made: dict[str, Any] = {}
    if default is not None:
        made[repr(default)] = make(default)

    @scorer("by_case")
    async def judge(result: RunResult, case: Case, calls: Sequence[ToolCall]) -> Score:
        spec = case.metadata.get("scorer", default)
        if spec is None:
            return Score.unscored("the case has no metadata 'scorer'")
        if not isinstance(spec, (str, Mapping)):
            return Score.unscored(f"the metadata 'scorer' of the case is {spec!r}, not a name or a table")
        if repr(spec) not in made:
            try:
                made[repr(spec)] = make(spec)
            except ConfigError as exc:
                return Score.unscored(str(exc))
        one = made[repr(spec)]
        said = one(result, case, calls) if wants_calls(one) else one(result, case)
        return as_score(await said if isawaitable(said) else said)

    return judge
