"""The routes of memory on a real server: who is remembered, both times, explanations; names only, never paths."""

import os
import sqlite3
from pathlib import Path

import pytest
from filled import day, facts_of, fill_memory
from hostile import PAYLOADS
from safe import wrong
from served import Server

pytestmark = pytest.mark.timeout(120)


@pytest.fixture(scope="module")
def team(server: Server) -> Path:
    """A memory of two users and nobody in the root folder, another one deeper."""
    fill_memory(server.root / "notes" / "own.db", "alice")
    return fill_memory(server.root / "team.db", "alice", "bob", None)


def _memories(server: Server) -> dict[str, dict[str, object]]:
    return {one["name"]: one for one in server.get("memory").json["memories"]}


def test_without_a_memory_the_answer_says_what_to_type_next(server: Server) -> None:
    found = server.get("memory").json
    if not found["memories"]:  # the fixture of another test may have been there first
        assert "memory=" in found["empty"]


def test_memory_files_below_the_root_are_found_with_their_users_and_counts(server: Server, team: Path) -> None:
    found = _memories(server)
    assert {"team.db", "notes/own.db"} <= set(found)
    users = {one["user_id"]: (one["facts"], one["episodes"]) for one in found["team.db"]["users"]}
    assert users == {"alice": (2, 2), "bob": (2, 2), None: (2, 2)}
    assert found["team.db"]["problem"] is None


def test_what_is_no_memory_a_link_or_too_deep_is_not_found(server: Server, team: Path, tmp_path: Path) -> None:
    with sqlite3.connect(server.root / "other.db") as other:
        other.execute("CREATE TABLE facts(x)")
    other.close()
    (server.root / "junk.db").write_bytes(b"SQLite format 3\0" + os.urandom(200))
    fill_memory(tmp_path / "outside.db", "mallory")
    (server.root / "link.db").symlink_to(tmp_path / "outside.db")
    (server.root / "linked").symlink_to(tmp_path)
    fill_memory(server.root / "a" / "b" / "c" / "d" / "deep.db", "alice")
    fill_memory(server.root / "a" / "b" / "c" / "third.db", "alice")
    fill_memory(server.root / ".hidden" / "secret.db", "alice")
    found = set(_memories(server))
    assert "a/b/c/third.db" in found
    assert not found & {"other.db", "junk.db", "link.db", "linked/outside.db", "a/b/c/d/deep.db", ".hidden/secret.db"}


def test_a_users_memory_is_shown_at_two_instants(server: Server, team: Path) -> None:
    now = server.get("memory/user", memory="team.db", user_id="alice").json
    assert {one["object"]: one["state"] for one in now["facts"]} == {"Lyon": "true", "Paris": "ended"}
    assert "Lyon" in now["html"]
    assert "<script" not in now["html"]
    assert now["sentence"].startswith("True now: lives_in Lyon")
    assert [one["name"] for one in now["known_stops"]][-1] == "now"
    assert len(now["talks"]) == 2
    then = server.get(
        "memory/user",
        memory="team.db",
        user_id="alice",
        true_at=now["true_stops"][0]["at"],
        known_at=day(2).isoformat(),
    ).json
    assert [one["object"] for one in then["facts"]] == ["Paris"]
    assert "as known at" in then["sentence"]
    assert then["true_stops"] == now["true_stops"]


def test_nobodys_memory_is_another_than_that_of_a_user_with_an_empty_name(server: Server, team: Path) -> None:
    nobody = server.get("memory/user", memory="team.db").json
    unnamed = server.get("memory/user", memory="team.db", user_id="").json
    assert len(nobody["facts"]) == 2
    assert unnamed["empty"] is True
    assert (nobody["confirm"], unnamed["confirm"]) == ("nobody", "empty")


def test_a_recall_is_explained_for_the_user_that_is_asked_about_alone(server: Server, team: Path) -> None:
    found = server.get("memory/explain", memory="team.db", user_id="alice", query="where does alice live").json
    assert "Lyon" in found["text"]
    assert "recalled" in found["text"]
    assert "bob" not in found["html"]
    empty = server.get("memory/explain", memory="team.db", user_id="alice", query=" ")
    assert (empty.status, empty.message.split(";")[0]) == (400, "query is empty")


