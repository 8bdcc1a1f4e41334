"""Do the statistics keep their promises? Simulated at length, and the answers kept beside this file.

    python evals/calibration.py            simulate, print the table, and write calibration_baseline.json
    python evals/calibration.py --check    the same without writing; fails where a promise is broken
    python evals/calibration.py --runs N   so many simulated evaluations a line (5,000 unless told otherwise)

The promises: at 5 %, false alarms are 4 to 6 in a hundred and intervals hold the truth 93 to 97 times in a hundred,
plain and clustered, from 30 cases on; equivalence and sequential decisions are wrong at most 5 times in a hundred,
whenever one looks; several comparisons together raise a false alarm at most 5 times in a hundred. Lines without a
promise say where the methods end. Needs the extra ``evals``. About ten minutes.
"""

import json
import math
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
from scipy import stats
from statsmodels.regression.linear_model import OLS
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint
from statsmodels.stats.weightstats import ttost_paired

from loomlab.evals import ConfidenceSequence, paired
from loomlab.evals.intervals import mean_interval

HERE = Path(__file__).resolve().parent
KEPT = HERE / "calibration_baseline.json"
RUNS = 5_000
ALARMS, COVERAGE, AT_MOST = (0.04, 0.06), (0.93, 0.97), (0.0, 0.05)
Draw = Callable[[Any], tuple[Any, Any, Any]]


@dataclass(frozen=True)
class Line:
    """A ``rate`` over ``runs``, and the range that it is promised to lie in (None: no promise)."""

    what: str
    data: str
    n: int
    rate: float
    runs: int
    least: float | None = None
    most: float | None = None

    @property
    def holds(self) -> bool | None:
        """Whether the promise is kept, as far as so many runs can tell (three standard errors)."""
        if self.least is None or self.most is None:
            return None
        slack = 3 * math.sqrt(max(self.rate * (1 - self.rate), 1e-4) / self.runs)
        return self.least - slack <= self.rate <= self.most + slack


# ---------------------------------------------------------------------------------------------- data to try them on


def normal(n: int, effect: float = 0.0) -> Draw:
    """Scores that share a case's difficulty."""

    def draw(r: Any) -> tuple[Any, Any, Any]:
        shared = r.normal(size=n)
        return shared + r.normal(size=n), shared + r.normal(size=n) + effect, None

    return draw


def graded(n: int) -> Draw:
    """Scores from 0 to 1, most of them near 1: the skewed shape of a good arm's grades."""

    def draw(r: Any) -> tuple[Any, Any, Any]:
        level = r.beta(6, 1.5, n)
        return r.beta(10 * level + 0.2, 10 * (1 - level) + 0.2), r.beta(10 * level + 0.2, 10 * (1 - level) + 0.2), None

    return draw


def exponential(n: int) -> Draw:
    """Skewed figures such as costs and times, for both arms alike."""

    def draw(r: Any) -> tuple[Any, Any, Any]:
        shared = r.exponential(1, n)
        return shared + r.exponential(1, n), shared + r.exponential(1, n), None

    return draw


def binary(n: int, hard: float = 1.0, easy: float = 1.0) -> Draw:
    """Right or wrong, by cases of unequal difficulty."""

    def draw(r: Any) -> tuple[Any, Any, Any]:
        chance = r.beta(easy, hard, n)
        return (r.random(n) < chance) * 1.0, (r.random(n) < chance) * 1.0, None

    return draw


def outcomes(n: int, only_a: float, only_b: float) -> Draw:
    """Right or wrong, with given shares of cases that only one arm gets right."""

    def draw(r: Any) -> tuple[Any, Any, Any]:
        u = r.random(n)
        return (u < only_a) * 1.0, ((u >= only_a) & (u < only_a + only_b)) * 1.0, None

    return draw


def epochs(n: int, tries: int) -> Draw:
    """Means of several tries a case."""

    def draw(r: Any) -> tuple[Any, Any, Any]:
        chance = r.beta(1, 1, (n, 1))
        return (r.random((n, tries)) < chance).mean(1), (r.random((n, tries)) < chance).mean(1), None

    return draw


def clustered(sizes: list[int], share: float = 0.6, *, yes_no: bool = False) -> Draw:
    """Differences that cases of one cluster have in common, in part."""
    labels = np.repeat(np.arange(len(sizes)), sizes)

    def draw(r: Any) -> tuple[Any, Any, Any]:
        both = r.normal(size=len(sizes))[labels] * share
        apart = both + r.normal(size=len(labels))
        if not yes_no:
            return np.zeros(len(labels)), apart, list(labels)
        return (apart < -0.8) * 1.0, (apart > 0.8) * 1.0, list(labels)

    return draw


