"""What the panels may write: forget, scrub, label, promote. Confirmed, audited, and nothing else ever changes."""

import json
import sqlite3
import threading
import urllib.request
from contextlib import closing
from pathlib import Path
from typing import Any

import anyio
import pytest
from filled import facts_of, fill_memory, logged_run, rows_of
from served import TOKEN, Server, running_server

from loomlab.evals import Dataset
from loomlab.runlog import RunLog
from loomlab.security import FileAuditLog

pytestmark = pytest.mark.timeout(120)

EARLIER = Path(__file__).parents[1] / "fixtures" / "memory_format_1.sql"


@pytest.fixture
def memory(server: Server) -> Path:
    """A fresh memory of alice, bob and nobody."""
    for file in server.root.glob("team.db*"):
        file.unlink()
    return fill_memory(server.root / "team.db", "alice", "bob", None)


@pytest.fixture(scope="module")
def log(server: Server) -> RunLog:
    """The log that the server reads, written by this process."""
    return RunLog.open(server.home)


def _audited(home: Path) -> list[Any]:
    audit = FileAuditLog(home / "audit.jsonl")

    async def read() -> list[Any]:
        assert (await audit.verify()).ok
        return await audit.all_entries()

    return anyio.run(read) if audit.path.exists() else []


def _state(server: Server) -> dict[str, bytes]:
    """Every file that a write could touch, but the shared memory of a reader."""
    kept = [*server.root.rglob("*"), *server.home.rglob("*")]
    return {str(one): one.read_bytes() for one in kept if one.is_file() and not one.name.endswith(("-shm", "-wal"))}


FORGET = {"memory": "team.db", "user_id": "alice", "everything": True}


def test_a_dry_run_says_what_would_go_and_writes_nothing(server: Server, memory: Path) -> None:
    before = _state(server)
    plan = server.post("memory/forget", FORGET).json
    assert plan["would_erase"] == 5
    assert plan["confirm"] == "alice"
    assert "2 episodes, 2 facts and 1 block of alice" in plan["text"]
    assert _state(server) == before


@pytest.mark.parametrize("confirm", ["bob", "Alice", "alice ", "", "yes", "true"])
def test_another_word_than_the_users_name_erases_nothing(server: Server, memory: Path, confirm: str) -> None:
    before = _state(server)
    reply = server.post("memory/forget", {**FORGET, "confirm": confirm})
    assert reply.status == 400
    assert reply.message.startswith("nothing was erased")
    assert _state(server) == before


def test_forgetting_alice_leaves_bob_and_nobody_byte_for_byte_and_is_audited(server: Server, memory: Path) -> None:
    bob, nobody = rows_of(memory, "bob"), rows_of(memory, None)
    lines = len(_audited(server.home))
    done = server.post("memory/forget", {**FORGET, "confirm": "alice"}).json
    assert done["erased"] == 5
    assert "may remain" in done["text"]
    assert rows_of(memory, "alice") == [[], [], []]
    assert (rows_of(memory, "bob"), rows_of(memory, None)) == (bob, nobody)
    for file in server.root.glob("team.db*"):
        assert b"fact_alice" not in file.read_bytes()
    entry = _audited(server.home)[lines:]
    assert [(one.action, one.user_id) for one in entry] == [("memory.forget", "alice")]
    assert entry[0].payload == {
        "memory": "team.db",
        "scope": "everything",
        "items": {"episodes": 2, "facts": 2, "blocks": 1},
    }
    assert entry[0].actor
    assert "Lyon" not in (server.home / "audit.jsonl").read_text(encoding="utf-8")


def test_nobodys_memory_is_forgotten_by_its_own_word_alone(server: Server, memory: Path) -> None:
    nobody = {"memory": "team.db", "everything": True}
    assert server.post("memory/forget", nobody).json["confirm"] == "nobody"
    assert server.post("memory/forget", {**nobody, "confirm": "nobody"}).json["erased"] == 5
    assert facts_of(memory, None) == []
    assert facts_of(memory, "alice") == facts_of(memory, "bob") == ["Paris", "Lyon"]


