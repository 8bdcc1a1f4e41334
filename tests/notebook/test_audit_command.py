"""``%loom audit``: who did what, of one user or everybody, and whether the log that says so is whole."""

from pathlib import Path
from typing import Any

import anyio
import pytest
from IPython.core.completer import provisionalcompleter
from ipython_shell import Shell

from loomlab import Agent, InMemoryAuditLog, ScriptedModel, ScriptedTurn, StandardPermissions, ToolCall, tool
from loomlab.core.errors import ConfigError
from loomlab.security import FileAuditLog

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(1)>\x1b[31m\u202e"


def agent(log: Any, *, name: str = "pay", runs: int = 2) -> Agent:
    @tool(name=name, destructive=True)
    async def pay(to: str) -> str:
        """Send money."""
        return f"paid {to}"

    async def only_alice(call: ToolCall, user: str | None) -> bool:
        return user == "alice"

    turns = [ScriptedTurn(tool_calls=[ToolCall(tool=name, args={"to": "Carol"})]), ScriptedTurn(text="done")]
    model = ScriptedModel(turns * runs)
    return Agent("x", model=model, tools=[pay], permissions=StandardPermissions(), approval_handler=only_alice,
                 audit_log=log)  # fmt: skip


@pytest.fixture
def audited(shell: Shell, tmp_path: Path) -> Shell:
    """A notebook in which alice was allowed to pay and bob was not, as a signed file tells."""
    shell["log"] = FileAuditLog(tmp_path / "audit.jsonl", secret="k")
    shell["payer"] = agent(shell["log"])
    for user in ("alice", "bob"):
        shell.ok(f"%%loom --agent payer --user {user} --quiet\nPay Carol.")
    return shell


def test_one_users_entries_are_shown_and_the_whole_log_is_checked(audited: Shell) -> None:
    cell = audited.ok("%loom audit alice")
    assert "✓ " in cell.text and "is whole" in cell.text and "of alice" in cell.text
    assert "pay allowed" in cell.text and "denied" not in cell.text and "bob" not in cell.text + cell.html
    bob = audited.ok("%loom audit bob")
    assert "pay denied" in bob.text and "a person refused it" in bob.text
    assert "alice" not in bob.text + bob.html and "pay allowed" not in bob.text


def test_without_a_name_it_is_everybody_or_the_notebooks_user(audited: Shell) -> None:
    everybody = audited.ok("%loom audit").text
    assert "alice" in everybody and "bob" in everybody
    audited.ok("%loom user=bob")
    assert "alice" not in audited.ok("%loom audit").text
    assert "alice" in audited.ok("%loom audit --all").text
    assert "can't be given with the user 'bob'" in audited.run("%loom audit bob --all").text
    audited["who"] = "alice"
    assert "of alice" in audited.ok("%loom audit {who}").text


def test_it_is_a_frame_when_it_is_assigned(audited: Shell) -> None:
    audited.ok("found = %loom audit alice")
    frame = audited["found"].frame()
    assert set(frame["user_id"]) == {"alice"} and "tool_approval" in set(frame["action"])
    assert audited["found"].report.ok


def test_a_user_nobody_has_seen_has_no_entries(audited: Shell) -> None:
    assert "0 entries of carol" in audited.ok("%loom audit carol").text


def test_times_are_shown_when_they_are_asked_for(audited: Shell) -> None:
    assert "when (UTC)" not in audited.ok("%loom audit").text
    assert "when (UTC)" in audited.ok("%loom audit --times").text


def test_tampering_shows_with_the_entries_that_were_touched(audited: Shell, tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    path.write_text(path.read_text(encoding="utf-8").replace("Carol", "Mallory", 1), encoding="utf-8")
    cell = audited.ok("%loom audit")
    assert "NOT whole: 1 problem" in cell.text and "✕ broken" in cell.text and "edited" in cell.text
    assert 'class="no"' in cell.html
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join(lines[:2] + lines[3:]), encoding="utf-8")
    assert "entry 3 is gone" in audited.ok("%loom audit bob").text


def test_several_logs_are_told_apart_by_name(audited: Shell) -> None:
    audited["other"] = InMemoryAuditLog(secret="k")
    said = audited.run("%loom audit")
    assert "several audit logs" in said.text and "--log log" in said.text and "--log other" in said.text
    assert "0 entries" in audited.ok("%loom audit --log other").text
    assert "of alice" in audited.ok("%loom audit alice --log payer").text
    assert "did you mean" in audited.run("%loom audit --log othr").text


def test_a_notebook_without_a_log_says_what_to_give(shell: Shell) -> None:
    said = shell.run("%loom audit")
    assert "no agent of this notebook writes an audit log" in said.text and "FileAuditLog(" in said.text


def test_users_and_options_complete(audited: Shell) -> None:
    def offered(text: str) -> list[str]:
        with provisionalcompleter():
            found = list(audited.ip.Completer.completions(text, len(text)))
        return [text[: one.start] + one.text for one in found]

    assert offered("%loom audit a") == ["%loom audit alice"]
    assert offered("%loom audit alice --l") == ["%loom audit alice --log"]
    assert offered("%loom audit alice --log ") == ["%loom audit alice --log log", "%loom audit alice --log payer"]


def test_hostile_users_and_tools_are_plain_text(shell: Shell) -> None:
    shell["log"] = InMemoryAuditLog(secret="k")
    shell["payer"] = agent(shell["log"], runs=1)

    async def write() -> None:
        await shell["log"].append(
            session_id=HOSTILE,
            actor=HOSTILE,
            action=HOSTILE,
            payload={"tool": HOSTILE, HOSTILE: HOSTILE},
            user_id=HOSTILE,
        )

    anyio.run(write)
    cell = shell.ok("%loom audit")
    assert "<script" not in cell.html and "<img" not in cell.html
    assert "\x1b" not in cell.text and "\u202e" not in cell.text + cell.html


def test_what_is_no_option_is_named(audited: Shell) -> None:
    cell = audited.run("%loom audit alice --time")
    assert isinstance(cell.error, ConfigError) or "did you mean" in cell.text
    assert "--times" in cell.text
