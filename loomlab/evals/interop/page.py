"""A run, runs side by side, or an evaluation as one HTML file that can be mailed: it loads nothing and runs nothing."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from loomlab.core.errors import ConfigError
from loomlab.core.redact import redact
from loomlab.display import RunTrace, run_page
from loomlab.display.figures_only import LEFT_OUT, alignment_without_texts, record_without_texts
from loomlab.display.page import page
from loomlab.display.trajectory import alignment_html
from loomlab.evals.case import Case
from loomlab.evals.dataset import Dataset
from loomlab.evals.evaluation import Evaluation
from loomlab.evals.faces import evaluation_faces
from loomlab.evals.report import report_folds, report_title
from loomlab.evals.score import Score
from loomlab.evals.trial import Trial
from loomlab.runlog import RunRecord, align

Source = RunRecord | Evaluation | Mapping[str, RunRecord]


def to_html(source: Source, path: str | Path, *, content: bool = True) -> Path:
    """Write ``source`` as one HTML page to ``path``; where it lies.

    ``source`` is a logged run, an evaluation, or several runs by name, which then stand side by side. Without
    ``content`` nothing of what was asked, answered, remembered or given to tools is in it, nor the user's name: only
    who did what, when, how long and for how much. What looks like a key or a password is masked either way.
    """
    path = Path(path)
    if path.is_dir():
        raise ConfigError(f"{path} is a folder; name a file in it, for instance {path / 'run.html'}")
    made = redact(html_of(source, content=content))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(made, encoding="utf-8")
    return path


def html_of(source: Source, *, content: bool = True) -> str:
    """The page as text; secrets are not masked yet."""
    if isinstance(source, Evaluation):
        shown = source if content else evaluation_without_texts(source)
        return page(report_title(shown), f"{evaluation_faces(shown)[0]}\n{report_folds(shown, failures=False)}")
    if isinstance(source, RunRecord):
        shown_run = source if content else record_without_texts(source)
        return run_page(RunTrace(shown_run.events), title=None if content else f"Run {source.run_id}")
    runs = align(source) if content else alignment_without_texts(source)
    return page(f"{len(source)} runs side by side", alignment_html(runs))


def evaluation_without_texts(evaluation: Evaluation) -> Evaluation:
    """The same figures under the same names, without what was asked, expected, answered or given as a reason."""
    bare = evaluation.only()
    bare.dataset = Dataset(
        [Case(one.id, LEFT_OUT, None, one.cluster) for one in evaluation.dataset], name=evaluation.dataset.name
    )
    numbers = {case.id: number for number, case in enumerate(bare.dataset)}
    for trial in evaluation.trials:
        bare.put(numbers[trial.case_id], bare.arms.index(trial.arm), trial.epoch, _bare(trial))
    return bare


def _bare(trial: Trial) -> Trial:
    said = LEFT_OUT if trial.output is not None else None
    scores = {name: _silent(score) for name, score in trial.scores.items()}
    error = LEFT_OUT if trial.error is not None else None
    return replace(trial, output=said, error=error, scores=scores, user_id="")


def _silent(score: Score) -> Score:
    return replace(score, reason=None if score.value is not None else LEFT_OUT, details=None)
