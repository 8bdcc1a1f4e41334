"""The live display: how often it draws, what it leaves behind."""

from collections.abc import Callable
from typing import Any

import pytest

from loomlab.core import Event, ModelChunk
from loomlab.notebook.faces import Face
from loomlab.notebook.live import GRACE_S, LiveView
from loomlab.notebook.screen import Screen
from loomlab.testing.events import sample_run


class Clock:
    """Time that passes when it is told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class FakeScreen(Screen):
    """Remembers what was shown, in order."""

    def __init__(self, *, live: bool = True) -> None:
        self.log: list[tuple[str, Any]] = []
        self._alive = live

    @property
    def live(self) -> bool:
        return self._alive

    def publish(self, face: Face) -> None:
        self.log.append(("publish", face.text))

    def open_widget(self, model_id: str) -> str:
        self.log.append(("open", model_id))
        return "place"

    def replace(self, name: str, face: Face | None) -> None:
        self.log.append(("replace", None if face is None else face.text))


class FakeWidget:
    """Counts what would travel to the front end."""

    model_id = "model"

    def __init__(self, on_stop: Callable[[], None]) -> None:
        self.press_stop = on_stop
        self.heard = False
        self.can_stop = False
        self.status, self.now = "running", "starting"
        self.answer_html = self.facts_html = self.note = ""
        self.rows: list[Any] = []
        self.updates: list[dict[str, Any]] = []
        self.closed = False

    def update(self, state: dict[str, Any]) -> None:
        self.updates.append(state)
        for name, value in state.items():
            setattr(self, name, value)

    def close(self) -> None:
        self.closed = True


class Watched:
    """A view with everything around it under control."""

    def __init__(self, *, live: bool = True) -> None:
        self.clock = Clock()
        self.screen = FakeScreen(live=live)
        self.widgets: list[FakeWidget] = []
        self.view = LiveView(self.screen, clock=self.clock, make_widget=self._make)  # type: ignore[arg-type]

    def _make(self, on_stop: Callable[[], None]) -> Any:
        self.widgets.append(FakeWidget(on_stop))
        return self.widgets[-1]

    @property
    def widget(self) -> FakeWidget:
        return self.widgets[0]

    def begin(self) -> None:
        """A run that has gone on long enough to be drawn."""
        self.view.on_event(_started())
        self.clock.now += GRACE_S
        self.view.tick()


def _started() -> Event:
    return Event("started", "s", payload={"prompt": "hi", "agent": "agent", "architecture": "react"}, run_id="r")


def _token(text: str) -> Event:
    event = Event.model_chunk("s", ModelChunk(kind="text", text=text))
    event.run_id = "r"
    return event


@pytest.mark.parametrize(("tokens", "seconds"), [(5_000, 2.0), (10_000, 1.0)])
def test_however_fast_tokens_come_at_most_twenty_updates_a_second_go_out(tokens: int, seconds: float) -> None:
    watched = Watched()
    watched.begin()
    for _ in range(tokens):
        watched.view.on_event(_token("word "))
        watched.clock.now += seconds / tokens
        watched.view.tick()
    assert 5 < len(watched.widget.updates) <= 20 * seconds + 1
    assert len(watched.widget.answer_html) < 20_000


def test_what_did_not_change_is_not_sent() -> None:
    watched = Watched()
    watched.begin()
    watched.view.on_event(_token("hello"))
    watched.clock.now += 1
    watched.view.tick()
    sent = len(watched.widget.updates)
    for _ in range(10):
        watched.clock.now += 1
        watched.view.tick()
    assert len(watched.widget.updates) == sent
    watched.view.on_event(_token(" world"))
    watched.clock.now += 1
    watched.view.tick()
    assert "facts_html" not in watched.widget.updates[-1] or "note" not in watched.widget.updates[-1]
    assert "hello world" in watched.widget.answer_html


def test_big_updates_wait_until_the_line_is_free() -> None:
    watched = Watched()
    watched.begin()
    for _ in range(20_000):
        watched.view.on_event(_token("**word** "))
    for _ in range(100):
        watched.view.on_event(_token("more "))
        watched.clock.now += 0.05
        watched.view.tick()
    total = sum(len(str(update).encode()) for update in watched.widget.updates)
    assert total <= 512 * 1024 * 5 * 1.3 + 64 * 1024


def test_a_run_that_is_over_at_once_is_shown_once_and_finished() -> None:
    watched = Watched()
    for event in sample_run():
        watched.view.on_event(event)
        watched.view.tick()
    watched.view.close()
    assert [kind for kind, _ in watched.screen.log] == ["publish"]
    assert watched.widgets == []


def test_a_front_end_that_answered_gets_the_finished_run_in_the_same_place() -> None:
    watched = Watched()
    watched.begin()
    watched.widget.heard = True
    watched.view.on_event(_token("hello"))
    watched.clock.now += 1
    watched.view.tick()
    assert watched.widget.can_stop
    watched.view.close()
    assert [kind for kind, _ in watched.screen.log] == ["open", "replace"]
    assert "hello" in watched.screen.log[-1][1]
    assert watched.widget.closed


def test_a_front_end_that_never_answered_gets_it_as_a_new_output_and_the_live_one_emptied() -> None:
    watched = Watched()
    watched.begin()
    watched.view.on_event(_token("hello"))
    watched.view.close()
    assert [kind for kind, _ in watched.screen.log] == ["open", "publish", "replace"]
    assert watched.screen.log[-1][1] is None
    assert not watched.widget.can_stop
    assert watched.widget.closed


def test_where_nobody_watches_no_widget_is_made() -> None:
    watched = Watched(live=False)
    watched.begin()
    watched.view.close()
    assert [kind for kind, _ in watched.screen.log] == ["publish"]
    assert watched.widgets == []


def test_the_stop_button_only_raises_a_flag() -> None:
    watched = Watched()
    watched.begin()
    watched.widget.press_stop()
    assert watched.view.stop.is_set()


def test_a_display_that_fails_is_reported_once_and_the_finished_run_is_shown_all_the_same() -> None:
    watched = Watched()
    watched.view.on_event(_started())
    watched.clock.now += GRACE_S

    def broken(state: dict[str, Any]) -> None:
        raise OSError("no line")

    make = watched._make

    def make_broken(on_stop: Callable[[], None]) -> Any:
        widget = make(on_stop)
        widget.update = broken
        return widget

    watched.view._make_widget = make_broken
    with pytest.warns(RuntimeWarning, match="the live display failed.*the run goes on"):
        watched.view.tick()
    watched.clock.now += 1
    watched.view.tick()
    watched.view.close()
    assert "publish" in [kind for kind, _ in watched.screen.log]


def test_ten_thousand_events_leave_a_bounded_picture() -> None:
    watched = Watched()
    watched.begin()
    for number in range(5_000):
        call = {"id": f"c{number}", "tool": "look", "args": {"n": number}}
        watched.view.on_event(Event("tool_call", "s", payload={"call": call, "turn": 1}, run_id="r"))
        result = {"call_id": f"c{number}", "ok": True, "output": "x" * 100, "duration_ms": 1.0}
        watched.view.on_event(Event("tool_result", "s", payload={"result": result, "tool": "look"}, run_id="r"))
    watched.clock.now += 10
    watched.view.tick()
    assert len(str(watched.widget.updates[-1]).encode()) < 64 * 1024
    assert "not shown" in watched.widget.note
    watched.view.close()
    assert len(watched.screen.log[1][1].encode()) <= 8 * 1024


def test_the_widget_closes_both_of_its_models() -> None:
    widget_module = pytest.importorskip("loomlab.notebook.widget")
    import ipywidgets

    before = dict(ipywidgets.widgets.widget._instances)
    pressed: list[bool] = []
    widget = widget_module.RunWidget(lambda: pressed.append(True))
    widget.update({"now": "thinking", "rows": [{"key": "s1", "html": "<td>x</td>"}]})
    widget._receive(widget, {"type": "drawn"}, [])
    assert (widget.heard, pressed) == (True, [])
    widget._receive(widget, {"type": "stop"}, [])
    assert pressed == [True]
    widget.close()
    assert ipywidgets.widgets.widget._instances == before
