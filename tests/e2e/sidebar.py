"""The loomlab sidebar in the browser, and runs to put into its log."""

import json
import os
import random
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from lab import Lab
from playwright.sync_api import Locator, Page, expect

NOW = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
_ASKED = (
    "What should I wear in Lyon tomorrow, and book dinner for two?",
    "Summarise the quarterly report in three sentences.",
    "What is 17 × 23?",
    "Draft a polite reply to the invoice reminder.",
    "Find the bug in parse_date and explain it.",
)
_ARCHITECTURES = ("react", "rewoo", "plan-and-execute", "reflexion", "supervisor")
_WRITER = """
import json, pathlib, sys
from datetime import datetime
from loomlab.runlog import RunLog
from loomlab.runlog.home import Home
from loomlab.testing.events import sample_run
log = RunLog(Home.find(pathlib.Path(sys.argv[1])))
for line in sys.stdin:
    for run in json.loads(line):
        for event in sample_run(**{**run, "at": datetime.fromisoformat(run["at"])}):
            log.on_event(event)
    log.flush()
    print("told", flush=True)
log.close()
"""
_MODELS = ("gpt-5-mini", "claude-sonnet-5", "local", "echo")


class Writer:
    """A process that writes to the log which the server reads, as the kernel of a notebook does."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def tell(self, *runs: dict[str, Any]) -> None:
        """Runs, as ``sample_run`` takes them. They are on disk when this returns."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(runs) + "\n")
        self._process.stdin.flush()
        assert self._process.stdout.readline() == "told\n"


@contextmanager
def writing(lab: Lab) -> Iterator[Writer]:
    """Such a process; at the end it is over."""
    command = [sys.executable, "-c", _WRITER, str(lab.folder.parent / "log")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8") as process:
        yield Writer(process)


def many(count: int) -> list[dict[str, Any]]:
    """That many runs, three minutes apart, the newest last; the same ones each time."""
    chance = random.Random(3)
    runs = []
    for number in range(count):
        ending = chance.choices(["answered", "error", "max_turns", "budget", "cancelled"], [80, 6, 6, 4, 4])[0]
        run = {
            "run_id": f"run_{number:05d}",
            "ending": ending,
            "prompt": chance.choice(_ASKED),
            "user_id": ("alice", "bob", None)[number % 3],
            "architecture": chance.choice(_ARCHITECTURES),
            "model": chance.choice(_MODELS),
            "cost_usd": chance.choice([0.0, 0.00042, 0.0012, 0.031, None]),
            "tools": chance.randint(0, 2),
            "at": (NOW - timedelta(minutes=3 * (count - number))).isoformat(),
        }
        runs.append(run)
    return runs


class SideBar:
    """The sidebar of an open page."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.node = page.locator("#loomlab-sidebar")
        self.list = page.get_by_role("listbox", name="Runs, newest first")
        self.rows = self.list.locator("[role=option]:visible")
        self.count = page.locator(".jp-loomlab-count")
        self.banner = page.locator(".jp-loomlab-banner")

    def open(self) -> "SideBar":
        """By the shortcut."""
        self.page.locator("body").press("Control+Alt+r")
        expect(self.node).to_be_visible()
        return self

    def reset(self) -> None:
        """As it was when it was opened first: no filter, nothing selected, at the top."""
        if "matching" in (self.count.text_content() or ""):
            more = self.node.locator(".jp-loomlab-filters-line button", has_text="Filters")
            more.click()
            self.page.get_by_role("button", name="Clear filters").first.click()
            more.click()
            expect(self.count).not_to_contain_text("matching")
        expect(self.rows.first).to_be_visible()
        self.list.press("Escape")
        self.list.press("Home")
        expect(self.row(1)).to_have_class(re.compile("jp-mod-active"))

    def row(self, position: int) -> Locator:
        """The row at a place, counted from 1."""
        return self.list.locator(f'[role=option][aria-posinset="{position}"]:visible')

    def photograph(self, name: str) -> None:
        """Set LOOMLAB_PHOTOGRAPHS to a folder to keep them."""
        if target := os.environ.get("LOOMLAB_PHOTOGRAPHS"):
            Path(target).mkdir(parents=True, exist_ok=True)
            self.page.set_viewport_size({"width": 1280, "height": 860})
            self.page.screenshot(path=Path(target) / f"sidebar-{name}.png", animations="disabled")
