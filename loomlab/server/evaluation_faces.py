"""One evaluation as JSON: the very face that its cell has, pictures included, and its trials."""

from collections import OrderedDict
from collections.abc import Callable, Hashable

from loomlab.core.errors import ConfigError
from loomlab.display.text import preview
from loomlab.evals import Evaluation
from loomlab.evals.faces import evaluation_faces
from loomlab.evals.logged import logged_evaluation
from loomlab.evals.pictures import Picture
from loomlab.evals.trial import Trial
from loomlab.runlog import RunLog
from loomlab.runlog.home import Home
from loomlab.runlog.manifest import Manifest
from loomlab.server.evaluation_list import evaluation_row
from loomlab.server.shapes_evaluations import EvaluationFace, EvaluationRow, TrialRow

_TRIALS, _SAID = 500, 160
_KEPT = 8
_RUNNING = "running"


class EvaluationFaces:
    """Faces of evaluations; those made last are kept, since intervals take a moment."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Hashable, EvaluationFace] = OrderedDict()
        self._scrubbed = ""

    def face(self, log: RunLog, evaluation_id: str) -> EvaluationFace | None:
        """The evaluation with this very id as the log has it now; None where there is none."""
        scrubbed = Manifest.read(Home(log.path)).scrubbed
        if scrubbed != self._scrubbed:  # somebody's words are out of the log, so they leave what is kept of it
            self._kept.clear()
            self._scrubbed = scrubbed
        row = evaluation_row(log, evaluation_id)
        if row is None:
            return None
        scored = log.sql(
            "SELECT count(*) AS n, max(epoch_us(scored_at)) AS at FROM scores WHERE evaluation_id = ?", [evaluation_id]
        ).to_dict("records")[0]
        key = (str(log.path), evaluation_id, row["status"], row["done"], scored["n"], str(scored["at"]))
        if key not in self._kept:
            self._kept[key] = _face(log, row)
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        self._kept.move_to_end(key)
        return self._kept[key]


def _face(log: RunLog, row: EvaluationRow) -> EvaluationFace:
    evaluation = logged_evaluation(log, row["evaluation_id"], look_up=False)
    html, text = evaluation_faces(evaluation, note=_note(row), pictures=_pictures(evaluation))
    trials = evaluation.trials
    return {
        "row": row,
        "html": html,
        "text": text,
        "trials": [_trial(one, evaluation.scorers) for one in trials[:_TRIALS]],
        "more_trials": max(0, len(trials) - _TRIALS),
        "live": row["status"] == _RUNNING,
    }


def _pictures(evaluation: Evaluation) -> list[Picture]:
    """Quality against cost, and arms against cases, as soon as there is something to see."""
    if not evaluation.trials or len(evaluation.arms) < 2:
        return []
    against = "cost_usd"
    if all(trial.cost_usd in (None, 0) for trial in evaluation.trials):  # a model on this machine costs time
        against = "latency_ms"
    found = []
    draws: tuple[Callable[[], Picture], ...] = (lambda: evaluation.pareto(against=against), evaluation.matrix)
    for draw in draws:
        try:
            found.append(draw())
        except ConfigError:
            continue
    return found


def _note(row: EvaluationRow) -> str:
    done = f"{row['done']:,} of {row['planned']:,} trials"
    if row["status"] == _RUNNING:
        return f"Still running: {done} are done."
    if row["status"] == "lost":
        return f"Its process ended before it did: {done} were done. Run it again with resume to go on."
    return "" if row["done"] >= row["planned"] else f"Stopped early: {done} were done."


def _trial(trial: Trial, scorers: tuple[str, ...]) -> TrialRow:
    scorer = scorers[0] if scorers else ""
    cause = trial.cause(scorer)
    return {
        "trial_id": trial.id,
        "case_id": preview(trial.case_id, 200),
        "arm": preview(trial.arm, 100),
        "epoch": trial.epoch,
        "run_id": trial.run_id or None,
        "score": trial.score(scorer),
        "cause": None if cause is None else preview(cause, 200),
        "said": preview(str(trial.output if trial.output is not None else trial.error or ""), _SAID),
    }
