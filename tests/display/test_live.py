import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from safe import wrong

from loomlab.display import RunTrace, diff, live_html, patched, run_html, snapshot
from loomlab.display.live import LIVE_CAP
from loomlab.testing.events import sample_run

EVENTS = sample_run(user_id="alice", memory=True, denied=True, failing=True, nested=True, chunks=6)


def test_a_snapshot_has_the_agreed_shape_and_is_json():
    shot = snapshot(RunTrace(EVENTS[:12]))
    assert set(shot) == {"status", "now", "elapsed_ms", "facts_html", "answer_html", "rows", "note", "totals"}
    assert json.loads(json.dumps(shot)) == shot
    assert shot["status"] == "running"
    assert set(shot["rows"][0]) == {"key", "html"}
    assert shot["rows"][0]["html"].startswith('<th scope="row">')
    assert shot["totals"] == {"turns": 1, "tokens_in": 100, "tokens_out": 20, "cost_usd": 0.0012}


def test_rows_keep_their_keys():
    trace, seen = RunTrace(), dict[str, int]()
    for event in EVENTS:
        trace.feed(event)
        keys = [row["key"] for row in snapshot(trace)["rows"]]
        assert len(set(keys)) == len(keys)
        assert list(seen) == [key for key in keys if key in seen]
        seen = dict.fromkeys(keys, 0)


def test_applying_each_difference_gives_each_picture():
    trace, shown = RunTrace(), dict[str, Any](rows=[])
    for event in EVENTS:
        trace.feed(event)
        picture = snapshot(trace)
        shown = patched(shown, diff(shown, picture))
        assert shown == picture
    assert diff(shown, snapshot(trace)) == {}


@given(st.lists(st.integers(0, len(EVENTS)), min_size=2, max_size=4))
def test_pictures_may_be_skipped(stops: list[int]):
    pictures = [snapshot(RunTrace(EVENTS[:stop])) for stop in stops]
    shown = pictures[0]
    for picture in pictures[1:]:
        shown = patched(shown, diff(shown, picture))
        assert shown == picture


def test_a_streamed_piece_changes_the_answer_and_no_other_row():
    last = next(
        n for n, event in enumerate(EVENTS) if n > 30 and event.part("chunk") and event.part("chunk").kind == "text"
    )
    before, after = snapshot(RunTrace(EVENTS[: last + 1])), snapshot(RunTrace(EVENTS[: last + 2]))
    changes = diff(before, after)
    assert set(changes) <= {"answer_html", "rows", "now"}
    assert len(changes.get("rows", [])) <= 1


def test_what_a_widget_inserts_is_safe():
    for stop in range(1, len(EVENTS) + 1):
        shot = snapshot(RunTrace(EVENTS[:stop]))
        rows = "".join(f"<tr>{row['html']}</tr>" for row in shot["rows"])
        assert wrong(f"{shot['facts_html']}<div>{shot['answer_html']}</div><table><tbody>{rows}</tbody></table>") == []


def test_a_snapshot_of_ten_thousand_steps_is_small():
    trace = RunTrace(EVENTS[:8])
    for event in EVENTS[8:9] * 10_000:
        trace.feed(event)
    shot = snapshot(trace)
    assert sum(len(row["html"].encode()) for row in shot["rows"]) + len(shot["answer_html"].encode()) <= LIVE_CAP
    assert len(shot["rows"]) <= 80
    assert shot["note"].endswith("steps between the first and the last are not shown")


@pytest.mark.parametrize("ending", ["error", "max_turns", "cancelled", "answered"])
def test_when_it_is_over_the_live_face_is_the_static_one(ending: Any):
    trace = RunTrace(sample_run(ending=ending))
    assert live_html(trace) == run_html(trace)
    assert snapshot(trace)["status"] != "running"


def test_the_live_face_speaks_politely_and_says_what_happens_now():
    html = live_html(RunTrace(sample_run(ending="running")))
    assert '<div role="log" aria-live="polite">' in html
    assert "calling get_weather" in html
    assert wrong(html) == []


def test_several_runs_at_once():
    runs = [sample_run(run_id=f"run_{n}", session_id=f"s{n}")[:6] for n in range(3)]
    shot = snapshot(RunTrace(event for run in runs for event in run))
    assert shot["now"].startswith("0 of 3 runs done · ")
    assert shot["answer_html"].count("<li>") == 3