def lopsided(n: int) -> Draw:
    """One arm better by an amount that is mostly small and sometimes large."""

    def draw(r: Any) -> tuple[Any, Any, Any]:
        return np.zeros(n), r.exponential(1, n) - 1, None

    return draw


EQUAL, UNEQUAL, MANY = [5] * 12, [1, 2, 3, 4, 5, 3, 4, 3, 2, 4, 3, 3], [1 + number % 5 for number in range(30)]

PLAIN: list[tuple[str, Draw, float, bool]] = [
    *((f"continuous, n {n}", normal(n), 0.0, True) for n in (30, 100)),
    *((f"graded 0 to 1, skewed, n {n}", graded(n), 0.0, True) for n in (30, 100)),
    *((f"exponential, skewed, n {n}", exponential(n), 0.0, True) for n in (30, 100)),
    *((f"right or wrong, half right, n {n}", binary(n), 0.0, True) for n in (30, 100)),
    *((f"right or wrong, 80 % right, n {n}", binary(n, 0.75, 3), 0.0, True) for n in (30, 100)),
    *((f"three epochs a case, n {n}", epochs(n, 3), 0.0, True) for n in (30, 100)),
    ("continuous, a real difference, n 30", normal(30, 0.5), 0.5, True),
    ("right or wrong, a real difference, n 50", outcomes(50, 0.05, 0.25), 0.2, True),
    ("12 clusters of 5", clustered(EQUAL), 0.0, True),
    ("12 clusters of 1 to 5", clustered(UNEQUAL), 0.0, True),
    ("30 clusters of 1 to 5", clustered(MANY), 0.0, True),
    ("30 clusters, right or wrong", clustered(MANY, yes_no=True), 0.0, True),
    # where the promise ends, and by how much
    ("right or wrong, 3 pairs in 30 differ", outcomes(30, 0.05, 0.05), 0.0, False),
    ("right or wrong, 10 pairs in 100 differ", outcomes(100, 0.05, 0.05), 0.0, False),
    ("right or wrong, only b ever wins, n 100", outcomes(100, 0.0, 0.1), 0.1, False),
    ("lopsided differences, n 30", lopsided(30), 0.0, False),
    ("lopsided differences, n 200", lopsided(200), 0.0, False),
]
"""Name, data, the true difference, and whether a promise is made."""


def comparisons(runs: int) -> Iterator[Line]:
    """False alarms where there is no difference, and coverage of the interval."""
    for name, draw, truth, promised in PLAIN:
        r = np.random.default_rng(1)
        alarms = covered = size = 0
        for _ in range(runs):
            a, b, clusters = draw(r)
            found = paired(a, b, clusters=clusters)
            size = found.n
            alarms += found.p_value < 0.05
            covered += found.ci_low <= truth <= found.ci_high
        if truth == 0:
            yield Line("false alarms", name, size, alarms / runs, runs, *(ALARMS if promised else (None, None)))
        yield Line("coverage", name, size, covered / runs, runs, *(COVERAGE if promised else (None, None)))


def arms_alone(runs: int) -> Iterator[Line]:
    """Coverage of the interval of one arm's mean."""
    labels = [str(label) for label in np.repeat(np.arange(len(MANY)), MANY)]
    few = [str(label) for label in np.repeat(np.arange(len(UNEQUAL)), UNEQUAL)]
    cells: list[tuple[str, Callable[[Any], Any], list[str], float]] = [
        *(
            (f"right or wrong, {p:.0%} right", lambda r, p=p: (r.random(30) < p) * 1.0, list(map(str, range(30))), p)
            for p in (0.5, 0.7)
        ),
        ("continuous", lambda r: r.normal(5, 1, 30), list(map(str, range(30))), 5.0),
        ("30 clusters of 1 to 5", lambda r: _rise(r, MANY) + 5, labels, 5.0),
        ("12 clusters of 1 to 5", lambda r: _rise(r, UNEQUAL) + 5, few, 5.0),
    ]
    for name, draw, units, truth in cells:
        r = np.random.default_rng(2)
        covered = 0
        for _ in range(runs):
            values = [float(value) for value in draw(r)]
            found = mean_interval(values, units)
            covered += found.low is not None and found.high is not None and found.low <= truth <= found.high
        yield Line("coverage of one arm", name, len(units), covered / runs, runs, *COVERAGE)