def test_looking_leaves_the_file_byte_for_byte(server: Server, team: Path) -> None:
    before = team.read_bytes()
    server.get("memory")
    server.get("memory/user", memory="team.db", user_id="bob")
    server.get("memory/explain", memory="team.db", user_id="bob", query="Paris")
    assert team.read_bytes() == before


@pytest.mark.parametrize(
    "name",
    [
        "../team.db",
        "team.db/../team.db",
        "/etc/passwd",
        "sqlite:team.db",
        "file:team.db?mode=rw",
        "team.db?mode=rwc",
        "TEAM.DB",
        "link.db",
        ".hidden/secret.db",
        "'; DROP TABLE facts; --",
    ],
)
def test_a_name_that_the_server_never_gave_is_refused(server: Server, team: Path, name: str) -> None:
    reply = server.get("memory/user", memory=name, user_id="alice")
    assert reply.status == 400
    assert reply.message.startswith("there is no memory")
    assert facts_of(team, "alice") == ["Paris", "Lyon"]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"user_id": "alice"}, "memory must be given"),
        ({"memory": "team.db", "true_at": "yesterday"}, "true_at takes a time"),
        ({"memory": "team.db", "true_at": "2026-01-01"}, "true_at takes a time"),
        ({"memory": "team.db", "user": "alice"}, "there is no parameter 'user'"),
        ({"memory": ["team.db", "notes/own.db"]}, "'memory' stands there 2 times"),
        ({"memory": "team.db", "user_id": "x" * 3000}, "user_id takes at most"),
        ({"memory": "team.db", "user_id": "a\0b"}, "user_id takes text without NUL"),
    ],
)
def test_a_question_that_makes_no_sense_is_answered_with_a_sentence(
    server: Server, team: Path, given: dict[str, object], said: str
) -> None:
    reply = server.get("memory/user", **given)
    assert reply.status == 400
    assert said in reply.message


def test_whoever_is_not_signed_in_learns_nothing(server: Server, team: Path) -> None:
    for route in ("memory", "memory/user?memory=team.db", "memory/explain?memory=team.db&query=x"):
        reply = server.ask(f"{server.origin}/loomlab/api/{route}", token=None)
        assert reply.status == 403
        assert "Lyon" not in reply.text


def test_hostile_users_are_named_whole_and_inert(server: Server) -> None:
    texts = [text for text in PAYLOADS.values() if "\0" not in text and "\ud800" not in text and len(text) < 2_000][::4]
    fill_memory(server.root / "hostile.db", *texts)
    users = {one["user_id"] for one in _memories(server)["hostile.db"]["users"]}
    assert users == set(texts)
    for text in texts:
        found = server.get("memory/user", memory="hostile.db", user_id=text).json
        assert len(found["facts"]) == 2
        assert wrong(found["html"]) == []


def test_a_kernel_that_writes_into_the_same_file_is_seen_at_once(server: Server) -> None:
    path = fill_memory(server.root / "busy.db", "alice")
    assert server.get("memory/user", memory="busy.db", user_id="bob").json["empty"] is True
    fill_memory(path, "bob")
    assert len(server.get("memory/user", memory="busy.db", user_id="bob").json["facts"]) == 2
    for file in server.root.glob("busy.db*"):
        file.unlink()
    fill_memory(path, "carol")
    assert [one["user_id"] for one in _memories(server)["busy.db"]["users"]] == ["carol"]


def test_a_file_that_is_gone_or_of_another_format_has_a_problem_in_one_sentence(server: Server) -> None:
    path = fill_memory(server.root / "newer.db", "alice")
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE loomlab_memory SET version = 99")
    connection.close()
    assert "newer loomlab" in str(_memories(server)["newer.db"]["problem"])
    reply = server.get("memory/user", memory="newer.db", user_id="alice")
    assert reply.status == 503
    for file in server.root.glob("newer.db*"):
        file.unlink()
    assert "is not there" in server.get("memory/user", memory="newer.db", user_id="alice").message
