"""Patterns: those of the scorer, those of the target, and what a group takes out."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loomlab.core.errors import ConfigError
from loomlab.core.results import RunResult
from loomlab.evals import Case, Score, ScoreState, scorers


def score(judge: Any, output: str, target: Any = None) -> Score:
    now = datetime.now(UTC)
    said = judge(
        RunResult(session_id="s", output=output, turns=1, started_at=now, finished_at=now), Case("c", "q", target)
    )
    assert isinstance(said, Score)
    return said


@pytest.mark.parametrize(
    ("judge", "output", "target", "value"),
    [
        (scorers.regex(r"\bparis\b"), "It is Paris.", None, 1),
        (scorers.regex(r"\bparis\b", ignore_case=False), "It is Paris.", None, 0),
        (scorers.regex(r"^answer", multiline=True), "well\nAnswer: 3", None, 1),
        (scorers.regex(r"^answer", multiline=False), "well\nAnswer: 3", None, 0),
        (scorers.regex(r"\d+", full=True), " 42\n", None, 1),
        (scorers.regex(r"\d+", full=True), "it is 42", None, 0),
        (scorers.regex(), "colour", "colou?r", 1),
        (scorers.regex(), "kolor", ["colou?r", "k.lor"], 1),
        (scorers.regex(), "hue", ["colou?r", "k.lor"], 0),
        (scorers.regex(r"answer: (\w+)", group=1), "answer: A. No, answer: B", "b", 1),
        (scorers.regex(r"answer: (\w+)", group=1, which="first"), "answer: A. No, answer: B", "b", 0),
        (scorers.regex(r"answer: (\w+)", group=1, which="any"), "answer: A. No, answer: B", ["a", "c"], 1),
        (scorers.regex(r"answer: (?P<it>\w+)", group="it"), "answer: 7", 7, 1),
        (scorers.regex(r"answer: (\w+)", group=1), "I do not know", "b", 0),
        (scorers.regex(r"x(y)?", group=1), "x", "y", 0),
        (scorers.regex(r"\w+", group=0), "one two", "two", 1),
    ],
)
def test_right_and_wrong(judge: Any, output: str, target: Any, value: float) -> None:
    assert score(judge, output, target).value == value


def test_a_case_without_a_target_or_with_a_broken_pattern_is_unscored() -> None:
    assert score(scorers.regex(), "x").state is ScoreState.UNSCORED
    assert score(scorers.regex("(x)", group=1), "x").state is ScoreState.UNSCORED
    broken = score(scorers.regex(), "x", "(x")
    assert broken.state is ScoreState.UNSCORED
    assert "is not a pattern" in str(broken.reason)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"pattern": "(x"}, "is not a pattern"),
        ({"pattern": "x", "group": 1}, "has no group 1"),
        ({"pattern": "x", "group": "it"}, "has no group 'it'"),
        ({"group": 1}, "needs a pattern"),
        ({"pattern": "x", "which": "best"}, "'last', 'first' or 'any'"),
        ({"patern": "x"}, "did you mean 'pattern'"),
    ],
)
def test_a_mistake_in_a_suite_is_one_sentence(options: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        scorers.from_spec({"name": "regex", **options})


@given(st.text(max_size=40), st.text(max_size=40), st.text(max_size=40))
def test_an_escaped_text_is_found_exactly_where_it_stands(before: str, wanted: str, after: str) -> None:
    judge = scorers.regex(re.escape(wanted), ignore_case=False)
    assert score(judge, before + wanted + after).value == 1
    assert score(judge, before).value == float(wanted in before)
