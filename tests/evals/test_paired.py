"""The paired difference: against scipy and statsmodels where they overlap, calibrated where they do not."""

import math

import numpy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.regression.linear_model import OLS
from statsmodels.stats.contingency_tables import mcnemar

from loomlab.core.errors import ConfigError
from loomlab.evals import paired

SCORES = st.lists(st.floats(-10, 10).map(lambda x: round(x, 3)), min_size=3, max_size=40)


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_it_is_scipys_paired_t_test(data: st.DataObject) -> None:
    a = data.draw(SCORES)
    b = data.draw(st.lists(st.floats(-10, 10).map(lambda x: round(x, 3)), min_size=len(a), max_size=len(a)))
    if numpy.std(numpy.subtract(b, a)) < 1e-6:
        return
    ours, theirs = paired(a, b), stats.ttest_rel(b, a)
    low, high = theirs.confidence_interval(0.95)
    assert ours.p_value == pytest.approx(theirs.pvalue, abs=1e-9)
    assert (ours.ci_low, ours.ci_high) == (pytest.approx(low, abs=1e-9), pytest.approx(high, abs=1e-9))
    assert ours.delta == pytest.approx(numpy.mean(numpy.subtract(b, a)), abs=1e-9)


def test_clusters_of_one_size_are_statsmodels_cluster_robust_regression() -> None:
    random = numpy.random.default_rng(3)
    a, b = random.normal(size=60), random.normal(size=60)
    labels = numpy.repeat(numpy.arange(12), 5)
    ours = paired(a, b, clusters=list(labels))
    fit = OLS(b - a, numpy.ones(60)).fit(cov_type="cluster", cov_kwds={"groups": labels}, use_t=True)
    low, high = fit.conf_int(alpha=0.05)[0]
    assert (ours.ci_low, ours.ci_high) == (pytest.approx(low, abs=1e-9), pytest.approx(high, abs=1e-9))
    assert ours.p_value == pytest.approx(fit.pvalues[0], abs=1e-9)
    assert (ours.method, ours.units, ours.df) == ("cluster", 12, pytest.approx(11))


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.integers(0, 1), st.integers(0, 1)), min_size=2, max_size=60))
def test_binary_scores_get_the_exact_mcnemar_test(pairs: list[tuple[int, int]]) -> None:
    ours = paired([a for a, _ in pairs], [b for _, b in pairs])
    assert (ours.both, ours.only_a, ours.only_b, ours.neither) == tuple(
        pairs.count(outcome) for outcome in ((1, 1), (1, 0), (0, 1), (0, 0))
    )
    if ours.only_a or ours.only_b:
        table = [[ours.both, ours.only_a], [ours.only_b, ours.neither]]
        assert ours.mcnemar_p == pytest.approx(mcnemar(table, exact=True).pvalue, abs=1e-9)
    else:
        assert ours.mcnemar_p == 1.0


@settings(deadline=None, max_examples=60)
@given(SCORES, SCORES)
def test_swapping_the_arms_turns_the_sign_and_nothing_else(a: list[float], b: list[float]) -> None:
    size = min(len(a), len(b))
    one, other = paired(a[:size], b[:size]), paired(b[:size], a[:size])
    assert one.delta == pytest.approx(-other.delta)
    assert one.p_value == pytest.approx(other.p_value)
    assert (one.ci_low, one.ci_high) == (pytest.approx(-other.ci_high), pytest.approx(-other.ci_low))


def test_equal_arms_are_not_thought_to_be_equal_beyond_what_so_few_cases_can_show() -> None:
    few, many = paired([1] * 10, [1] * 10), paired([1] * 300, [1] * 300)
    assert (few.delta, few.p_value, few.method) == (0, 1.0, "exact")
    assert few.ci_high == pytest.approx(1 - 0.05 ** (1 / 10))
    assert many.ci_high == pytest.approx(0.00994, abs=1e-4)
    assert few.needed() is None


def test_the_cases_still_needed_would_indeed_do() -> None:
    random = numpy.random.default_rng(11)
    seen = paired([0.0] * 40, random.normal(0.2, 1, 40))
    needed = seen.needed(0.2)
    assert needed is not None
    scatter = seen.se * math.sqrt(40) if seen.se else 0.0
    hits = [stats.ttest_1samp(random.normal(0.2, scatter, needed), 0).pvalue < 0.05 for _ in range(400)]
    assert 0.73 < numpy.mean(hits) < 0.87


@pytest.mark.parametrize(
    ("a", "b", "options", "says"),
    [
        ([1, 0], [1], {}, "a has 2 of them, b has 1"),
        ([1], [1], {}, "at least two pairs"),
        ([1, 2, 3], [1, 2, 3], {"clusters": ["x", "x", "x"]}, "at least two clusters"),
        ([1, 2], [1, 2], {"clusters": ["x"]}, "clusters has 1 labels for 2 pairs"),
        ([1, float("nan")], [1, 2], {}, "leave out pairs"),
        ([1, None], [1, 2], {}, "leave out pairs"),
        ([1, 2], [1, 2], {"confidence": 95}, "between 0 and 1"),
    ],
)
def test_bad_input_is_told_the_remedy(a: list, b: list, options: dict, says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        paired(a, b, **options)


def _false_alarms(draw, runs: int) -> tuple[float, float]:
    random = numpy.random.default_rng(20)
    alarms = covered = 0
    for _ in range(runs):
        a, b, clusters = draw(random)
        result = paired(a, b, clusters=clusters)
        alarms += result.p_value < 0.05
        covered += result.ci_low <= 0 <= result.ci_high
    return alarms / runs, covered / runs


def _normal(random):
    shared = random.normal(size=30)
    return shared + random.normal(size=30), shared + random.normal(size=30), None


def _binary(random):
    hard = random.random(80)
    return (random.random(80) < hard) * 1.0, (random.random(80) < hard) * 1.0, None


def _clustered(random):
    labels = numpy.repeat(numpy.arange(12), [1, 2, 3, 4, 5, 3, 4, 3, 2, 4, 3, 3])
    both = random.normal(size=12)[labels]
    return numpy.zeros(len(labels)), 0.6 * both + random.normal(size=len(labels)), list(labels)


@pytest.mark.parametrize("draw", [_normal, _binary, _clustered])
def test_false_alarms_and_coverage_are_what_they_claim(draw) -> None:
    alarms, coverage = _false_alarms(draw, 2_000)
    assert 0.04 <= alarms <= 0.065
    assert 0.935 <= coverage <= 0.96


def test_pairing_sees_what_an_unpaired_test_does_not() -> None:
    random = numpy.random.default_rng(5)
    pair = alone = 0
    for _ in range(300):
        difficulty = random.normal(size=40)
        a, b = difficulty + random.normal(0, 0.4, 40), difficulty + 0.25 + random.normal(0, 0.4, 40)
        pair += paired(a, b).p_value < 0.05
        alone += stats.ttest_ind(b, a).pvalue < 0.05
    assert pair > 3 * alone