def _rise(r: Any, sizes: list[int]) -> Any:
    labels = np.repeat(np.arange(len(sizes)), sizes)
    return r.normal(size=len(sizes))[labels] * 0.6 + r.normal(size=len(labels))


def equivalence(runs: int) -> Iterator[Line]:
    """Two arms that differ by the margin itself: how often are they called equivalent?"""
    cells: list[tuple[str, Draw, float, bool]] = [
        ("continuous, n 30", normal(30, 0.5), 0.5, True),
        ("continuous, n 200", normal(200, 0.25), 0.25, True),
        ("right or wrong, n 300", outcomes(300, 0.1, 0.2), 0.1, True),
        ("30 clusters of 1 to 5", clustered(MANY, 0.6), 0.0, False),
    ]
    for name, draw, margin, plain in cells:
        r = np.random.default_rng(3)
        wrong = size = 0
        margin = margin if plain else 0.4
        for _ in range(runs):
            a, b, clusters = draw(r)
            found = paired(a, b if plain else b + margin, clusters=clusters)
            size = found.n
            wrong += found.within(margin)
        yield Line("false equivalence", name, size, wrong / runs, runs, *AT_MOST)


def families(runs: int) -> Iterator[Line]:
    """Several arms, none better: how often is any pair called different, after Holm?"""
    for arms in (3, 6):
        r = np.random.default_rng(4)
        alarms = 0
        for _ in range(runs):
            hard = r.normal(size=40)
            scores = [hard + r.normal(size=40) for _ in range(arms)]
            p = [paired(one, other).p_value for one, other in combinations(scores, 2)]
            alarms += bool(multipletests(p, method="holm")[0].any())
        yield Line(
            "any false alarm, Holm", f"{arms} arms, {arms * (arms - 1) // 2} pairs", 40, alarms / runs, runs, *AT_MOST
        )


def sequences(runs: int, most: int = 400) -> Iterator[Line]:
    """Looking after every pair, stopping at the first interval without the truth: how often does that ever happen?"""
    cells: list[tuple[str, Callable[[Any], Any], float, float]] = [
        *(
            (f"right or wrong, {2 * p:.0%} of pairs differ", lambda r, p=p: _signs(r, p, p, most), 0.0, 1.0)
            for p in (0.05, 0.15, 0.4)
        ),
        ("graded 0 to 1", lambda r: graded(most)(r)[1] - graded(most)(r)[0], 0.0, 1.0),
        ("weighted further epochs", lambda r: _weighted(r, most), 0.0, 3.0),
    ]
    for name, draw, truth, bound in cells:
        r = np.random.default_rng(5)
        wrong = 0
        for _ in range(runs):
            sequence = ConfidenceSequence()
            for value in draw(r):
                size, reach = value if isinstance(value, tuple) else (float(value), bound)
                sequence.add(size, -reach, reach)
                low, high = sequence.interval
                if not low <= truth <= high:
                    wrong += 1
                    break
        yield Line("false decisions, peeking", name, most, wrong / runs, runs, *AT_MOST)
    r = np.random.default_rng(6)
    wrong = 0
    for _ in range(runs):
        sequence = ConfidenceSequence()
        for value in _signs(r, 0.05, 0.15, most):
            sequence.add(float(value))
            low, high = sequence.interval
            if low > -0.1 and high < 0.1:
                wrong += 1
                break
    yield Line("false equivalence, peeking", "true difference = margin 0.1", most, wrong / runs, runs, *AT_MOST)


def _signs(r: Any, only_a: float, only_b: float, n: int) -> Any:
    u = r.random(n)
    return np.where(u < only_b, 1.0, np.where(u < only_b + only_a, -1.0, 0.0))


def _weighted(r: Any, n: int) -> list[tuple[float, float]]:
    """Further rounds: on 10 of 40 cases the arms disagreed, which are all asked; of the others one in three is, with
    three times the weight, and in the rest a difference of 0 is entered. Each value with its bound."""
    unsure = r.random(n) < 0.25
    taken = r.random(n) < 1 / 3
    often, seldom = _signs(r, 0.25, 0.25, n), _signs(r, 0.05, 0.05, n)
    return [(float(often[i]), 1.0) if unsure[i] else (float(seldom[i]) * 3 if taken[i] else 0.0, 3.0) for i in range(n)]


