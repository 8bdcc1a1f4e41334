"""What an evaluation is expected to show, as one line: ``accuracy(react) >= 0.7 @95%``."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from loomlab.core.errors import ConfigError, LoomError
from loomlab.core.nearest import did_you_mean
from loomlab.display import format as fmt
from loomlab.evals.differing import cases_needed, difference
from loomlab.evals.expectation_grammar import SIGNS, Sides, Term, read
from loomlab.evals.measure import Figure, Measure, find_measure, measure_names, trials_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loomlab.evals.evaluation import Evaluation

_WORDS = {
    ">=": "at least",
    ">": "more than",
    "<=": "at most",
    "<": "less than",
    "==": "exactly",
    "!=": "anything but",
}


class ExpectationNotMet(LoomError, AssertionError):
    """What was expected does not hold, or is not decided. ``result`` says what was found."""

    def __init__(self, result: "ExpectationResult") -> None:
        super().__init__(result.sentence)
        self.result = result


@dataclass(frozen=True, slots=True)
class ExpectationResult:
    """What came of an expectation. ``ok`` is True (met), False (not met) or None (not decided).

    ``value`` is the figure found (of a comparison: the difference, left less right), None where it is not known;
    ``low`` and ``high`` its interval where a confidence was asked for. ``n`` counts what is behind it: trials, or cases
    that both arms answered. ``more`` is how many more cases or clusters would probably settle what is not decided.
    ``bound`` is the line it is held against; ``sentence`` says all of it.
    """

    expectation: "Expectation"
    ok: bool | None
    sentence: str
    value: float | None
    low: float | None
    high: float | None
    n: int
    more: int | None = None
    bound: float = 0.0
    measure: Measure | None = None

    @property
    def state(self) -> str:
        """``met``, ``not met`` or ``not decided``."""
        return {True: "met", False: "not met", None: "not decided"}[self.ok]

    def require(self) -> "ExpectationResult":
        """The result itself where it is met. Raises ExpectationNotMet otherwise."""
        if self.ok is not True:
            raise ExpectationNotMet(self)
        return self


@dataclass(frozen=True, slots=True)
class Expectation:
    """An expectation that was read from ``text``; ``confidence`` is None where the point estimate decides.

    ``accuracy(react) >= 0.7``, ``cost(react) <= $0.01``, ``failures(react) == 0``, ``pass^3(react) >= 60%`` hold a
    figure of one arm against a bound. Measures are the scorers by name, accuracy (the first scorer's score), pass@k,
    pass^k, failure_rate, and, of a trial: cost, tokens, turns (means) and latency (the median); failures, total_cost
    and total_tokens are sums. ``react > rewoo by 0.05`` and ``cost(react) <= cost(rewoo)`` compare two arms on the
    cases that both have; ``react >= rewoo within 0.02`` asks that it is not worse by more than that, and ``react ==
    rewoo within 0.02`` that neither is. With ``@95%`` the whole interval must lie on the right side.
    """

    text: str
    left: Term
    sign: str
    right: Term | None
    bound: float
    slack: float = 0.0
    unit: str = ""
    confidence: float | None = None

    @classmethod
    def parse(cls, text: str) -> "Expectation":
        """Read one line. Raises ConfigError that says what can't be read."""
        return cls(**read(text))

    def require_known(self, arms: "Sequence[str]", scorers: "Sequence[str]", epochs: int | None = None) -> None:
        """Raises ConfigError where an arm or a measure is not there: before an evaluation runs, not after."""
        self._sides(arms, scorers, epochs)

    def check(self, evaluation: "Evaluation") -> ExpectationResult:
        """Hold it against an evaluation.

        What a score that is missing could turn is not decided, and neither is anything of an evaluation that was
        stopped, except what more trials can't mend. A sequential evaluation is held to the interval that stays valid
        whenever one stops. Raises ConfigError for an arm or a measure that is not there.
        """
        sides = self._sides(evaluation.arms, evaluation.scorers, evaluation.epochs)
        found = self._figure(evaluation, sides)
        ok, doubts = self._truth(found), []
        if found.value is None:
            doubts.append(f"{found.why[:1].upper()}{found.why[1:]}.")
        elif ok is None and found.low is None:
            doubts.append(f"No interval can be given from {fmt.plural(found.units, 'independent case')}.")
        if ok and found.missing and sides.measure.is_share:
            if any(self._truth(self._figure(evaluation, sides, worst)) is not True for worst in self._worst()):
                ok = None
                doubts.append(f"{_lack(found)}, and it would not hold if that hides wrong answers.")
            else:
                doubts.append(f"{_lack(found)}; it would hold even if that hides wrong answers.")
        if evaluation.status.value != "done":
            doubts.append(f"The evaluation is not whole: {len(evaluation):,} of {evaluation.expected:,} trials.")
            if ok or not (ok is False and sides.measure.kind == "failures" and self.sign in ("==", "<=", "<")):
                ok = None
        more = self._more(found) if ok is None and found.low is not None and not doubts else None
        unit = "cluster" if any(case.cluster for case in evaluation.dataset) else "case"
        if more is not None:
            doubts.append(f"About {fmt.plural(more, f'more {unit}')} would settle it, at 80 % power.")
        sentence = self._sentence(ok, found, sides, doubts)
        return ExpectationResult(
            self, ok, sentence, found.value, found.low, found.high, found.n, more, self.bound, sides.measure
        )

    def _sides(self, arms: "Sequence[str]", scorers: "Sequence[str]", epochs: int | None) -> Sides:
        named = [self._named(term, arms, scorers) for term in (self.left, self.right) if term is not None]
        measures = {name for name, _ in named if name is not None}
        if len(measures) > 1:
            raise ConfigError(f"{self.text!r} compares {' with '.join(sorted(measures))}; both sides take one measure")
        measure = find_measure(next(iter(measures), None), scorers, epochs)
        self._check_unit(measure)
        left, right = named[0][1], named[1][1] if len(named) > 1 else None
        if left == right:
            raise ConfigError(f"{self.text!r} compares {left!r} with itself")
        return Sides(measure, left, right)

    def _named(self, term: Term, arms: "Sequence[str]", scorers: "Sequence[str]") -> tuple[str | None, str]:
        """The measure and the arm of a term: one word is an arm, or a measure where there is one arm only."""
        if term.arm is None and term.measure not in arms:
            known = term.measure in measure_names(scorers)
            if known and len(arms) == 1:
                return term.measure, arms[0]
            if known:
                raise ConfigError(f"{term.measure} of which arm? write {term.measure}({arms[0]})")
            raise ConfigError(f"there is no arm {term.measure!r}; {did_you_mean(str(term.measure), arms)}")
        arm = term.measure if term.arm is None else term.arm
        if arm not in arms:
            raise ConfigError(f"there is no arm {arm!r}; {did_you_mean(str(arm), arms)}")
        return (None if term.arm is None else term.measure), str(arm)

    def _check_unit(self, measure: Measure) -> None:
        allowed = {"latency": ("ms",), "cost": ("", "$"), "total_cost": ("", "$"), "failure_rate": ("", "%")}
        units = allowed.get(measure.kind, ("", "%") if measure.is_share else ("",))
        if self.unit not in units and not (self.right is not None and self.bound == 0 and self.slack == 0):
            hint = "give a time with its unit, as 800ms or 2s" if measure.kind == "latency" else "leave the unit out"
            raise ConfigError(f"{measure.name} is not measured in {self.unit or 'bare numbers'}: {hint}")
        if self.confidence is not None and measure.is_count:
            raise ConfigError(f"{measure.name} is a count, which has no interval; leave out the confidence")

    def _figure(self, evaluation: "Evaluation", sides: Sides, worst: tuple[float, float] | None = None) -> Figure:
        if sides.right is None:
            return sides.measure.of(trials_of(evaluation, sides.left), self.confidence, worst and worst[0])
        return difference(evaluation, sides.measure, sides.left, sides.right, self.confidence, worst)

    def _worst(self) -> list[tuple[float, float]]:
        """What missing scores would have to be, left and right, for this to fail."""
        low, high = (0.0, 1.0), (1.0, 0.0)
        return [low] if self.sign in (">", ">=") else [high] if self.sign in ("<", "<=") else [low, high]

    def _truth(self, found: Figure) -> bool | None:
        """Whether all of the interval (the value, where no confidence is asked for) lies where it should."""
        if found.value is None or (self.confidence is not None and found.low is None):
            return None
        ends = (found.value, found.value) if found.low is None or found.high is None else (found.low, found.high)
        if self.sign == "!=":
            return not math.isclose(ends[0], self.bound, abs_tol=1e-12)
        if self.sign == "==":
            reach = self.slack + 1e-12
            low, high = self.bound - reach, self.bound + reach
            return True if low <= ends[0] and ends[1] <= high else False if ends[1] < low or ends[0] > high else None
        holds = [SIGNS[self.sign](_near(end, self.bound), self.bound) for end in ends]
        return True if all(holds) else None if any(holds) else False

    def _more(self, found: Figure) -> int | None:
        bounds = (self.bound - self.slack, self.bound + self.slack) if self.sign == "==" else (self.bound,)
        nearest = min(bounds, key=lambda bound: abs((found.value or 0.0) - bound))
        needed = cases_needed(found, nearest, self.confidence or 0.95)
        return needed - found.units if needed is not None and needed > found.units else None

    def _sentence(self, ok: bool | None, found: Figure, sides: Sides, doubts: "Sequence[str]") -> str:
        state = {True: "Met", False: "Not met", None: "Not decided"}[ok]
        show = sides.measure.shown
        name = f"{sides.measure.name}({sides.left})"
        if sides.right is not None:
            name = f"{name} less {sides.measure.name}({sides.right})"
        said = f"{state}: {name} is {'not known' if found.value is None else show(found.value)}"
        if found.low is not None and self.confidence is not None:
            said += f", at {self.confidence * 100:g} % between {show(found.low)} and {show(found.high)}"
        unit = "case" if sides.right is not None else "trial"
        bound = f"{_WORDS[self.sign]} {show(self.bound)}"
        if self.slack:
            bound = f"at most {show(self.slack)} either way"
        parts = [f"{said} ({fmt.plural(found.n, unit)}); expected {bound}.", *doubts]
        return " ".join(parts)


def _near(value: float, bound: float) -> float:
    """The bound itself for what differs from it by rounding only: a mean of 0.7 is not below 0.7."""
    return bound if math.isclose(value, bound, rel_tol=1e-12, abs_tol=1e-12) else value


def _lack(found: Figure) -> str:
    return f"{fmt.plural(found.missing, 'trial')} {'has' if found.missing == 1 else 'have'} no score"
