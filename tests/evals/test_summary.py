"""The figures of the table, against statsmodels and scipy."""

import math
from collections.abc import Sequence

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from loomlab.core.errors import ConfigError
from loomlab.evals import Case, Dataset, Evaluation, Score, Trial, TrialState
from loomlab.evals.intervals import mean_interval
from loomlab.evals.score import as_score


def evaluated(values: Sequence[float | bool | None], *, epochs: int = 1, **fields: list[object]) -> Evaluation:
    """An evaluation of one arm whose trials have these scores, case by case."""
    cases = [Case(f"c{i}", "q") for i in range(len(values) // epochs)]
    ev = Evaluation(id="eval_1", name="t", dataset=Dataset(cases), arms=("arm",), scorers=("s",), epochs=epochs)
    for place, value in enumerate(values):
        number, epoch = divmod(place, epochs)
        score = Score.failed("broke") if value is None else as_score(value)
        more = {name: column[place] for name, column in fields.items()}
        trial = Trial(f"t{place}", cases[number].id, "arm", epoch + 1, "u", scores={"s": score}, **more)  # type: ignore[arg-type]
        ev.put(number, 0, epoch + 1, trial)
    return ev


@pytest.mark.parametrize(("right", "count"), [(0, 10), (10, 10), (7, 10), (1, 1), (60, 100)])
@pytest.mark.parametrize("confidence", [0.9, 0.95])
def test_a_share_has_the_wilson_interval(right: int, count: int, confidence: float) -> None:
    (row,) = evaluated([True] * right + [False] * (count - right)).arm_summaries(confidence=confidence)
    low, high = proportion_confint(right, count, alpha=1 - confidence, method="wilson")
    assert (row.n, row.scored, row.method) == (count, count, "wilson")
    assert row.score == pytest.approx(right / count, abs=1e-12)
    assert (row.low, row.high) == pytest.approx((low, high), abs=1e-9)


def test_partial_scores_have_the_t_interval() -> None:
    values = np.random.default_rng(1).uniform(2, 9, 30)
    (row,) = evaluated(list(values)).arm_summaries()
    low, high = stats.ttest_1samp(values, 0).confidence_interval(0.95)
    assert row.method == "t"
    assert (row.score, row.low, row.high) == pytest.approx((values.mean(), low, high), abs=1e-9)


def test_an_interval_of_scores_between_0_and_1_stays_there() -> None:
    (row,) = evaluated([0.9, 1.0, 1.0, 0.2]).arm_summaries()
    assert row.high == 1.0


def test_epochs_of_one_case_are_not_counted_as_independent() -> None:
    rng = np.random.default_rng(2)
    per_case = rng.random(20) < 0.5
    values = [bool(value) for value in per_case for _ in range(4)]  # every epoch repeats the first: nothing is learnt
    values[0] = not values[0]
    (row,) = evaluated(values, epochs=4).arm_summaries()
    groups = np.repeat(np.arange(20), 4)
    fit = sm.OLS(np.array(values, float), np.ones(80)).fit(cov_type="cluster", cov_kwds={"groups": groups}, use_t=True)
    assert row.method == "cluster"
    assert (row.low, row.high) == pytest.approx(tuple(fit.conf_int(0.05)[0]), abs=1e-9)
    naive = proportion_confint(sum(values), 80, method="wilson")
    assert row.high - row.low > 1.5 * (naive[1] - naive[0])  # type: ignore[operator]  # both are known here


def test_all_right_in_every_epoch_counts_each_case_once() -> None:
    (row,) = evaluated([True] * 40, epochs=4).arm_summaries()
    assert (row.low, row.high) == pytest.approx(proportion_confint(10, 10, method="wilson"), abs=1e-9)


def test_cases_of_one_cluster_are_one_unit() -> None:
    values = [0.1, 0.2, 0.9, 0.8, 0.5, 0.4]
    (row,) = evaluated(values, cluster=["a", "a", "b", "b", "c", "c"]).arm_summaries()
    assert row.method == "cluster"
    (alone,) = evaluated(values, cluster=["a"] * 6).arm_summaries()
    assert (alone.score, alone.low, alone.method) == (pytest.approx(np.mean(values)), None, None)


@pytest.mark.parametrize("values", [[], [0.5]])
def test_too_few_values_have_no_interval(values: list[float]) -> None:
    assert mean_interval(values, [str(i) for i in range(len(values))]).method is None


def test_coverage_of_the_intervals_is_what_they_claim() -> None:
    rng = np.random.default_rng(3)
    hits = {"plain": 0, "clustered": 0}
    rounds = 300
    for _ in range(rounds):
        plain = rng.normal(0.5, 1, 30) + 5
        one = mean_interval([float(v) for v in plain], [str(i) for i in range(30)])
        hits["plain"] += one.low <= 5.5 <= one.high  # type: ignore[operator]  # 30 values always have an interval
        shared = np.repeat(rng.normal(0, 1, 40), 5) + rng.normal(0, 0.5, 200) + 9
        units = [str(i // 5) for i in range(200)]
        two = mean_interval([float(v) for v in shared], units)
        hits["clustered"] += two.low <= 9 <= two.high  # type: ignore[operator]
    assert all(0.92 <= count / rounds <= 0.98 for count in hits.values()), hits


def test_trials_without_a_score_are_counted_and_not_averaged() -> None:
    ev = evaluated([True, None, False, None])
    (row,) = ev.arm_summaries()
    assert (row.n, row.scored, row.score) == (4, 2, 0.5)
    assert row.failures == {"scorer failed": 2}
    assert row.causes() == "2 scorer failed"
    frame = ev.frame()
    assert list(frame["state"]) == ["scored", "scorer failed", "scored", "scorer failed"]
    assert frame["score"].isna().tolist() == [False, True, False, True]
    assert ev.failures()["detail"].tolist() == ["broke", "broke"]


def test_an_arm_that_never_answered_has_no_score_and_its_causes() -> None:
    ev = evaluated([True, True, True])
    for trial in ev.trials:
        trial.scores.clear()
        trial.state, trial.error_type, trial.error = TrialState.ERROR, "RateLimitError", "slow down"
    ev.trials[0].state, ev.trials[0].error_type = TrialState.TIMEOUT, None
    (row,) = ev.arm_summaries()
    assert (row.score, row.low, row.high, row.scored) == (None, None, None, 0)
    assert row.causes() == "2 RateLimitError · 1 timeout"
    assert ev.frame()["state"].tolist() == ["timeout", "error", "error"]
    assert math.isnan(ev.summary()["score"][0])


def test_a_total_is_unknown_as_soon_as_one_part_is() -> None:
    known = evaluated([True, True], cost_usd=[0.5, 0.25], tokens_in=[3, 4], latency_ms=[10.0, 30.0])
    (row,) = known.arm_summaries()
    assert (row.cost_usd, row.tokens_in, row.tokens_out, row.latency_ms) == (0.75, 7, None, 20.0)
    (row,) = evaluated([True, True], cost_usd=[0.5, None]).arm_summaries()
    assert row.cost_usd is None


def test_the_summary_is_a_frame_with_one_row_an_arm() -> None:
    frame = evaluated([True, False, True, True]).summary()
    assert frame["arm"].tolist() == ["arm"]
    assert frame.loc[0, ["n", "scored", "score", "interval"]].tolist() == [4, 4, 0.75, "wilson"]


def test_an_unknown_scorer_or_a_confidence_that_is_none_is_refused() -> None:
    ev = evaluated([True])
    with pytest.raises(ConfigError, match="no scorer 'ss'"):
        ev.summary(scorer="ss")
    with pytest.raises(ConfigError, match="between 0 and 1, not 95"):
        ev.summary(confidence=95)
    with pytest.raises(ConfigError, match="no scorer 'x'"):
        ev.failures(scorer="x")
