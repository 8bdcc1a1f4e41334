"""The log watches a real agent: what it writes while an event loop runs."""

from pathlib import Path

import anyio
import pytest

from loomlab.agent import Agent
from loomlab.runlog import RunLog, recording


@pytest.mark.anyio
async def test_a_run_that_has_returned_is_on_disk_for_everybody(tmp_path: Path) -> None:
    agent = Agent("Be brief.", model="echo", name="parrot")
    with recording(RunLog.open(tmp_path)) as log:
        result = await agent.run("hello", user_id="alice")
    lines = _lines(tmp_path)
    assert any(f'"run_id":"{result.run_id}"' in line and '"status":"answered"' in line for line in lines)
    record = await anyio.to_thread.run_sync(log.run, result.run_id)
    assert record.result is not None
    assert record.result.output == result.output
    assert record.info["agent"] == "parrot"
    assert record.info["user_id"] == "alice"


def _lines(path: Path) -> list[str]:
    return [line for file in path.rglob("*.jsonl") for line in file.read_text(encoding="utf-8").splitlines()]
