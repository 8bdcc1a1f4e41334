"""A model says how good the answer is."""

from collections.abc import Mapping, Sequence

from loomlab.core.protocols import Model
from loomlab.core.results import RunResult
from loomlab.evals.case import Case
from loomlab.evals.judging.asking import Asker
from loomlab.evals.judging.grades import Grades
from loomlab.evals.score import Score
from loomlab.evals.scorers.base import Scorer, scorer
from loomlab.evals.trial import answer_text

RUBRIC = (
    "You check whether an answer to a question is right. It is right where it says what the reference says, in "
    "whatever words; where there is no reference, where it is true and answers what was asked."
)
CORRECT = {"correct": 1.0, "incorrect": 0.0}


def model_judge(
    model: Model | str,
    rubric: str = RUBRIC,
    *,
    grades: Mapping[str, float] | None = None,
    scale: Sequence[float] | None = None,
    reference: bool = True,
    temperature: float = 0.0,
    max_tokens: int = 500,
    column: str = "model_judge",
) -> Scorer:
    """Ask ``model`` to judge the answer by ``rubric``.

    The judge sees the question, the answer and, with ``reference``, the case's target. It says one of ``grades`` (words
    with numbers from 0 to 1; default correct 1, incorrect 0), or a number on ``scale`` (worst and best, as in
    ``[1, 5]``), which becomes a score from 0 to 1. A reply that can't be read is asked for once more; after that, and
    where the model can't be asked, the score *failed*, which is no 0. An empty answer is the worst grade, unasked.
    ``Score.spent`` holds the judge's tokens and cost. ``column`` names the score, for two judges side by side.

    Raises ``ValueError`` for grades or a scale that make no sense, and ``ConfigError`` for a name of no model.
    """
    if grades is not None and scale is not None:
        raise ValueError("give grades or a scale, not both")
    if not rubric.strip():
        raise ValueError("the rubric is empty: say what a good answer is")
    known = Grades(grades or (None if scale is not None else CORRECT), scale)
    asker = Asker(model, known, temperature=temperature, max_tokens=max_tokens)

    @scorer(column)
    async def judge(result: RunResult, case: Case) -> Score:
        if not result.output.strip():
            return Score(known.worst, "the answer is empty")
        material = {"question": answer_text(case.input)}
        if reference and case.target is not None:
            material["reference"] = _reference(case.target)
        said = await asker.ask(rubric, {**material, "answer": result.output})
        if said.value is None:
            return Score.failed(said.fault or "judge failed", spent=said.spent)
        details = {"grade": said.grade, "judge": asker.model.name}
        return Score(said.value, said.reason or None, spent=said.spent, details=details)

    return judge


def _reference(target: object) -> str:
    if isinstance(target, (list, tuple)) and all(isinstance(one, str) for one in target):
        return "\nor: ".join(target)
    return answer_text(target)
