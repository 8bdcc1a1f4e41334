"""The faces of an audit log, a budget and a question: what they say, and that nothing in them runs."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hostile import PAYLOADS
from safe import words, wrong

from loomlab.core import AuditEntry
from loomlab.display.approval import answered_html, answered_text, approval_body, approval_text
from loomlab.display.audit import ROWS, Shown, audit_html, audit_text, did_text
from loomlab.display.budget import Use, budget_html, budget_text
from loomlab.display.text import width

KEY = "sk-" + "a1" * 16
WORST = [
    "script", "image with handler", "attribute breakout", "style breakout", "bidi", "terminal", "lone surrogates",
    "huge word",
]  # fmt: skip


def entry(seq: int, action: str = "tool_call", user: str | None = "alice", **payload: Any) -> AuditEntry:
    when = datetime(2030, 1, 2, 3, 4, seq % 60, tzinfo=UTC)
    return AuditEntry(
        seq=seq, timestamp=when, session_id="s", user_id=user, actor="model", action=action, payload=payload
    )


def shown(*entries: AuditEntry, **more: Any) -> Shown:
    return Shown(entries, len(entries), **more)


@pytest.mark.parametrize(
    ("action", "payload", "said"),
    [
        ("tool_call", {"tool": "pay", "args": {"to": "Bob"}}, "pay(to='Bob')"),
        ("tool_result", {"tool": "pay", "ok": True}, "pay done"),
        ("tool_result", {"tool": "pay", "ok": False, "error": "no money"}, "pay failed: no money"),
        ("tool_result", {"tool": "pay", "denied": True, "reason": "refused"}, "pay denied: refused"),
        ("tool_approval", {"tool": "pay", "decision": "allow", "remember": "always"}, "pay allowed from now on"),
        ("tool_approval", {"tool": "pay", "decision": "deny", "reason": "no"}, "pay denied: no"),
        ("run_completed", {"turns": 2, "ok": True, "elapsed_ms": 3.2, "error": None}, "turns 2 · ok yes"),
    ],
)
def test_an_entry_is_told_in_words(action: str, payload: dict[str, Any], said: str) -> None:
    assert did_text(entry(1, action, **payload)).replace('"', "'") == said


def test_both_faces_tell_the_same_of_two_users() -> None:
    view = shown(entry(1, tool="read", args={}), entry(2, user="bob", tool="pay", args={}))
    for text in (words(audit_html(view)), " ".join(audit_text(view).split())):
        assert "2 entries · the log of 2 entries is whole" in text
        assert "1 alice model tool call read() ✓" in text and "2 bob model tool call pay() ✓" in text


def test_a_broken_chain_is_said_first_and_at_its_entry() -> None:
    problems = [("entry 2 (line 2) is not as it was signed", True), ("line 3 can't be read", False)]
    view = shown(entry(1, tool="a"), entry(2, tool="b"), problems=problems, bad=frozenset({2}))
    text = audit_text(view)
    assert text.startswith("✕ 2 entries · the log of 2 entries is NOT whole: 1 problem")
    assert text.splitlines()[1].startswith("✕ entry 2") and text.splitlines()[2].startswith("· line 3")
    assert text.splitlines()[-1].endswith("✕ broken") and text.splitlines()[-2].endswith("✓")
    html = audit_html(view)
    assert 'class="note bad"' in html and 'class="d no">✕ broken' in html


def test_a_log_that_cannot_check_itself_says_so_and_claims_nothing() -> None:
    text = audit_text(shown(entry(1, tool="a"), checked=False))
    assert "can't be checked" in text and "✓" not in text


def test_of_a_long_log_the_newest_are_shown_and_the_rest_is_counted() -> None:
    view = shown(*(entry(n, tool=f"tool_{n}", args={}) for n in range(1, ROWS + 11)))
    text = audit_text(view)
    assert f"tool_{ROWS + 10}(" in text and "tool_10(" not in text and "10 earlier entries not shown" in text
    assert len(audit_html(view)) < 60_000


def test_a_key_in_an_entry_is_masked_in_both_faces() -> None:
    view = shown(entry(1, tool="read", args={"note": f"it is {KEY}", "api_key": "plain words"}, user=f"alice {KEY}"))
    for face in (audit_html(view), audit_text(view)):
        assert KEY not in face and "plain words" not in face and "[REDACTED]" in face


@pytest.mark.parametrize("name", WORST)
def test_nothing_that_stands_in_an_entry_runs_or_hides(name: str) -> None:
    evil = PAYLOADS[name]
    payload = {"tool": evil, "args": {evil: evil}, "reason": evil, "decision": evil, evil: evil}
    when = datetime(2030, 1, 1, tzinfo=UTC)
    fields: dict[str, Any] = {"timestamp": when, "session_id": evil, "user_id": evil, "actor": evil}
    actions = (evil, "tool_call", "tool_result", "tool_approval")
    entries = [AuditEntry(seq=n, action=one, payload=payload, **fields) for n, one in enumerate(actions, 1)]
    view = Shown(entries, 4, evil, False, True, [(evil, True)], frozenset({2}), True)
    _harmless(audit_html(view), audit_text(view))


@pytest.mark.parametrize("name", WORST)
def test_nothing_that_stands_in_a_budget_runs_or_hides(name: str) -> None:
    evil = PAYLOADS[name]
    uses = [Use(evil, evil, "", 5, 10), Use(evil, "cost", "$", None, 1.0)]
    _harmless(budget_html(evil, uses), budget_text(evil, uses))


@pytest.mark.parametrize("name", WORST)
def test_nothing_that_stands_in_a_question_runs_or_hides(name: str) -> None:
    evil = PAYLOADS[name]
    parts: dict[str, Any] = {"user_id": evil, "reason": evil, "destructive": True}
    _harmless(approval_body(evil, {evil: evil, "n": [evil]}, **parts), approval_text(evil, {evil: evil}, **parts))
    _harmless(
        answered_html(evil, {evil: evil}, "denied", allow=False, reason=evil),
        answered_text(evil, {evil: evil}, "denied", allow=False, reason=evil),
    )


def _harmless(html: str, text: str) -> None:
    assert wrong(html) == []
    assert len(html) < 120_000
    for one in ("\x1b", "\u202e", "\u2066", "\x9b"):
        assert one not in html and one not in text
    html.encode(), text.encode()


def test_a_budget_says_what_is_near_what_is_spent_and_what_nobody_knows() -> None:
    uses = [
        Use("everybody", "tokens", "", 500, 1_000),
        Use("alice", "tokens", "", 100, 100),
        Use("bob", "tokens", "", 85, 100),
        Use("carol", "cost", "$", None, 1.0),
        Use("dave", "tokens", "", 7, None),
        Use("erin", "tokens", "", 0, 0),
    ]
    assert [one.state for one in uses] == ["ok", "spent", "near", "unknown", "", "spent"]
    text = budget_text("Budget of x", uses)
    assert text.splitlines()[0] == "Budget of x · ✕ 3 caps reached: no more model calls there, 1 near"
    assert "████████████████████ ✕ spent" in text and "! near" in text and "price unknown: blocked" in text
    html = budget_html("Budget of x", uses)
    assert wrong(html) == [] and html.count("<svg") == 4 and 'aria-label="100 % used"' in html
    assert "within every cap" in budget_text("x", uses[:1]) and "no caps are set" in budget_text("x", [uses[4]])


def test_more_used_than_allowed_is_said_and_the_bar_stays_in_its_place() -> None:
    use = Use("alice", "tokens", "", 400, 100)
    assert "400 %" in budget_text("x", [use]) and budget_text("x", [use]).count("█") == 20
    assert 'width="170.0"' in budget_html("x", [use])


def test_of_many_users_the_rest_is_counted() -> None:
    uses = [Use(f"user_{n}", "tokens", "", 1, 10) for n in range(100)]
    assert "60 more lines not shown" in budget_text("x", uses) and "more lines not shown" in budget_html("x", uses)


def test_a_long_name_leaves_place_for_what_was_done_and_stands_whole_where_it_is_asked_for() -> None:
    users = [f"somebody-with-a-long-name@{place}.example.org" for place in ("one", "two")]
    text = words(audit_html(shown(*(entry(n, tool="read", args={}, user=user) for n, user in enumerate(users, 1)))))
    assert "somebody-wi…xample.org" in text and "-name@one" not in text
    assert users[0] in words(audit_html(shown(entry(1, tool="read"), user=users[0], everybody=False)))


def test_lines_of_text_stay_in_a_terminal_of_modest_width() -> None:
    long = "an argument that goes on and on " * 20
    view = shown(entry(1, tool="pay", args={"note": long}, user="alice" * 30), times=True)
    assert max(width(line) for line in audit_text(view).splitlines()[2:]) < 200
    lines = budget_text("x", [Use("bob" * 40, "output tokens", "", 10**9, 10**9)]).splitlines()
    assert max(width(line) for line in lines) < 130