def test_one_fact_or_one_conversation_can_be_forgotten(server: Server, memory: Path) -> None:
    one = {"memory": "team.db", "user_id": "alice", "fact_ids": ["fact_alice_lives_in_Lyon"]}
    assert server.post("memory/forget", one).json["would_erase"] == 1
    assert server.post("memory/forget", {**one, "confirm": "alice"}).json["erased"] == 1
    facts = server.get("memory/user", memory="team.db", user_id="alice").json["facts"]
    assert [(fact["object"], fact["state"]) for fact in facts] == [("Paris", "ended")]
    talk = {"memory": "team.db", "user_id": "bob", "session_id": "s1"}
    assert server.post("memory/forget", {**talk, "confirm": "bob"}).json["erased"] == 1
    assert len(server.get("memory/user", memory="team.db", user_id="bob").json["talks"]) == 1


def test_the_facts_of_another_user_can_not_be_named(server: Server, memory: Path) -> None:
    sent = {"memory": "team.db", "user_id": "alice", "fact_ids": ["fact_bob_lives_in_Lyon"], "confirm": "alice"}
    reply = server.post("memory/forget", sent)
    assert reply.status == 400
    assert "has no fact" in reply.message
    assert facts_of(memory, "bob") == ["Paris", "Lyon"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"everything": None}, "give one of everything"),
        ({"everything": False}, "give one of everything"),
        ({"fact_ids": ["x"]}, "give one of everything"),
        ({"everything": None, "session_id": "s9"}, "no such conversation"),
        ({"memory": "../team.db"}, "there is no memory"),
        ({"path": "/tmp"}, "there is no field 'path'"),
        ({"everything": None, "query": "1 OR 1=1"}, "there is no field 'query'"),
        ({"everything": "yes"}, "everything takes"),
        ({"user_id": ["alice", "bob"]}, "user_id takes text"),
    ],
)
def test_a_request_that_makes_no_sense_erases_nothing(
    server: Server, memory: Path, change: dict[str, Any], said: str
) -> None:
    before = _state(server)
    reply = server.post("memory/forget", {**FORGET, "confirm": "alice", **change})
    assert reply.status == 400
    assert said in reply.message
    assert _state(server) == before


def test_without_a_token_without_the_xsrf_cookie_and_from_a_foreign_page_nothing_is_written(
    server: Server, memory: Path, log: RunLog
) -> None:
    run = logged_run(log, "hello", "alice")
    sends: list[tuple[str, dict[str, Any]]] = [
        ("memory/forget", {**FORGET, "confirm": "alice"}),
        ("memory/scrub", {"user_id": "alice", "confirm": "alice"}),
        ("run/label", {"run_id": run, "label": "bad", "confirm": True}),
        ("evaluation/promote", {"run_id": run, "dataset": "d", "confirm": True}),
    ]
    cookie = _signed_in_cookie(server)
    before = _state(server)
    for route, body in sends:
        assert server.post(route, body, token=None).status == 403
        assert server.post(route, body, token="wrong").status == 403
        by_cookie = server.post(route, body, token=None, headers={"Cookie": cookie})
        assert by_cookie.status == 403, route
        foreign = server.post(route, body, token=None, headers={"Cookie": cookie, "Origin": "http://evil.example"})
        assert foreign.status in (403, 404), route
        form = server.ask(
            server.address(route),
            data=json.dumps(body).encode(),
            method="POST",
            headers={"Content-Type": "text/plain"},
        )
        assert form.status == 415
        assert server.get(route).status in (404, 405)
    assert _state(server) == before


def _signed_in_cookie(server: Server) -> str:
    """What a browser that signed in has, but for the XSRF token that only our own pages can read."""
    address = f"{server.origin}/api/status"
    request = urllib.request.Request(address, headers={"Authorization": f"token {TOKEN}"})
    with urllib.request.urlopen(request) as answer:
        found = [one.partition(";")[0] for one in answer.headers.get_all("Set-Cookie") or []]
    assert any(one.startswith("username-") for one in found)
    return "; ".join(found)


