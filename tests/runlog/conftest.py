"""A log of its own for each test, and what several tests ask of one."""

from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from loomlab.core import Event
from loomlab.runlog import RunLog
from loomlab.testing.events import sample_run


@pytest.fixture
def log(tmp_path: Path) -> RunLog:
    return RunLog.open(tmp_path / "lab")


@pytest.fixture
def tell(log: RunLog) -> Callable[..., list[Event]]:
    """Let the log see a sample run; its events."""

    def told(**options: object) -> list[Event]:
        events = sample_run(**options)  # type: ignore[arg-type]
        see(log, events)
        return events

    return told


@pytest.fixture
def on_disk(log: RunLog) -> Callable[[], str]:
    """Everything that lies in the log's folder, as one text."""

    def everything() -> str:
        return "".join(
            file.read_bytes().decode("utf-8", "replace") for file in sorted(log.path.rglob("*")) if file.is_file()
        )

    return everything


def see(log: RunLog, events: Iterable[Event]) -> None:
    for event in events:
        log.on_event(event)
