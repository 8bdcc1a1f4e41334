"""Logs that are not there, that can't be read, or that a newer loomlab wrote; and what the server does about them."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from jupyter_client.blocking import BlockingKernelClient
from served import Server, running_server

from loomlab.runlog import SCHEMA_VERSION, RunLog
from loomlab.runlog.home import Home
from loomlab.server.runs_routes import EMPTY
from loomlab.testing.events import sample_run

READS = ["runs", "runs/facets", "runs/spend", "run?run_id=run_a", "run/fork?run_id=run_a"]
READS += ["run/align?run_id=run_a&run_id=run_b"]


@pytest.fixture
def empty(server: Server) -> Iterator[Server]:
    """The server without a log; whatever a test put in its place is gone afterwards."""
    yield server
    aside = server.home.with_name(f"used-{server.home.stat().st_ino}") if server.home.exists() else None
    if aside is not None:
        server.home.rename(aside)


def tell(server: Server, run_id: str = "run_a") -> None:
    log = RunLog(Home.find(server.home))
    for event in sample_run(run_id=run_id, user_id="alice"):
        log.on_event(event)
    log.close()


def refused(server: Server, *words: str) -> None:
    """Every reading route says the same sentence; ``about`` answers all the same."""
    for path in READS:
        reply = server.ask(f"{server.origin}/loomlab/api/{path}")
        assert reply.status == 503, path
        for word in words:
            assert word in reply.message
    about = server.get("about")
    assert about.status == 200
    for word in words:
        assert word in about.json["problem"]


def test_no_log_yet_is_an_empty_list_that_says_what_to_type(empty: Server) -> None:
    assert empty.get("runs").json["empty"] == EMPTY
    facets = ("users", "architectures", "models", "outcomes", "notebooks")
    assert empty.get("runs/facets").json == {name: [] for name in facets}
    assert empty.get("runs/spend").json["today"]["calls"] == 0
    assert empty.get("run", run_id="run_a").status == 404
    assert "the log holds no run yet" in empty.get("run", run_id="run_a").message
    assert not empty.home.exists(), "asking makes nothing"
    assert empty.get("about").json["log"] == {"name": "log", "exists": False}


def test_a_log_that_comes_while_the_server_runs_is_read(empty: Server) -> None:
    assert empty.get("runs").json["total"] == 0
    tell(empty)
    assert empty.get("runs").json["total"] == 1
    assert empty.get("about").json["log"]["exists"]


def test_a_log_of_a_newer_schema_is_named_with_the_remedy(empty: Server) -> None:
    tell(empty)
    marker = empty.home / "runlog" / "format.json"
    known = json.loads(marker.read_text(encoding="utf-8"))
    marker.write_text(json.dumps(known | {"schema_version": SCHEMA_VERSION + 1}), encoding="utf-8")
    refused(empty, "newer loomlab", "pip install -U loomlab")


def test_a_file_in_the_place_of_the_log_is_named(empty: Server) -> None:
    empty.home.write_text("no log", encoding="utf-8")
    refused(empty, "is a file, not a run log; give a folder")


def test_a_folder_that_is_something_else_is_named(empty: Server) -> None:
    (empty.home / "runlog").mkdir(parents=True)
    (empty.home / "runlog" / "photo.png").write_bytes(b"")
    refused(empty, "is not a run log: it holds photo.png")


def test_a_damaged_log_is_named_with_the_remedy(empty: Server) -> None:
    tell(empty)
    (empty.home / "runlog" / "manifest.json").write_text("{", encoding="utf-8")
    refused(empty, "is damaged", "put it back from a backup")


def test_a_log_in_a_loop_of_links_is_a_sentence(empty: Server) -> None:
    inner = empty.home / "runlog"
    empty.home.mkdir()
    inner.symlink_to(inner)
    refused(empty, "can't be read", "make it readable for this user")


def test_a_file_of_the_log_that_cannot_be_read_is_a_sentence(empty: Server) -> None:
    tell(empty)
    (empty.home / "runlog" / "segments" / "x.jsonl").mkdir()
    refused(empty, "can't be read", "make it readable for this user")


def test_lines_that_are_torn_take_nothing_else_with_them(empty: Server) -> None:
    tell(empty)
    (segment,) = (empty.home / "runlog" / "segments").glob("*.jsonl")
    with segment.open("ab") as file:
        file.write(b'{"t":"runs","run_id":"torn\n{"t":"ru')
    assert empty.get("runs").json["total"] == 1
    assert "take a jacket" in empty.get("run", run_id="run_a").json["text"]


def test_without_duckdb_every_question_is_answered_with_the_install_command(tmp_path: Path) -> None:
    shadow = tmp_path / "shadow"
    shadow.mkdir()
    (shadow / "duckdb.py").write_text("raise ImportError('not installed')\n", encoding="utf-8")
    chosen = f"--LoomlabServer.home={tmp_path / 'chosen'}"
    with running_server(tmp_path, chosen, environment={"PYTHONPATH": str(shadow)}) as server:
        assert server.get("about").json["log"] == {"name": "chosen", "exists": False}
        refused(server, "needs the package duckdb", "pip install 'loomlab[log]'")


_CELL = """
from loomlab.runlog import RunLog
from loomlab.testing.events import sample_run
log = RunLog.open()
for event in sample_run(run_id="run_kernel"):
    log.on_event(event)
"""


@pytest.mark.kernel
def test_a_kernel_of_the_server_writes_to_its_log_and_tells_its_notebook(tmp_path: Path) -> None:
    with running_server(tmp_path, environment={"LOOMLAB_HOME": ""}) as server:
        assert server.get("about").json["log"] == {"name": ".loomlab", "exists": False}
        (server.root / "work").mkdir()
        asked = {"path": "work/first.ipynb", "name": "first.ipynb", "type": "notebook", "kernel": {"name": "python3"}}
        url, headers = f"{server.origin}/api/sessions", {"Content-Type": "application/json"}
        session = server.ask(url, headers=headers, data=json.dumps(asked).encode(), method="POST").json
        connection = tmp_path / "jupyter" / "runtime" / f"kernel-{session['kernel']['id']}.json"
        client = BlockingKernelClient(connection_file=str(connection))
        client.load_connection_file()
        client.start_channels(hb=False)  # a busy machine must not make a kernel that starts look dead
        client.wait_for_ready(timeout=40)
        reply = client.execute_interactive(_CELL, timeout=40)
        client.stop_channels()
        assert reply["content"]["status"] == "ok"
        (row,) = server.get("runs", notebook="work/first.ipynb").json["rows"]
        assert (row["run_id"], row["notebook"]) == ("run_kernel", "work/first.ipynb")
        assert server.get("runs/facets").json["notebooks"] == [{"value": "work/first.ipynb", "count": 1}]
        assert server.get("runs/spend", notebook="work/first.ipynb").json["notebook"]["calls"] == 2
        assert (server.root / ".loomlab" / "runlog").is_dir()
        assert not (server.root / "work" / ".loomlab").exists()
