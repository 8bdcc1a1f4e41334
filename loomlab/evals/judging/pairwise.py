"""Which of two answers is better, asked in both orders: a judge that prefers whatever comes first is found out."""

from dataclasses import dataclass
from enum import StrEnum

from loomlab.core.errors import ConfigError
from loomlab.core.protocols import Model
from loomlab.core.results import RunResult
from loomlab.evals.case import Case
from loomlab.evals.judging.asking import Asker, Verdict
from loomlab.evals.judging.grades import Grades
from loomlab.evals.score import NO_TARGET, Score, Spent
from loomlab.evals.trial import answer_text

RUBRIC = "You compare two answers to the same question and say which one answers it better."
_SIDES = {"first": 1.0, "second": 0.0, "tie": 0.5}
_WORTH = {"b": 1.0, "tie": 0.5, "a": 0.0}


class PairState(StrEnum):
    """Whether a comparison came to a decision, and if not, why."""

    DECIDED = "decided"
    BIASED = "position-biased"
    FAILED = "judge failed"


@dataclass(frozen=True, slots=True)
class PairVerdict:
    """``winner`` is ``"a"``, ``"b"`` or ``"tie"``; None unless decided.

    ``first`` is what was said with a first and b second, ``second`` what was said with b first. The same place winning
    twice is *position-biased*; a tie in one order and a winner in the other is a tie.
    """

    winner: str | None
    state: PairState
    first: str | None
    second: str | None
    reason: str
    spent: Spent

    @property
    def consistent(self) -> bool | None:
        """Whether both orders said the same; None where they were not both asked and read."""
        return None if self.first is None or self.second is None else self.first == self.second

    @property
    def value(self) -> float | None:
        """1 where b won, 0.5 for a tie, 0 where a won; None where nobody did."""
        return None if self.winner is None else _WORTH[self.winner]


class PairwiseJudge:
    """Compares two answers to a case; as a scorer, the answer with the case's target.

    ``swap`` asks a second time with the places exchanged. Raises ``ConfigError`` for an empty rubric or no model.
    """

    def __init__(
        self,
        model: Model | str,
        rubric: str = RUBRIC,
        *,
        swap: bool = True,
        temperature: float = 0.0,
        max_tokens: int = 500,
        column: str = "pairwise_judge",
    ) -> None:
        if not rubric.strip():
            raise ConfigError("the rubric is empty: say what makes one answer better than another")
        self.name = column
        self.rubric = rubric
        self.swap = swap
        self._asker = Asker(model, Grades(_SIDES), temperature=temperature, max_tokens=max_tokens)

    async def compare(self, case: Case, a: str, b: str) -> PairVerdict:
        """Which answer is better. Two equal answers are a tie, unasked."""
        if a.strip() == b.strip():
            return PairVerdict("tie", PairState.DECIDED, "tie", "tie", "the answers are the same", self._nothing)
        one = await self._ask(case, a, b)
        if one.grade is None:
            return PairVerdict(None, PairState.FAILED, None, None, one.fault or "", one.spent)
        first = {"first": "a", "second": "b"}.get(one.grade, "tie")
        if not self.swap:
            return PairVerdict(first, PairState.DECIDED, first, None, one.reason, one.spent)
        other = await self._ask(case, b, a)
        spent = one.spent + other.spent
        if other.grade is None:
            return PairVerdict(None, PairState.FAILED, first, None, other.fault or "", spent)
        second = {"first": "b", "second": "a"}.get(other.grade, "tie")
        if first == second:
            return PairVerdict(first, PairState.DECIDED, first, second, one.reason, spent)
        if "tie" in (first, second):
            return PairVerdict("tie", PairState.DECIDED, first, second, f"{one.reason} / {other.reason}", spent)
        return PairVerdict(
            None, PairState.BIASED, first, second, f"the {one.grade} answer won in either order: {one.reason}", spent
        )

    async def __call__(self, result: RunResult, case: Case) -> Score:
        """The answer against the target: 1 better, 0.5 as good, 0 worse; unscored where the order decides."""
        if case.target is None:
            return NO_TARGET
        target = case.target[0] if isinstance(case.target, (list, tuple)) and case.target else case.target
        said = await self.compare(case, answer_text(target), result.output)
        details = {"first": said.first, "second": said.second, "judge": self._asker.model.name}
        if said.state is PairState.FAILED:
            return Score.failed(said.reason, spent=said.spent, details=details)
        if said.value is None:
            return Score.unscored(f"{said.state.value}: {said.reason}", spent=said.spent, details=details)
        return Score(said.value, said.reason or None, spent=said.spent, details=details)

    @property
    def _nothing(self) -> Spent:
        return Spent(self._asker.model.name)

    async def _ask(self, case: Case, first: str, second: str) -> Verdict:
        asked = answer_text(case.input)
        return await self._asker.ask(self.rubric, {"question": asked, "first": first, "second": second})
