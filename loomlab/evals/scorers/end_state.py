"""What the arm left behind is what it should have left."""

from collections.abc import Callable, Mapping, Sequence
from inspect import isawaitable
from typing import Any

from loomlab.core.messages import ToolCall
from loomlab.core.results import RunResult
from loomlab.evals.case import Case
from loomlab.evals.score import NO_TARGET, RIGHT, Score, as_score
from loomlab.evals.scorers.base import CallScorer, scorer
from loomlab.evals.scorers.json_match import difference, plain_value
from loomlab.evals.worlds import replay, world_of

StateReader = Callable[[RunResult, Case], Any]
"""The state after a run, from its result (``run_id``, ``user_id``, ``session_id`` tell which run) and the case."""


def end_state(
    check: Callable[[Any, Case], Any] | None = None,
    *,
    state: StateReader | None = None,
    subset: bool = False,
    ignore: Sequence[str] = (),
    tolerance: float = 0.0,
) -> CallScorer:
    """Right when the state after the run is the target, or when ``check(state, case)`` says so; how does not matter.

    ``state`` reads the state (a database, a folder), and may be async. Without it the case's own world is meant
    (``metadata["world"]``, see ``loomlab.evals.worlds``): the calls of the run are done again on a fresh copy of it.
    ``check`` returns what a scorer returns. Else the state is compared with ``case.target`` part by part:
    ``subset`` lets it hold more, ``ignore`` names keys of its top level that do not count, ``tolerance`` is the
    difference allowed between numbers. A case with neither world nor target is unscored.
    """

    @scorer("end_state")
    async def judge(result: RunResult, case: Case, calls: Sequence[ToolCall]) -> Score:
        if state is not None:
            left = state(result, case)
            left = plain_value(await left if isawaitable(left) else left)
        else:
            world = world_of(case)
            if world is None:
                return Score.unscored("the case has no metadata 'world', and the scorer was given no state=")
            left = replay(world, calls)
        if check is not None:
            said = check(left, case)
            return as_score(await said if isawaitable(said) else said)
        if case.target is None:
            return NO_TARGET
        given, wanted = _without(left, ignore), _without(case.target, ignore)
        differs = difference(given, wanted, "$", subset=subset, tolerance=tolerance, ignore_order=False)
        return RIGHT if differs is None else Score(0.0, differs)

    return judge


def _without(state: Any, ignore: Sequence[str]) -> Any:
    if not isinstance(state, Mapping):
        return state
    return {key: value for key, value in state.items() if key not in ignore}
