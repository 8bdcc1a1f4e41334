"""``loomlab audit``: 0 for a log that is whole, 1 for one that is not, with the places; 2 where there is none."""

import re
from pathlib import Path

import anyio
import pytest

from loomlab.cli import main
from loomlab.security import FileAuditLog

KEY = "a key of our own"
Capture = pytest.CaptureFixture[str]


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Six entries of alice and bob, signed with the key in LOOMLAB_AUDIT_KEY."""
    monkeypatch.setenv("LOOMLAB_AUDIT_KEY", KEY)
    path = tmp_path / "audit.jsonl"
    write(path, 6)
    return path


def write(path: Path, count: int, *, most: int | None = None, secret: str = KEY) -> None:
    async def go() -> None:
        signed = FileAuditLog(path, secret=secret, max_bytes=most)
        for number in range(count):
            user = ("alice", "bob")[number % 2]
            payload = {"tool": f"tool_{number}", "args": {}}
            await signed.append(session_id="s", actor="model", action="tool_call", payload=payload, user_id=user)

    anyio.run(go)


def lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines(keepends=True)


def test_a_whole_log_is_0_and_its_end_can_be_kept(log: Path, capsys: Capture) -> None:
    assert main(["audit", "verify", str(log)]) == 0
    out, err = capsys.readouterr()
    assert "6 entries, the chain is whole" in out and not err
    (end,) = re.findall(r"its end is (6:[0-9a-f]{64});", out)
    before = {one: one.read_bytes() for one in log.parent.iterdir()}
    write(log, 1)
    assert main(["audit", "verify", str(log), "--head", end]) == 0
    later = re.findall(r"7:[0-9a-f]{64}", capsys.readouterr().out)[0]
    for one, content in before.items():
        one.write_bytes(content)
    assert main(["audit", "verify", str(log)]) == 0
    assert main(["audit", "verify", str(log), "--head", later]) == 1
    assert "entry 7 was written" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("edit", "entry 2 (line 2) is not as it was signed"),
        ("delete", "entry 3 is gone, before line 3"),
        ("swap", "entry 3 (line 4) comes after entry 4"),
        ("cut", "the log ends with entry 4, but the log's own record says that entry 6 was written"),
        ("empty", "the log is empty, but the log's own record says that entry 6 was written"),
        ("remove", "the log is empty, but the log's own record says that entry 6 was written"),
    ],
)
def test_tampering_is_1_and_the_place_is_named(log: Path, capsys: Capture, what: str, said: str) -> None:
    held = lines(log)
    changed = {
        "edit": [held[0], held[1].replace("bob", "eve"), *held[2:]],
        "delete": held[:2] + held[3:],
        "swap": [*held[:2], held[3], held[2], *held[4:]],
        "cut": held[:4],
    }.get(what, [])
    log.write_text("".join(changed), encoding="utf-8")
    if what == "remove":
        log.unlink()
    assert main(["audit", "verify", str(log)]) == 1
    out = capsys.readouterr().out
    assert "NOT whole" in out and said in out
    assert main(["audit", "show", str(log)]) == 1
    assert said in capsys.readouterr().out


def test_a_log_of_several_files_is_checked_as_one(tmp_path: Path, capsys: Capture, log: Path) -> None:
    path = tmp_path / "many" / "audit.jsonl"
    path.parent.mkdir()
    write(path, 20, most=1_500)
    assert main(["audit", "verify", str(path)]) == 0
    assert "20 entries" in capsys.readouterr().out
    (tmp_path / "many" / "audit.000002.jsonl").unlink()
    assert main(["audit", "verify", str(path)]) == 1
    assert "are gone, before line 1 of audit.000003.jsonl" in capsys.readouterr().out


def test_bad_input_is_2_and_makes_no_files(tmp_path: Path, capsys: Capture, log: Path) -> None:
    (tmp_path / "other").mkdir()
    notes = tmp_path / "other" / "notes.txt"
    notes.write_text("not\na log\n", encoding="utf-8")
    for arguments, said in (
        (["verify", str(tmp_path / "other" / "none.jsonl")], "there is no audit log"),
        (["show", str(tmp_path / "other")], "there is no audit log"),
        (["verify", str(notes)], "is no audit log: none of its lines is an entry"),
        (["verify", str(log), "--key-env", "NO_SUCH_KEY"], "NO_SUCH_KEY holds the key"),
        (["verify", str(log), "--head", "6"], "NUMBER:SIGNATURE"),
    ):
        assert main(["audit", *arguments]) == 2
        assert said in capsys.readouterr().err
    assert not (tmp_path / "other" / "none.jsonl").exists()


def test_a_key_of_another_name_and_the_wrong_one(log: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OURS", KEY)
    monkeypatch.setenv("LOOMLAB_AUDIT_KEY", "another one")
    assert main(["audit", "verify", str(log), "--key-env", "OURS"]) == 0
    capsys.readouterr()
    assert main(["audit", "verify", str(log)]) == 1
    out, err = capsys.readouterr()
    assert "no signature fits the key in LOOMLAB_AUDIT_KEY" in err and "--key-env NAME" in err
    assert KEY not in out + err and "another one" not in out + err
    monkeypatch.delenv("LOOMLAB_AUDIT_KEY")
    assert main(["audit", "verify", str(log)]) == 1
    assert "no key, because nothing is in LOOMLAB_AUDIT_KEY" in capsys.readouterr().err


def test_a_log_without_a_key_is_whole_and_says_what_that_is_worth(
    tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LOOMLAB_AUDIT_KEY", raising=False)
    write(tmp_path / "a.jsonl", 2, secret="")
    assert main(["audit", "verify", str(tmp_path / "a.jsonl")]) == 0
    assert "signed without a secret" in capsys.readouterr().out


def test_one_users_entries_are_shown_and_no_others(log: Path, capsys: Capture) -> None:
    assert main(["audit", "show", str(log), "--user", "alice"]) == 0
    alice = capsys.readouterr().out
    assert "3 entries of alice · the log of 6 entries is whole" in alice
    assert "tool_0" in alice and "tool_1" not in alice and "bob" not in alice
    assert main(["audit", "show", str(log)]) == 0
    everybody = capsys.readouterr().out
    assert "alice" in everybody and "bob" in everybody and "when (UTC)" in everybody
    assert main(["audit", "show", str(log), "--user", "x' or '1'='1"]) == 0
    assert "tool_" not in capsys.readouterr().out


def test_hostile_names_move_no_cursor(tmp_path: Path, capsys: Capture, log: Path) -> None:
    evil = "\x1b[2J\x1b]0;title\x07\u202eevil"

    async def go() -> None:
        signed = FileAuditLog(log, secret=KEY)
        await signed.append(session_id="s", actor=evil, action=evil, payload={"tool": evil}, user_id=evil)

    anyio.run(go)
    log.write_text("".join(lines(log)[1:]), encoding="utf-8")
    for command in ("show", "verify"):
        assert main(["audit", command, str(log)]) == 1
        out, err = capsys.readouterr()
        assert not {"\x1b", "\x07", "\u202e"} & set(out + err)
