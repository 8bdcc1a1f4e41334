"""A run log of 10 000 runs and a million events behind a real Jupyter server: how fast it answers, what it holds.

``python evals/big_log.py`` writes the log (sample runs, multiplied into Parquet), starts the server with the extension
and prints what pages, searches, facets, a run and live updates cost, and the memory of the server process.
``--loose`` leaves the log as the segment of a process that has ended, as a kernel does.
"""

import argparse
import json
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb

from loomlab.runlog import TABLES, RunLog
from loomlab.runlog.home import Home
from loomlab.testing.events import sample_run

TOKEN = "big-log"
TEMPLATES = 20
WORDS = ["lyon", "paris", "weather", "jacket", "umbrella", "river", "train", "budget", "invoice", "contract", "garden"]
ARCHITECTURES = ("react", "rewoo", "reflexion", "plan-and-execute")
PAGE = 50
TEXT = "The quick brown fox of the log jumps over what was said before. " * 12


def templates(home: Path, events_per_run: int) -> int:
    """A few runs as the recorder writes them; how many events they have."""
    log = RunLog(Home.find(home))
    count = 0
    for number in range(TEMPLATES):
        tools = max(1, (events_per_run - 12) // 3)
        events = sample_run(
            run_id=f"T{number:02d}",
            tools=tools,
            memory=True,
            nested=number % 4 == 0,
            architecture=ARCHITECTURES[number % len(ARCHITECTURES)],
            prompt=f"Question {number} about {WORDS[number % len(WORDS)]}? {TEXT}",
            answer=f"Answer {number}: {TEXT}",
            at=datetime(2026, 1, 5, 12, number, tzinfo=UTC),
            cost_usd=None if number == 7 else 0.001 * (number + 1),
        )
        for event in events:
            log.on_event(event)
        count += len(events)
    log.close()
    return count


def multiply(home: Path, root: Path, copies: int) -> None:
    """Each compacted row ``copies`` times over, for other users, notebooks and days."""
    folder = next((home / "runlog" / "compacted").iterdir())
    for table in TABLES.values():
        file, draft = folder / f"{table.name}.parquet", folder / f"{table.name}.draft"
        names = set(table.by_name)
        changed = {"run_id": "printf('run_%06d_', i) || run_id"} if "run_id" in names else {}
        if "parent_run_id" in names:
            changed["parent_run_id"] = "printf('run_%06d_', i) || parent_run_id"
        if "user_id" in names:
            changed["user_id"] = "'user-' || (i % 60)"
        if "notebook" in names:
            changed["notebook"] = f"'{root}/project-' || (i % 25) || '/notebook.ipynb'"
        if table.name == "runs":
            changed["prompt"] = f"prompt || ' number ' || i || ' ' || {WORDS!r}[1 + (i % {len(WORDS)})::INT]"
            changed["output"] = "output || repeat(md5(run_id || i), 20)"  # so that it does not shrink to nothing
        if table.name == "events":
            changed["payload"] = """left(payload, -1) || ',"unlike":"' || md5(run_id || seq || '-' || i) || '"}'"""
        for column in table.columns:
            if column.type == "TIMESTAMPTZ":
                changed[column.name] = f"{column.name} + to_minutes(CAST(i * {TEMPLATES} AS BIGINT))"
        there = [row[0] for row in duckdb.execute(f"DESCRIBE FROM read_parquet('{file}')").fetchall()]
        columns = ", ".join(f'{changed.get(name, name)} AS "{name}"' for name in there)
        duckdb.execute(
            f"COPY (SELECT {columns} FROM read_parquet('{file}'), range({copies if changed else 1}) r(i) ORDER BY r.i) "
            f"TO '{draft}' (FORMAT parquet, COMPRESSION zstd)"
        )
        draft.replace(file)


def loosen(home: Path) -> None:
    """The compacted rows as the segment of a process that has ended: what a long day of a kernel leaves."""
    folder = next((home / "runlog" / "compacted").iterdir())
    (home / "runlog" / "segments").mkdir(exist_ok=True)
    segment = home / "runlog" / "segments" / "01KBIG.jsonl"
    with segment.open("w", encoding="utf-8") as out:
        out.write(json.dumps({"t": "segment", "schema_version": 1, "writer": "01KBIG", "pid": 1}) + "\n")
        for table in TABLES.values():
            file = folder / f"{table.name}.parquet"
            data = ", ".join(f"{one.name}::JSON AS {one.name}" for one in table.columns if one.type == "JSON")
            rows = duckdb.execute(
                f"SELECT to_json(r) FROM (SELECT '{table.name}' AS t, * EXCLUDE (_segment) "
                f"{'REPLACE (' + data + ')' if data else ''} FROM read_parquet('{file}')) r"
            )
            while found := rows.fetchmany(10_000):
                out.writelines(f"{row[0]}\n" for row in found)
    for file in folder.iterdir():
        file.unlink()
    folder.rmdir()
    (home / "runlog" / "manifest.json").unlink()


def build(home: Path, root: Path, runs: int, events: int, *, loose: bool = False) -> dict[str, int]:
    """The log; how many runs and events it holds in the end."""
    per_run = max(1, round(events / runs))
    templates(home, per_run)
    RunLog(Home.find(home)).compact()
    multiply(home, root, max(1, runs // TEMPLATES))
    if loose:
        loosen(home)
    folder = home / "runlog"
    size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    return {"disk_mb": round(size / 1e6)}


class Asker:
    """Asks the server, and knows its process."""

    def __init__(self, port: int, pid: int) -> None:
        self.origin, self.pid = f"http://127.0.0.1:{port}", pid

    def open(self, path: str, **query: Any) -> Any:
        """The answer, open."""
        url = f"{self.origin}/loomlab/api/{path}?{urllib.parse.urlencode(query, doseq=True)}"
        request = urllib.request.Request(url, headers={"Authorization": f"token {TOKEN}"})
        return urllib.request.urlopen(request, timeout=300)

    def get(self, path: str, **query: Any) -> Any:
        """The JSON."""
        with self.open(path, **query) as answer:
            return json.loads(answer.read())

    def timed(self, path: str, **query: Any) -> float:
        """Milliseconds until the whole answer is here."""
        began = time.perf_counter()
        self.get(path, **query)
        return (time.perf_counter() - began) * 1000

    @property
    def rss_mb(self) -> float:
        """Memory of the server process now."""
        with Path(f"/proc/{self.pid}/status").open(encoding="utf-8") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmRSS")) / 1024

    @property
    def peak_mb(self) -> float:
        """The most memory that it ever had."""
        with Path(f"/proc/{self.pid}/status").open(encoding="utf-8") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) / 1024


@contextmanager
def serving(folder: Path) -> Iterator[Asker]:
    """A Jupyter server on ``folder / "root"``, its log in ``folder / "log"``."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    names = {f"JUPYTER_{name}_DIR": str(folder / "jupyter" / name.lower()) for name in ("CONFIG", "DATA", "RUNTIME")}
    around = {**os.environ, **names, "LOOMLAB_HOME": str(folder / "log")}
    command = [sys.executable, "-m", "jupyter_server", "--no-browser", "--allow-root", f"--port={port}"]
    command += [f"--IdentityProvider.token={TOKEN}", f"--ServerApp.root_dir={folder / 'root'}", "--ip=127.0.0.1"]
    command += ["--ServerApp.jpserver_extensions={'loomlab.server': True}"]
    with (folder / "server.log").open("w", encoding="utf-8") as log:
        process = subprocess.Popen(command, env=around, stdout=log, stderr=subprocess.STDOUT)
        try:
            asker = Asker(port, process.pid)
            for _ in range(600):
                try:
                    with urllib.request.urlopen(f"{asker.origin}/api", timeout=5):
                        break
                except OSError:
                    time.sleep(0.1)
            yield asker
        except OSError:
            print((folder / "server.log").read_text(encoding="utf-8")[-3000:], file=sys.stderr)
            raise
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)


def spread(times: list[float]) -> dict[str, float]:
    """Median, 95th percentile and worst, in milliseconds."""
    times = sorted(times)
    at = {"p50": 0.5, "p95": 0.95, "max": 1.0}
    return {name: round(times[min(len(times) - 1, int(len(times) * part))], 1) for name, part in at.items()}


def measure(asker: Asker, requests: int) -> dict[str, Any]:
    """Everything that a panel asks."""
    chance = random.Random(7)
    found: dict[str, Any] = {"rss_idle_mb": round(asker.rss_mb), "first_page_cold_ms": round(asker.timed("runs"), 1)}
    page = asker.get("runs", limit=PAGE)
    total, some = page["total"], page["rows"][0]["run_id"]
    found["runs"] = total
    found["first_page"] = spread([asker.timed("runs", limit=PAGE) for _ in range(20)])
    found["page_at_5000"] = spread([asker.timed("runs", limit=PAGE, offset=total // 2) for _ in range(20)])
    words = [*WORDS, "NUMBER 77", "fox of the log", "nothing like it", "user-5", "jacket?"]
    asker.timed("runs", text="warm")
    found["search"] = spread([asker.timed("runs", limit=PAGE, text=words[n % len(words)]) for n in range(40)])
    found["filtered"] = spread([asker.timed("runs", user=f"user-{n}", architecture="react") for n in range(20)])
    found["facets"] = spread([asker.timed("runs/facets") for _ in range(10)])
    found["spend"] = spread([asker.timed("runs/spend", notebook="project-3/notebook.ipynb") for _ in range(10)])
    found["rss_lists_mb"] = round(asker.rss_mb)
    ids = [row["run_id"] for row in asker.get("runs", limit=200, offset=total // 3)["rows"]]
    found["open_run"] = spread([asker.timed("run", run_id=chance.choice(ids)) for _ in range(20)])
    found["align"] = spread([asker.timed("run/align", run_id=chance.sample(ids, 2)) for _ in range(5)])
    found["rss_runs_mb"] = round(asker.rss_mb)
    for number in range(requests):
        asker.get("runs", limit=PAGE, offset=chance.randrange(total), text=chance.choice(["", *words]))
        if number % 10 == 0:
            asker.get("run", run_id=chance.choice([some, *ids]))
    found["rss_after_requests_mb"], found["rss_peak_mb"] = round(asker.rss_mb), round(asker.peak_mb)
    return found


_WRITER = """
import sys, time
from loomlab.runlog import RunLog
from loomlab.testing.events import sample_run
log = RunLog.open(sys.argv[1])
until, number = time.monotonic() + float(sys.argv[3]), 0
while time.monotonic() < until:
    for event in sample_run(run_id=f"run_live_{sys.argv[2]}_{number:05d}", user_id=sys.argv[2]):
        log.on_event(event)
    number += 1
    time.sleep(0.02)
print(number)
"""


def updates(asker: Asker, home: Path, seconds: float) -> dict[str, Any]:
    """Live updates while two processes write: messages, how far they are apart, and how late the last run is told."""
    told: list[tuple[float, int]] = []

    def listen() -> None:
        with asker.open("events") as answer:
            for line in answer:
                if line.startswith(b"data: "):
                    told.append((time.perf_counter(), json.loads(line[6:])["runs"]))
                    if stop.is_set() and told[-1][1] >= expected[0]:
                        return

    stop, expected = threading.Event(), [1 << 60]
    before = asker.get("runs", top=0, limit=1)["total"]
    thread = threading.Thread(target=listen, daemon=True)
    thread.start()
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", _WRITER, str(home), name, str(seconds)], stdout=subprocess.PIPE, text=True
        )
        for name in ("alice", "bob")
    ]
    searches = []
    while any(writer.poll() is None for writer in writers):
        searches.append(asker.timed("runs", text="jacket", limit=PAGE))
    written = sum(int(writer.communicate()[0]) for writer in writers)
    ended = time.perf_counter()
    stop.set()
    expected[0] = before + written
    while told and told[-1][1] < expected[0] and time.perf_counter() < ended + 30:
        time.sleep(0.02)
    gaps = [two[0] - one[0] for one, two in pairwise(told)]
    return {
        "runs_written": written,
        "messages": len(told),
        "messages_per_s": round(len(told) / max(0.001, told[-1][0] - told[0][0]), 2),
        "shortest_gap_s": round(min(gaps), 2),
        "last_run_told_after_s": round(max(0.0, told[-1][0] - ended), 2),
        "search_meanwhile": spread(searches),
        "rss_mb": round(asker.rss_mb),
    }


def main() -> int:
    """Build, measure, print; 1 where a search is not answered within a second."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--runs", type=int, default=10_000)
    arguments.add_argument("--events", type=int, default=1_000_000)
    arguments.add_argument("--requests", type=int, default=200)
    arguments.add_argument("--loose", action="store_true", help="not compacted")
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for part in ("root", "jupyter"):
            (folder / part).mkdir()
        found: dict[str, Any] = build(folder / "log", folder / "root", given.runs, given.events, loose=given.loose)
        with serving(folder) as asker:
            found |= measure(asker, given.requests)
            found["updates"] = updates(asker, folder / "log", 6)
        found["events"] = int(
            RunLog.open(folder / "log", read_only=True).sql("SELECT count(*) AS n FROM events")["n"][0]
        )
    print(json.dumps(found, indent=1))
    return 1 if found["search"]["p95"] > 1000 else 0


if __name__ == "__main__":
    raise SystemExit(main())