def test_a_kernel_that_writes_meanwhile_loses_nothing(server: Server, memory: Path) -> None:
    from filled import day, fact

    from loomlab.memory import SqliteMemory

    stop = threading.Event()
    written: list[str] = []

    async def write() -> None:
        kernel = SqliteMemory(memory)
        while not stop.is_set() or len(written) < 20:
            number = len(written)
            await kernel.facts.append(fact("bob", f"likes_{number}", "tea", day(5), day(5)))
            written.append(str(number))
            await anyio.sleep(0.002)
        await kernel.aclose()

    thread = threading.Thread(target=lambda: anyio.run(write))
    thread.start()
    try:
        for _ in range(3):
            assert server.get("memory/user", memory="team.db", user_id="bob").status == 200
        assert server.post("memory/forget", {**FORGET, "confirm": "alice"}).json["erased"] == 5
    finally:
        stop.set()
        thread.join(60)
    assert len(facts_of(memory, "bob")) == 2 + len(written)
    assert facts_of(memory, "alice") == []


def test_the_words_of_a_user_leave_the_run_log_when_that_is_confirmed(
    server: Server, memory: Path, log: RunLog
) -> None:
    mine, other = logged_run(log, "my secret wish", "alice"), logged_run(log, "bob's wish", "bob")
    done = server.post("memory/forget", {**FORGET, "confirm": "alice"}).json
    assert done["logged"] > 0
    assert "the run log" in done["text"]
    assert server.post("memory/scrub", {"user_id": "alice", "confirm": "bob"}).status == 400
    assert server.get("run", run_id=mine).json["row"]["prompt"] == "my secret wish"
    assert server.post("memory/scrub", {"user_id": "alice", "confirm": "alice"}).json["rows"] == done["logged"]
    assert "secret" not in server.get("run", run_id=mine).text
    assert server.get("run", run_id=other).json["row"]["prompt"] == "bob's wish"
    assert _audited(server.home)[-1].action == "runlog.scrub"


def test_a_label_is_written_once_confirmed_and_replaced_by_a_later_one(server: Server, log: RunLog) -> None:
    run = logged_run(log, "Is it good?", "alice")
    sent = {"run_id": run, "label": "good", "note": "to the point"}
    unconfirmed = server.post("run/label", sent)
    assert (unconfirmed.status, unconfirmed.message.split(":")[0]) == (400, "nothing was written")
    assert log.labels(run_id=run).empty
    assert server.post("run/label", {**sent, "confirm": True}).json["ok"] is True
    assert server.post("run/label", {**sent, "label": "bad", "confirm": True}).json["ok"] is True
    [row] = log.labels(run_id=run).to_dict("records")
    assert (row["kind"], row["choice"], row["value"], row["user_id"]) == ("label", "bad", 0.0, "alice")
    assert _audited(server.home)[-1].payload == {"run_id": run, "label": "bad"}


@pytest.mark.parametrize(("run", "label", "said"), [("last", "good", "no run"), ("run_", "good", "no run")])
def test_a_label_needs_the_very_id_of_a_run(server: Server, log: RunLog, run: str, label: str, said: str) -> None:
    logged_run(log, "hello", "alice")
    reply = server.post("run/label", {"run_id": run, "label": label, "confirm": True})
    assert reply.status == 400
    assert said in reply.message
    assert "did you mean 'good'" in server.post("run/label", {"run_id": run, "label": "god", "confirm": True}).message


def test_a_run_becomes_a_case_once(server: Server, log: RunLog) -> None:
    run = logged_run(log, "What is 2 + 2?", "alice")
    sent = {"run_id": run, "dataset": "regressions", "expected": "4"}
    assert server.post("evaluation/promote", sent).status == 400
    assert not (server.root / "datasets").exists()
    assert server.post("evaluation/promote", {**sent, "confirm": True}).json == {
        "case_id": run,
        "dataset": "regressions",
    }
    file = server.root / "datasets" / "regressions.jsonl"
    before = file.read_bytes()
    again = server.post("evaluation/promote", {**sent, "confirm": True})
    assert again.status == 400
    assert "already has the case" in again.message
    assert file.read_bytes() == before
    [case] = Dataset.load(file)
    assert (case.id, case.input, case.target) == (run, "What is 2 + 2?", "4")
    assert "alice" not in file.read_text(encoding="utf-8")
    assert server.get("evaluation/datasets").json == {"folder": "datasets", "names": ["regressions"]}


