"""Reading replies that do not keep to the form: what is found, and that nothing is made up."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loomlab.architecture.reading import json_values, read_field, read_json, read_lines, read_number, read_score


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a": 1}', {"a": 1}),
        ("[1, 2]", [1, 2]),
        ('Here you are:\n```json\n{"a": 1}\n```\nGood luck!', {"a": 1}),
        ("```\n[1]\n```", [1]),
        ('I think {"a": [1, 2]} fits.', {"a": [1, 2]}),
        ('[{"a": 1}, {"b": 2},]', [{"a": 1}, {"b": 2}]),
        ('Use {braces} freely: {"a": "}"}', {"a": "}"}),
        ('{"a": "ü"} and {"b": 1}', {"a": "ü"}),
    ],
)
def test_json_is_found_in_whatever_surrounds_it(text: str, value: Any) -> None:
    assert read_json(text) == value


@pytest.mark.parametrize("text", ["", "no json here", "12", '"a text"', "{broken", "[1, 2", "{a: 1}", "[" * 5000])
def test_what_is_no_json_object_is_not_found(text: str) -> None:
    assert read_json(text) is None


def test_every_candidate_is_offered_once() -> None:
    assert list(json_values('{"a": 1} then ```\n{"a": 1}\n``` then [2]')) == [{"a": 1}, [2]]


@given(
    value=st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists, max_leaves=5).map(
        lambda v: {"v": v}
    )
)
def test_json_survives_a_fence_and_prose(value: Any) -> None:
    dumped = json.dumps(value)
    assert value in list(json_values(f"Sure!\n```json\n{dumped}\n```\nDone."))


@pytest.mark.parametrize(
    ("text", "score"),
    [
        ("score: 0.8", 0.8),
        ("**Score:** 8/10", 0.8),
        ("Score = 85%", 0.85),
        ("The answer is fine.\nScore: .5", 0.5),
        ('{"score": 0.5, "why": 3}', 0.5),
        ("My overall score: 0.4.", 0.4),
        ("1", 1.0),
        ("**0.9**", 0.9),
        ("I would give 0.7, no more.", 0.7),
        ("rating 3/4", 0.75),
        ("Overall 3.5 stars, 0.4", 0.4),
        ("Score: 0.9\nscore: 0.1", 0.9),
    ],
)
def test_a_score_is_read_in_the_forms_that_models_use(text: str, score: float) -> None:
    assert read_score(text) == pytest.approx(score)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "good",
        "step 1 is wrong",
        "score: high",
        "score: 7",
        "score: -0.5",
        "score: 3/0",
        "version 1.0.2",
        "0 faults",
    ],
)
def test_what_is_no_score_is_not_read_as_one(text: str) -> None:
    assert read_score(text) is None


@given(text=st.text())
def test_a_score_is_always_from_0_to_1(text: str) -> None:
    for found in (read_score(text), read_score(f"score: {text}"), read_number(text, "confidence")):
        assert found is None or 0.0 <= found <= 1.0


def test_lists_lose_their_marks() -> None:
    text = "Plan:\n1. first\n2) second\n(3) third\n- fourth\n* fifth\n• sixth\nStep 7: seventh\n\nno item\n1.5 litres"
    assert read_lines(text) == ["first", "second", "third", "fourth", "fifth", "sixth", "seventh"]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("route: billing", "billing"),
        ("**Route:** `billing`", "billing"),
        ("- route = a b\nx", "a b"),
        ("en route", None),
        ("route:", None),
    ],
)
def test_a_named_line_is_read(text: str, value: str | None) -> None:
    assert read_field(text, "route") == value
