"""What holds for every scorer that asks no model, whatever it is given."""

import math
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loomlab.core.messages import ToolCall
from loomlab.core.results import RunResult
from loomlab.evals import Case, Score, ScoreState, scorers

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=True, allow_infinity=True) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)
CALLS = st.lists(
    st.builds(
        ToolCall,
        tool=st.sampled_from(["add", "look_up"]),
        args=st.dictionaries(st.sampled_from(["a", "b"]), st.integers() | st.text(max_size=4), max_size=2),
        error=st.none() | st.just("not JSON"),
    ),
    max_size=3,
)
PLAIN = {
    "exact": scorers.exact(),
    "includes": scorers.includes(),
    "regex": scorers.regex(),
    "numeric": scorers.numeric(),
    "f1": scorers.f1(),
    "json_match": scorers.json_match(),
    "schema": scorers.schema(),
}


def answered(output: str, parsed: Any = None) -> RunResult:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    return RunResult(session_id="s", output=output, parsed=parsed, turns=1, started_at=now, finished_at=now)


def sound(score: Any) -> None:
    assert isinstance(score, Score)
    if score.state is ScoreState.SCORED:
        assert score.value is not None
        assert math.isfinite(score.value)
        assert 0 <= score.value <= 1
    else:
        assert score.value is None
        assert score.reason


@pytest.mark.parametrize("name", PLAIN)
@given(output=st.text(max_size=60), target=JSON, parsed=st.none() | JSON)
def test_any_answer_and_any_target_have_a_score_or_a_reason_and_never_nan(
    name: str, output: str, target: Any, parsed: Any
) -> None:
    sound(PLAIN[name](answered(output, parsed), Case(id="q", input="?", target=target)))


@pytest.mark.parametrize("name", [name for name in PLAIN if name != "schema"])
@given(output=st.text(max_size=60))
def test_a_case_without_a_target_is_unscored_and_not_wrong(name: str, output: str) -> None:
    score = PLAIN[name](answered(output), Case(id="q", input="?"))
    assert (score.value, score.state) == (None, ScoreState.UNSCORED)


@given(st.text(min_size=1, max_size=40).filter(lambda text: text.strip()))
def test_the_target_itself_is_right(text: str) -> None:
    case = Case(id="q", input="?", target=text)
    assert PLAIN["exact"](answered(text), case).value == 1
    assert PLAIN["includes"](answered(text), case).value == 1


@given(st.floats(allow_nan=False, allow_infinity=False, min_value=-1e12, max_value=1e12).map(lambda x: round(x, 6)))
def test_a_number_is_found_however_it_is_said(number: float) -> None:
    case = Case(id="q", input="?", target=number)
    for said in (f"{number:.6f}", f"So the answer is {number:,.6f}.", f"**{number:.6f}**"):
        assert PLAIN["numeric"](answered(said), case).value == 1


@given(CALLS, CALLS)
def test_calls_are_right_when_they_are_the_wanted_ones_and_every_call_could_be_read(
    made: list[ToolCall], wanted: list[ToolCall]
) -> None:
    target = [{"name": one.tool, "arguments": {key: [value] for key, value in one.args.items()}} for one in wanted]
    judge = scorers.tool_calls(loose_text=False)
    case = Case(id="q", input="?", target=target)
    sound(judge(answered(""), case, made))
    readable = [one.model_copy(update={"error": None}) for one in wanted]
    assert judge(answered(""), case, readable).value == 1
    assert judge(answered(""), case, list(reversed(readable))).value == 1
    if any(one.error for one in made):
        assert judge(answered(""), case, made).value == 0  # a call that could not be read is wrong, and no abstention