@pytest.mark.parametrize(
    "name",
    [
        "../escaped",
        "/tmp/escaped",
        "a/b",
        "a\\b",
        "..",
        ".hidden",
        "",
        "x" * 70,
        "a\nb",
        "regressions.jsonl/../../e",
        "link",
    ],
)
def test_a_dataset_is_a_name_and_never_a_path(server: Server, log: RunLog, name: str, tmp_path: Path) -> None:
    run = logged_run(log, "hello", "alice")
    folder = server.root / "datasets"
    folder.mkdir(exist_ok=True)
    (folder / "link.jsonl").unlink(missing_ok=True)
    (folder / "link.jsonl").symlink_to(tmp_path / "escaped.jsonl")
    before = set(server.root.rglob("*"))
    reply = server.post("evaluation/promote", {"run_id": run, "dataset": name, "confirm": True})
    assert reply.status == 400
    assert set(server.root.rglob("*")) == before
    assert not (tmp_path / "escaped.jsonl").exists()
    assert not (server.root.parent / "escaped.jsonl").exists()


def test_where_the_audit_log_can_not_be_written_nothing_is_erased(tmp_path: Path) -> None:
    with running_server(tmp_path) as server:
        memory = fill_memory(server.root / "team.db", "alice", "bob")
        server.home.mkdir(exist_ok=True)
        (server.home / "audit.jsonl").mkdir()
        reply = server.post("memory/forget", {**FORGET, "confirm": "alice"})
        assert reply.status == 400
        assert reply.message.startswith("nothing was done: the audit log")
        assert facts_of(memory, "alice") == ["Paris", "Lyon"]


def test_memories_and_datasets_that_the_settings_name_are_used(tmp_path: Path) -> None:
    outside = fill_memory(tmp_path / "elsewhere" / "own.db", "alice")
    options = [f"--LoomlabServer.memories=mine=sqlite:{outside}", "--LoomlabServer.memories=gone=sqlite:none.db"]
    with running_server(tmp_path, *options, "--LoomlabServer.datasets=cases") as server:
        found = {one["name"]: one for one in server.get("memory").json["memories"]}
        assert [one["user_id"] for one in found["mine"]["users"]] == ["alice"]
        assert "is not there" in found["gone"]["problem"]
        assert not (server.root / "none.db").exists()
        run = logged_run(RunLog.open(server.home), "hello", "alice")
        assert server.post("evaluation/promote", {"run_id": run, "dataset": "d", "confirm": True}).status == 200
        assert (server.root / "cases" / "d.jsonl").is_file()


def test_a_memory_of_an_earlier_format_is_forgotten_and_its_backup_is_named(server: Server) -> None:
    path = server.root / "earlier.db"
    with closing(sqlite3.connect(path)) as earlier:
        earlier.executescript(EARLIER.read_text(encoding="utf-8"))
    done = server.post("memory/forget", FORGET | {"memory": path.name, "confirm": "alice"}).json
    (backup,) = server.root.glob("earlier.db.*.backup")
    assert done["erased"] > 0
    assert backup.name in done["text"]
    assert backup.name in done["html"]
    assert facts_of(path, "alice") == []


def test_a_dataset_that_can_not_be_written_is_said_in_one_sentence(server: Server, log: RunLog) -> None:
    run_id = logged_run(log, "is there room?", "alice")
    folder = server.root / "datasets"
    aside = folder.rename(server.root / "datasets-aside") if folder.exists() else None
    folder.write_text("no folder", encoding="utf-8")
    try:
        said = server.post("evaluation/promote", {"run_id": run_id, "dataset": "new", "confirm": True})
    finally:
        folder.unlink()
        if aside is not None:
            aside.rename(folder)
    assert said.status == 400
    assert "the dataset 'new' can't be written" in said.message
