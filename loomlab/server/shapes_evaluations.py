"""The JSON that the routes of evaluations answer with; the extension's types are generated from these."""

from typing import NotRequired, TypedDict


class EvaluationRow(TypedDict):
    """One evaluation in a list. ``done`` of ``planned`` trials; ``cost_usd`` null: part of it is not known."""

    evaluation_id: str
    suite: str
    dataset: str
    arms: list[str]
    cases: int
    done: int
    planned: int
    status: str
    started_at: str | None
    cost_usd: float | None


class EvaluationList(TypedDict):
    """``evaluations``: the newest first. ``empty``: what to type next, where there is none."""

    rows: list[EvaluationRow]
    total: int
    empty: NotRequired[str]


class TrialRow(TypedDict):
    """One trial. ``score`` is the first scorer's, null where it has none; then ``cause`` says why."""

    trial_id: str
    case_id: str
    arm: str
    epoch: int
    run_id: str | None
    score: float | None
    cause: str | None
    said: str


class EvaluationFace(TypedDict):
    """``evaluation``: one evaluation as the displays show it, and its trials, the first five hundred."""

    row: EvaluationRow
    html: str
    text: str
    trials: list[TrialRow]
    more_trials: int
    live: bool


class DatasetNames(TypedDict):
    """``evaluation/datasets``: the datasets that a run can become a case of, in the folder of this name."""

    folder: str
    names: list[str]


class Promoted(TypedDict):
    """``evaluation/promote``: the case that was added."""

    case_id: str
    dataset: str


class Labelled(TypedDict):
    """``run/label``: done."""

    ok: bool
    label_id: str
