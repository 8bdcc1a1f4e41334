"""A reader beside a writer that never stops for breath."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from loomlab.runlog import RunLog
from loomlab.runlog.home import Home
from loomlab.runlog.snapshot import Snapshot
from loomlab.testing.events import sample_run


def test_a_reader_takes_what_is_there_and_does_not_run_after_the_writer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer, reader = RunLog.open(tmp_path), RunLog(Home.find(tmp_path), read_only=True)
    real: Callable[..., None] = Snapshot._take
    taken = []

    def take_while_it_grows(self: Snapshot, name: str, state: Any, whole: bytes) -> None:
        taken.append(len(whole))
        if len(taken) < 50:
            tell(f"run_{len(taken):04d}")
        real(self, name, state, whole)

    def tell(run_id: str) -> None:
        for event in sample_run(run_id=run_id):
            writer.on_event(event)

    monkeypatch.setattr(Snapshot, "_take", take_while_it_grows)
    tell("run_0000")
    assert len(reader.runs()) == 1
    assert len(taken) == 1
    assert len(reader.runs()) == 2, "what came meanwhile comes with the next question"
    assert len(taken) == 2
    writer.close()
