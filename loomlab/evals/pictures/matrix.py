"""Arms against cases."""

from collections.abc import Sequence
from statistics import fmean

from loomlab.display.pictures import Cell, CellState, heat_drawing
from loomlab.evals.pictures.picture import Picture
from loomlab.evals.score import ScoreState
from loomlab.evals.trial import Trial


def matrix_picture(trials: Sequence[Trial], arms: Sequence[str], scorer: str) -> Picture:
    """What each arm made of each case. In the numbers the cases that tell the arms apart come first, by ``spread``, the
    largest difference between arms."""
    by_case: dict[str, dict[str, list[Trial]]] = {}
    for trial in trials:
        by_case.setdefault(trial.case_id, {}).setdefault(trial.arm, []).append(trial)
    cells = {case: {arm: _cell(found, scorer) for arm, found in row.items()} for case, row in by_case.items()}
    spread = {case: _spread(row) for case, row in cells.items()}
    # Stable, so that equal cases keep the dataset's order.
    order = sorted(cells, key=lambda case: -1.0 if spread[case] is None else spread[case] or 0.0, reverse=True)
    numbers: dict[str, list[object]] = {"case": list(order)}
    for arm in arms:
        numbers[arm] = [cells[case][arm].score if arm in cells[case] else None for case in order]
    numbers["spread"] = [spread[case] for case in order]
    return Picture(heat_drawing(cells, arms, scorer=scorer), numbers, index="case")


def _spread(row: dict[str, Cell]) -> float | None:
    known = [one.score for one in row.values() if one.score is not None]
    return max(known) - min(known) if known else None


def _cell(trials: Sequence[Trial], scorer: str) -> Cell:
    known = [value for trial in trials if (value := trial.score(scorer)) is not None]
    if known:
        return Cell(CellState.SCORED, fmean(known))
    states = {trial.state_for(scorer) for trial in trials}
    cause = next((cause for trial in trials if (cause := trial.cause(scorer)) is not None), "")
    return Cell(CellState.UNSCORED if states == {ScoreState.UNSCORED.value} else CellState.FAILED, None, cause)
