"""No secret ever reaches the disk, whichever way it comes; huge and impossible values do no harm."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from loomlab.core import Event, EventKind, ModelChunk, ToolResult
from loomlab.runlog import RunLog
from loomlab.runlog.clip import MAX_CHARS, Gathered, dumps, safe
from loomlab.testing.events import sample_run

BODY = "Zq3Xv9Lm2Tn8Kp5Rb7Wd1Yc6"
CORPUS = [
    f"sk-{BODY}",
    f"sk-ant-api03-{BODY}{BODY}",
    f"ghp_{BODY}{BODY}",
    f"AIza{BODY}{BODY[:11]}",
    f"xoxb-123456789-{BODY}",
    f"glpat-{BODY}",
    f"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.{BODY}",
    f"-----BEGIN RSA PRIVATE KEY-----\n{BODY}\n{BODY}\n-----END RSA PRIVATE KEY-----",
    f"password={BODY}",
    f"postgres://bob:{BODY}@db/x",
    f"Authorization: Bearer {BODY}",
]


@pytest.mark.parametrize("secret", CORPUS)
def test_a_secret_in_any_text_of_a_run_never_reaches_the_disk(
    log: RunLog, tell: Callable[..., list[Event]], on_disk: Callable[[], str], secret: str
) -> None:
    tell(
        hostile=f"see {secret} there",
        denied=True,
        failing=True,
        nested=True,
        memory=True,
        chunks=40,
        metadata={"note": secret, "api_key": BODY, secret: 1},
    )
    tell(run_id="run_2", ending="error", hostile=secret)
    log.append(
        "trials",
        [
            {
                "evaluation_id": "e",
                "trial_id": "t",
                "case_id": "c",
                "arm": "a",
                "input": secret,
                "output": {"password": BODY},
                "error": secret,
            }
        ],
    )
    log.compact()
    stored = on_disk()
    assert "REDACTED" in stored
    assert BODY not in stored


def test_a_secret_that_comes_in_pieces_is_masked(log: RunLog, on_disk: Callable[[], str]) -> None:
    events = sample_run(tools=0, chunks=0)
    pieces = [
        Event(
            EventKind.MODEL_CHUNK,
            "s",
            run_id=events[0].run_id,
            parts={"chunk": ModelChunk(kind="text", text=letter), "role": "agent", "turn": 1},
        )
        for letter in f"the key is sk-ant-{BODY} indeed"
    ]
    for event in [*events[:2], *pieces, *events[2:]]:
        log.on_event(event)
        log.flush()
    assert "the key is [REDACTED] indeed" in on_disk()
    assert BODY[:6] not in on_disk()


def test_a_secret_at_the_cut_of_a_huge_reply_is_not_torn_into_the_open() -> None:
    # Masking makes the text shorter, so that what lies at the bound of what is held comes before the cut.
    many = f"ghp_{BODY}{BODY}{BODY} " * 2_000
    for before in range(MAX_CHARS + 8 * 1024 - 40, MAX_CHARS + 8 * 1024 + 2):
        gathered = Gathered()
        gathered.add(many)
        gathered.add("x" * (before - len(many) - 1) + " ")
        gathered.add(f"sk-ant-{BODY} ")
        gathered.add("y" * 50_000)
        text = gathered.text()
        assert len(text) < MAX_CHARS
        assert "sk-ant" not in text


def test_a_huge_reply_is_cut_with_a_note_and_little_of_it_is_held(log: RunLog) -> None:
    gathered = Gathered()
    for _ in range(5_000):
        gathered.add("word " * 100)
    text = gathered.text()
    assert len(text) < MAX_CHARS + 100
    assert text.endswith(f"… {2_500_000 - MAX_CHARS:,} characters cut")


def test_a_huge_tool_output_is_cut_and_the_rest_of_the_run_stays(log: RunLog) -> None:
    events = sample_run()
    wide = {f"k{number}": "v" * 1000 for number in range(5_000)}
    for output in ("z" * 3_000_000, wide, [wide] * 3):
        for event in events:
            if event.kind is EventKind.TOOL_RESULT:
                result = ToolResult.success("tcall_run_SAMPLE0001_0", output, duration_ms=1.0)
                parts = {"result": result, "tool": "get_weather", "turn": 1, "slot": 0}
                event = Event(event.kind, event.session_id, event.at, run_id=event.run_id, parts=parts)
            log.on_event(event)
        (call,) = log.tool_calls(limit=1).to_dict("records")
        assert "characters cut" in call["output"]
        assert len(call["output"]) < 2 * MAX_CHARS
        assert call["ok"]
        record = log.run()
        assert record.result is not None
        assert record.result.output == "Light rain and 12 °C: take a jacket."
    assert log.problems().empty


class Odd:
    """What a tool should not return, but may."""

    def __repr__(self) -> str:
        return f"Odd(password='{BODY}')"


class Worse:
    def __repr__(self) -> str:
        raise RuntimeError("no")


def _deep(levels: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize(
    "value",
    [
        "\ud800 lone surrogate",
        {"\ud800": "\udfff"},
        "nul \x00 and \x1b[31m",
        float("nan"),
        float("inf"),
        10**30,
        {1, 2},
        b"\xff\xfe",
        datetime(2026, 1, 5, tzinfo=UTC),
        Odd(),
        {"deep": {"odd": [Odd()]}},
        Worse(),
        _deep(500),
        _deep(50_000),
        {(1, 2): "tuple key"},
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_value_that_json_cannot_say_loses_no_event(log: RunLog, on_disk: Callable[[], str], value: Any) -> None:
    for event in sample_run(memory=True):
        if event.kind is EventKind.TOOL_RESULT:
            parts = {"result": ToolResult.success("c", value), "tool": "get_weather", "turn": 1, "slot": 0}
            event = Event(event.kind, event.session_id, event.at, run_id=event.run_id, parts=parts)
        log.on_event(event)
    log.on_event(Event(EventKind.ARCHITECTURE_EVENT, "s", run_id="r2", payload={"name": "odd", "value": value}))
    assert list(log.runs()["status"]) == ["answered"]
    assert (log.events()["kind"] == "tool_result").sum() == 1
    assert log.sql("SELECT count(*) AS n FROM tool_calls WHERE ok")["n"].tolist() == [1]
    assert log.problems().empty
    assert BODY not in on_disk()


def test_cleaning_keeps_plain_data_as_it_is() -> None:
    value = {"a": [1, 2.5, None, True, "x"], "b": {"c": "plain text, nothing else"}}
    assert safe(value) == value
    assert dumps(safe(value)) == b'{"a":[1,2.5,null,true,"x"],"b":{"c":"plain text, nothing else"}}'
