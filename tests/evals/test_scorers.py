"""Each scorer on answers that are right, wrong, and neither."""

from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import BaseModel

from loomlab.core.errors import ConfigError
from loomlab.core.results import RunResult
from loomlab.evals import Case, Score, ScoreState, scorers
from loomlab.evals.score import as_score


def said(output: str, parsed: Any = None) -> RunResult:
    now = datetime.now(UTC)
    return RunResult(session_id="s", output=output, parsed=parsed, turns=1, started_at=now, finished_at=now)


def score(scorer: Any, output: str, target: Any, parsed: Any = None) -> Score:
    result = scorer(said(output, parsed), Case("c", "q", target))
    assert isinstance(result, Score)
    return result


@pytest.mark.parametrize(
    ("scorer", "output", "target", "value"),
    [
        (scorers.exact(), " Paris \n", "Paris", 1),
        (scorers.exact(), "paris", "Paris", 0),
        (scorers.exact(strip=False), "Paris ", "Paris", 0),
        (scorers.exact(ignore_case=True), "STRASSE", "straße", 1),
        (scorers.exact(), "Wien", ["Vienna", "Wien"], 1),
        (scorers.exact(), "4", 4, 1),
        (scorers.exact(), "Paris.", "Paris", 0),
        (scorers.includes(), "It is Paris, of course.", "paris", 1),
        (scorers.includes(), "at the party", "art", 0),
        (scorers.includes(words=False), "at the party", "art", 1),
        (scorers.includes(ignore_case=False), "paris", "Paris", 0),
        (scorers.includes(), "Bogotá!", "Bogota", 1),
        (scorers.includes(accents=True), "Bogotá!", "Bogota", 0),
        (scorers.includes(), "St. John's it is", "St. John's", 1),
        (scorers.includes(), "Port\n  Louis", "Port Louis", 1),
        (scorers.includes(), "C++ (really)", ["C++ (really)"], 1),
        (scorers.includes(), "anything", "", 0),
        (scorers.numeric(), "First 3, then 4, so 7.", 7, 1),
        (scorers.numeric(which="first"), "First 3, then 4, so 7.", 3, 1),
        (scorers.numeric(which="only"), "3 or 4", 3, 0),
        (scorers.numeric(which="only"), "3, yes 3", 3, 1),
        (scorers.numeric(), "It costs 1,234.50 dollars", 1234.5, 1),
        (scorers.numeric(), "-3e2", -300, 1),
        (scorers.numeric(), "about −2", -2, 1),
        (scorers.numeric(), "50%", 50, 1),
        (scorers.numeric(), "in 2019-12", 12, 1),
        (scorers.numeric(), "v1.2.3", 3, 0),
        (scorers.numeric(tolerance=0.01), "3.14", 3.14159, 1),
        (scorers.numeric(), "3.14", 3.14159, 0),
        (scorers.numeric(), "seven", 7, 0),
        (scorers.numeric(), "7", "7", 1),
        (scorers.numeric(), "8", [7, 8], 1),
        (scorers.json_match(), 'Sure:\n```json\n{"a": [1, 2.0], "b": null}\n```', {"b": None, "a": [1, 2]}, 1),
        (scorers.json_match(), '{"a": 1, "b": 2}', {"a": 1}, 0),
        (scorers.json_match(subset=True), '{"a": 1, "b": 2}', {"a": 1}, 1),
        (scorers.json_match(subset=True), '{"a": {"x": 1, "y": 2}}', {"a": {"x": 1}}, 1),
        (scorers.json_match(), "[2, 1]", [1, 2], 0),
        (scorers.json_match(ignore_order=True), "[2, 1]", [1, 2], 1),
        (scorers.json_match(ignore_order=True), "[1, 1]", [1, 2], 0),
        (scorers.json_match(tolerance=0.5), '{"a": 1.4}', {"a": 1}, 1),
        (scorers.json_match(), "true", 1, 0),
        (scorers.json_match(), "1", True, 0),
        (scorers.json_match(), '"1"', 1, 0),
        (scorers.json_match(), "no json here", {"a": 1}, 0),
        (scorers.json_match(), '{"a": 1}', '{"a": 1}', 1),
    ],
)
def test_right_and_wrong(scorer: Any, output: str, target: Any, value: float) -> None:
    assert score(scorer, output, target).value == value


class Point(BaseModel):
    x: int


def test_a_typed_answer_is_judged_as_the_object_it_is() -> None:
    assert score(scorers.json_match(), "ignored", {"x": 1}, parsed=Point(x=1)).value == 1
    assert score(scorers.exact(), "ignored", {"x": 1}, parsed={"x": 1}).value == 1
    assert score(scorers.numeric(), "ignored 9", 3, parsed=3).value == 1


@pytest.mark.parametrize("scorer", [scorers.exact(), scorers.includes(), scorers.numeric(), scorers.json_match()])
def test_a_case_without_a_target_is_unscored_and_not_wrong(scorer: Any) -> None:
    assert score(scorer, "anything", None).state is ScoreState.UNSCORED


def test_a_target_that_the_scorer_cannot_read_is_unscored() -> None:
    assert score(scorers.numeric(), "7", "seven").state is ScoreState.UNSCORED
    assert score(scorers.json_match(), "7", "{seven").state is ScoreState.UNSCORED


def test_a_wrong_json_answer_says_where_it_differs() -> None:
    assert score(scorers.json_match(), '{"a": {"b": [1, 3]}}', {"a": {"b": [1, 2]}}).reason == "$.a.b[1]: 3, expected 2"
    assert score(scorers.json_match(), "{}", {"a": 1}).reason == "$: 'a' is missing"


@pytest.mark.parametrize(
    ("given", "value", "state"),
    [
        (True, 1, ScoreState.SCORED),
        (False, 0, ScoreState.SCORED),
        (0.25, 0.25, ScoreState.SCORED),
        (Score(0.5, "half"), 0.5, ScoreState.SCORED),
        (None, None, ScoreState.UNSCORED),
        (float("nan"), None, ScoreState.FAILED),
        (float("inf"), None, ScoreState.FAILED),
        ("good", None, ScoreState.FAILED),
    ],
)
def test_whatever_a_scorer_returns_becomes_a_score(given: Any, value: float | None, state: ScoreState) -> None:
    assert (as_score(given).value, as_score(given).state) == (value, state)


def test_a_score_without_a_value_cannot_claim_to_be_scored() -> None:
    with pytest.raises(ValueError, match="exactly when"):
        Score(None)
    with pytest.raises(ValueError, match="exactly when"):
        Score(1.0, state=ScoreState.FAILED)


def test_scorers_are_made_from_their_names() -> None:
    made = scorers.from_spec({"name": "numeric", "tolerance": 0.5})
    assert scorers.scorer_name(made) == "numeric"
    assert score(made, "7.4", 7).value == 1
    with pytest.raises(ConfigError, match="no scorer 'exakt'; did you mean 'exact'"):
        scorers.from_spec("exakt")
    with pytest.raises(ConfigError, match="no option 'tolerence'; did you mean 'tolerance'"):
        scorers.from_spec({"name": "numeric", "tolerence": 1})
    with pytest.raises(ConfigError, match="must not be negative"):
        scorers.from_spec({"name": "numeric", "tolerance": -1})
    with pytest.raises(ConfigError, match="needs a name"):
        scorers.from_spec({"tolerance": 1})