def power(runs: int) -> Iterator[Line]:
    """The share of real differences that is seen, paired and unpaired, as arms share more of the difficulty."""
    for shared in (0.0, 1.0, 2.0):
        r = np.random.default_rng(7)
        pair = alone = 0
        for _ in range(runs):
            hard = shared * r.normal(size=50)
            a, b = hard + r.normal(0, 0.7, 50), hard + 0.4 + r.normal(0, 0.7, 50)
            pair += paired(a, b).p_value < 0.05
            alone += stats.ttest_ind(b, a).pvalue < 0.05
        correlation = shared**2 / (shared**2 + 0.49)
        yield Line("power, paired", f"correlation {correlation:.2f}", 50, pair / runs, runs)
        yield Line("power, unpaired t-test", f"correlation {correlation:.2f}", 50, alone / runs, runs)


def agreement(tries: int = 200) -> dict[str, float]:
    """The largest difference from scipy and statsmodels where they do the same."""
    r = np.random.default_rng(8)
    worst: dict[str, float] = {}

    def note(what: str, ours: float, theirs: float) -> None:
        worst[what] = max(worst.get(what, 0.0), abs(float(ours) - float(theirs)))

    for _ in range(tries):
        n = int(r.integers(5, 80))
        a, b = r.normal(size=n), r.exponential(1, n)
        found, theirs = paired(a, b), stats.ttest_rel(b, a)
        low, high = theirs.confidence_interval(0.95)
        for ours, other in ((found.p_value, theirs.pvalue), (found.ci_low, low), (found.ci_high, high)):
            note("scipy.stats.ttest_rel", ours, other)
        margin = float(r.uniform(0.1, 2))
        p = ttost_paired(b, a, -margin, margin)[0]
        if abs(p - 0.05) > 1e-9:
            note("statsmodels ttost_paired (decision)", found.within(margin), p < 0.05)
        groups = np.repeat(np.arange(10), 6)
        x, y = r.normal(size=60), r.normal(size=60)
        fit = OLS(y - x, np.ones(60)).fit(cov_type="cluster", cov_kwds={"groups": groups}, use_t=True)
        apart = paired(x, y, clusters=list(groups))
        note("statsmodels OLS, cluster-robust", apart.p_value, fit.pvalues[0])
        note("statsmodels OLS, cluster-robust", apart.ci_low, fit.conf_int()[0][0])
        right, other = (r.random(n) < 0.6) * 1.0, (r.random(n) < 0.5) * 1.0
        yes = paired(right, other)
        if yes.only_a or yes.only_b:
            table = [[yes.both, yes.only_a], [yes.only_b, yes.neither]]
            note("statsmodels mcnemar (exact)", yes.mcnemar_p or 0.0, mcnemar(table, exact=True).pvalue)
        share = mean_interval([float(value) for value in right], [str(i) for i in range(n)])
        wilson = proportion_confint(int(right.sum()), n, method="wilson")
        note("statsmodels proportion_confint (Wilson)", share.low or 0.0, wilson[0])
        note("statsmodels proportion_confint (Wilson)", share.high or 0.0, wilson[1])
    return worst


def measure(runs: int) -> list[Line]:
    """The whole table."""
    peeks = max(200, runs // 10)  # each of these is hundreds of looks
    parts = (comparisons(runs), arms_alone(runs), equivalence(runs), families(max(200, runs // 4)))
    lines = [line for part in parts for line in part]
    return [*lines, *sequences(peeks), *power(max(200, runs // 4))]


def main() -> int:
    arguments = sys.argv[1:]
    runs = int(arguments[arguments.index("--runs") + 1]) if "--runs" in arguments else RUNS
    lines, worst = measure(runs), agreement()
    for line in lines:
        promise = (
            "" if line.least is None else f"{line.least:.0%} – {line.most:.0%}" if line.least else f"≤ {line.most:.0%}"
        )
        kept = {True: "holds", False: "BROKEN", None: ""}[line.holds]
        print(f"{line.what:26} {line.data:42} {line.n:5} {line.rate:7.3f}  {promise:10} {kept}".rstrip())
    print()
    for what, size in worst.items():
        print(f"largest difference from {what}: {size:.1e}")
    broken = [line for line in lines if line.holds is False]
    if "--check" not in arguments:
        rows = [{**asdict(line), "rate": round(line.rate, 4), "holds": line.holds} for line in lines]
        KEPT.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
        print(f"\nwritten to {KEPT.name}")
    return 1 if broken or max(worst.values()) > 1e-9 else 0


if __name__ == "__main__":
    sys.exit(main())
