"""Token F1 as SQuAD counts it."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loomlab.core.errors import ConfigError
from loomlab.core.results import RunResult
from loomlab.evals import Case, Score, ScoreState, scorers

TEXTS = st.lists(st.sampled_from(["the", "a", "Cat", "cat", "dog", "dog.", "ran!", "2", "—"]), max_size=8).map(" ".join)


def score(output: str, target: Any, **options: Any) -> Score:
    now = datetime.now(UTC)
    result = RunResult(session_id="s", output=output, turns=1, started_at=now, finished_at=now)
    said = scorers.f1(**options)(result, Case("c", "q", target))  # type: ignore[call-arg]  # f1() takes two arguments
    assert isinstance(said, Score)
    return said


@pytest.mark.parametrize(
    ("output", "target", "value"),
    [
        ("The cat sat.", "cat sat", 1.0),
        ("cat", "the cat sat", 2 / 3),
        ("a dog", "cat", 0.0),
        ("cat cat", "cat", 2 / 3),
        ("don't", "dont", 1.0),
        ("the", "a", 1.0),
        ("", "cat", 0.0),
        ("the", "cat", 0.0),
        ("blue", ["red", "blue or green"], 0.5),
        ("7", 7, 1.0),
        ("x", [], 0.0),
    ],
)
def test_words_in_common(output: str, target: Any, value: float) -> None:
    assert score(output, target).value == pytest.approx(value)


def test_a_threshold_makes_it_right_or_wrong() -> None:
    assert score("cat", "the cat sat", threshold=0.6).value == 1
    wrong = score("cat", "the cat sat", threshold=0.7)
    assert (wrong.value, wrong.reason) == (0.0, "F1 is 0.667")
    with pytest.raises(ConfigError, match="threshold"):
        scorers.from_spec({"name": "f1", "threshold": 0})
    assert score("cat", None).state is ScoreState.UNSCORED


@given(TEXTS, TEXTS)
def test_it_is_symmetric_bounded_and_whole_for_itself(one: str, other: str) -> None:
    value = score(one, other).value
    assert value is not None
    assert 0 <= value <= 1
    assert value == pytest.approx(score(other, one).value)
    assert score(one, one).value == 1


@given(TEXTS, TEXTS)
def test_case_articles_punctuation_and_spaces_change_nothing(one: str, other: str) -> None:
    changed = "  The " + one.upper().replace(" ", " ,  ") + " ! "
    assert score(changed, other).value == pytest.approx(score(one, other).value)


@given(st.text(), st.text())
def test_any_text_has_a_score(one: str, other: str) -> None:
    value = score(one, other).value
    assert value is not None
    assert 0 <= value <= 1
