"""What changes is told as it happens: from other processes, to several pages, and only while somebody listens."""

import json
import queue
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from served import TOKEN, Server
from tornado.queues import Queue

from loomlab.runlog import RunLog
from loomlab.runlog.home import Home
from loomlab.server.events_route import MOST_LISTENERS
from loomlab.server.shapes import Changed
from loomlab.server.watcher import EVERY_MS, Watcher, sizes_of
from loomlab.testing.events import sample_run

WRITER = Path(__file__).parent.parent / "runlog" / "writer.py"


class Page:
    """A page that listens: every message that came, in order."""

    def __init__(self, server: Server) -> None:
        request = urllib.request.Request(server.address("events"), headers={"Authorization": f"token {TOKEN}"})
        self.answer = urllib.request.urlopen(request, timeout=30)
        self.messages: queue.Queue[dict[str, Any]] = queue.Queue()
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()

    def _read(self) -> None:
        kind = ""
        try:
            for line in self.answer:
                if line.startswith(b"event: "):
                    kind = line[7:].decode().strip()
                elif line.startswith(b"data: ") and kind == "changed":
                    self.messages.put(json.loads(line[6:]))
        except (OSError, ValueError, AttributeError):
            pass  # closed by us

    def until(self, runs: int) -> dict[str, Any]:
        """The message that tells of at least so many runs."""
        while True:
            told = self.messages.get(timeout=30)
            if told["runs"] >= runs:
                return told


@contextmanager
def listening(server: Server) -> Iterator[Page]:
    page = Page(server)
    try:
        yield page
    finally:
        page.answer.fp.raw._sock.shutdown(2)  # as a page that is closed: the reading thread ends
        page.thread.join(10)
        page.answer.close()


def write(home: Path, name: str, count: int) -> "subprocess.Popen[bytes]":
    return subprocess.Popen([sys.executable, str(WRITER), str(home), name, str(count)], stdout=subprocess.DEVNULL)


def test_pages_are_told_what_other_processes_write_while_the_list_is_read(server: Server) -> None:
    with listening(server) as first, listening(server) as second:
        assert first.until(0) == {"runs": 0, "evaluations": 0, "latest": None}
        assert second.until(0)["runs"] == 0
        writers = [write(server.home, name, 30) for name in ("alice", "bob")]
        seen = 0
        while any(writer.poll() is None for writer in writers):
            page = server.get("runs", limit=200).json
            assert page["total"] >= seen, "a run that was there is gone"
            assert len({row["run_id"] for row in page["rows"]}) == len(page["rows"])
            seen = page["total"]
        assert [writer.wait() for writer in writers] == [0, 0]
        # every fifth run of the writer has one inside
        for page_open in (first, second):
            told = page_open.until(72)
            assert told["runs"] == 72
            assert told["latest"].startswith("run_")
    assert server.get("runs").json["total"] == 60
    assert server.get("runs", user="alice", limit=200).json["total"] == 30


def test_an_evaluation_is_told_too(server: Server) -> None:
    log = RunLog(Home.find(server.home))
    with listening(server) as page:
        page.until(0)
        log.append("evaluations", [{"evaluation_id": "eval_1", "status": "running"}])
        while page.messages.get(timeout=30)["evaluations"] != 1:
            pass
    log.close()
    assert page.messages.empty()


def test_a_stream_says_what_it_is_and_is_kept_by_nobody(server: Server) -> None:
    with listening(server) as page:
        assert page.answer.headers["Content-Type"].startswith("text/event-stream")
        assert page.answer.headers["Cache-Control"] == "no-store"


@pytest.mark.anyio
async def test_one_watcher_serves_all_and_stops_with_the_last(tmp_path: Path) -> None:
    log = RunLog.open(tmp_path)
    asked: list[int] = []

    async def ask() -> Changed:
        asked.append(1)
        return {"runs": len(asked), "evaluations": 0, "latest": None}

    watcher = Watcher(tmp_path / "runlog", ask)
    assert not watcher.running
    pages: list[Queue[Changed | None]] = [watcher.join() for _ in range(5)]
    assert watcher.running
    for page in pages:
        assert (await page.get(timeout=None))["runs"] == 1  # type: ignore[index]
    assert len(asked) == 1, "five pages, one question"
    for event in sample_run():
        log.on_event(event)
    for page in pages:
        assert (await page.get()) is not None
    for page in pages[:-1]:
        watcher.leave(page)
        assert watcher.running
    watcher.leave(pages[-1])
    assert not watcher.running
    late = watcher.join()
    assert (await late.get()) is not None, "who comes back is told the state"
    watcher.leave(late)
    log.close()


@pytest.mark.anyio
async def test_a_slow_page_gets_the_newest_state_only(tmp_path: Path) -> None:
    log = RunLog.open(tmp_path)
    asked: list[int] = []

    async def ask() -> Changed:
        asked.append(1)
        return {"runs": len(asked), "evaluations": 0, "latest": None}

    watcher = Watcher(tmp_path / "runlog", ask)
    slow, quick = watcher.join(), watcher.join()
    for number in range(3):
        for event in sample_run(run_id=f"run_{number}"):
            log.on_event(event)
        await quick.get()
    assert (await slow.get())["runs"] == len(asked)  # type: ignore[index]
    assert slow.empty()
    watcher.leave(slow)
    watcher.leave(quick)
    log.close()


@pytest.mark.anyio
async def test_a_log_that_cannot_be_read_just_now_is_asked_again(tmp_path: Path) -> None:
    failing = [True, True]

    async def ask() -> Changed:
        if failing:
            failing.pop()
            raise OSError("not now")
        return {"runs": 1, "evaluations": 0, "latest": None}

    watcher = Watcher(tmp_path, ask)
    page = watcher.join()
    assert (await page.get())["runs"] == 1  # type: ignore[index]
    watcher.leave(page)


def test_a_look_reads_no_file_and_tells_growth(tmp_path: Path) -> None:
    assert sizes_of(tmp_path / "runlog") == frozenset()
    log = RunLog.open(tmp_path)
    for event in sample_run():
        log.on_event(event)
    before = sizes_of(tmp_path / "runlog")
    assert before
    for file in (tmp_path / "runlog" / "segments").iterdir():
        file.chmod(0)
    assert sizes_of(tmp_path / "runlog") == before
    for event in sample_run(run_id="run_2"):
        log.on_event(event)
    assert sizes_of(tmp_path / "runlog") != before
    assert EVERY_MS >= 500, "at most two messages a second"
    log.close()


def test_pages_that_have_gone_leave_nothing_behind(server: Server) -> None:
    """More pages one after another than may listen at once: each finds room, so the ones before are forgotten."""
    for _ in range(MOST_LISTENERS + 4):
        with listening(server) as page:
            assert page.until(0)["runs"] >= 0


def test_more_pages_than_can_be_served_are_told_so(server: Server) -> None:
    with ExitStack() as pages:
        for _ in range(MOST_LISTENERS):
            pages.enter_context(listening(server))
        reply = server.get("events")
        assert (reply.status, "close one" in reply.message) == (503, True)


def test_words_that_are_taken_out_of_a_log_are_a_change_though_no_file_grows(tmp_path: Path) -> None:
    log = RunLog.open(tmp_path)
    for user in ("alice", "bob"):
        for event in sample_run(user_id=user):
            log.on_event(event)
    log.scrub("alice")
    before = sizes_of(tmp_path / "runlog")
    log.scrub("bob")
    assert sizes_of(tmp_path / "runlog") != before
