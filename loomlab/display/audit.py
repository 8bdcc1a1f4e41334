"""Who did what, as a signed log says, and whether that log is whole."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from loomlab.core.records import AuditEntry
from loomlab.core.redact import redact, redact_data
from loomlab.display import format as fmt
from loomlab.display.grid import column, grid
from loomlab.display.text import call_text, escape, fit, pad, preview, width
from loomlab.display.theme import fitting

ROWS = 50
_WHAT = 200
_MEASURED = {"elapsed_ms", "duration_ms"}
"""Figures that differ each time: a trace has them, a record of who did what does well without."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What is shown of a log: the entries (of ``user``, where not of everybody), and what a check of it all found.

    ``problems``: sentences, and whether each is severe; ``bad``: numbers of entries with a severe one; ``checked``
    False: the log can't be checked. ``times``: show when things happened.
    """

    entries: Sequence[AuditEntry]
    total: int
    user: str | None = None
    everybody: bool = True
    checked: bool = True
    problems: Sequence[tuple[str, bool]] = ()
    bad: frozenset[int] = field(default_factory=frozenset)
    times: bool = False


def audit_html(shown: Shown) -> str:
    """The log as a whole output: its state, then one line for each entry, newest last."""
    return fitting(_body(shown, rows, what) for rows, what in ((ROWS, _WHAT), (ROWS, 80), (20, 80), (8, 60)))


def audit_text(shown: Shown) -> str:
    """The same as text."""
    lines = [
        _state(shown),
        *(f"{'✕' if severe else '·'} {preview(sentence, 300)}" for sentence, severe in shown.problems),
    ]
    kept, left = _kept(shown, ROWS)
    if kept:
        cells = [_head(shown), *([*_cells(one, shown), did_text(one), _chain(one, shown)] for one in kept)]
        rows = [[fit(cell, 70) for cell in line] for line in cells]
        widths = [max(width(line[index]) for line in rows) for index in range(len(rows[0]))]
        lines += ["", *("  ".join(pad(c, w) for c, w in zip(line, widths, strict=True)).rstrip() for line in rows)]
    return "\n".join([*lines, *([f"{fmt.plural(left, 'earlier entry', 'earlier entries')} not shown"] if left else [])])


def did_text(entry: AuditEntry) -> str:
    """What an entry tells, in one line."""
    told: dict[str, Any] = redact_data(entry.payload)
    tool = str(told.get("tool", ""))
    if entry.action == "tool_call":
        return call_text(tool, told.get("args"), _WHAT)
    if entry.action == "tool_result":
        state = "denied" if told.get("denied") else "done" if told.get("ok") else "failed"
        why = told.get("reason") or told.get("error")
        return preview(f"{tool} {state}{f': {why}' if why else ''}", _WHAT)
    if entry.action == "tool_approval":
        said = "allowed" if told.get("decision") == "allow" else "denied"
        edited = f", arguments changed to {call_text(tool, told.get('args'))}" if told.get("edited") else ""
        held = {"session": " for this session", "always": " from now on"}.get(str(told.get("remember")), "")
        why = "" if said == "allowed" else f": {told.get('reason')}"
        return preview(f"{tool} {said}{held}{edited}{why}", _WHAT)
    words = [
        f"{name} {_value(value)}"
        for name, value in told.items()
        if name not in _MEASURED and value not in (None, "", [], {})
    ]
    return preview(" · ".join(words), _WHAT)


def _body(shown: Shown, rows: int, what: int) -> str:
    severe = any(bad for _, bad in shown.problems)
    css = "no" if severe else "ok" if shown.checked else "hm"
    parts = [f'<p><strong class="{css}">{escape(_state(shown))}</strong></p>']
    parts += [
        f'<p class="note{" bad" if bad else ""}">{"✕" if bad else "·"} {escape(preview(sentence, 300))}</p>'
        for sentence, bad in shown.problems[:20]
    ]
    kept, left = _kept(shown, rows)
    if left:
        parts.append(f'<p class="s">{fmt.plural(left, "earlier entry", "earlier entries")} not shown</p>')
    if kept:
        head = "".join(column(name) for name in _head(shown))
        lines = []
        for one in kept:
            cells = "".join(f'<td class="d">{escape(_narrow(cell))}</td>' for cell in _cells(one, shown)[1:])
            mark = "no" if one.seq in shown.bad else "ok"
            lines.append(
                f'<tr><th scope="row">{one.seq}</th>{cells}<td class="f">{escape(preview(did_text(one), what))}</td>'
                f'<td class="d {mark}">{_chain(one, shown)}</td></tr>'
            )
        parts.append(grid(head, "".join(lines), wide=True))
    return "".join(parts)


def _state(shown: Shown) -> str:
    whose = (
        "" if shown.everybody else f" of {preview(redact(shown.user), 80)}" if shown.user else " of runs without a user"
    )
    count = f"{fmt.plural(len(shown.entries), 'entry', 'entries')}{whose}"
    log = f"the log of {fmt.plural(shown.total, 'entry', 'entries')}"
    if not shown.checked:
        return f"{count} · {log} can't be checked"
    bad = sum(severe for _, severe in shown.problems)
    return f"✕ {count} · {log} is NOT whole: {fmt.plural(bad, 'problem')}" if bad else f"✓ {count} · {log} is whole"


def _kept(shown: Shown, rows: int) -> tuple[Sequence[AuditEntry], int]:
    return shown.entries[-rows:], max(0, len(shown.entries) - rows)


def _head(shown: Shown) -> list[str]:
    return [
        "#",
        *(["when (UTC)"] if shown.times else []),
        *(["user"] if shown.everybody else []),
        "who",
        "did",
        "what",
        "chain",
    ]


def _cells(one: AuditEntry, shown: Shown) -> list[str]:
    when = [one.timestamp.strftime("%Y-%m-%d %H:%M:%S")] if shown.times else []
    user = [preview(redact(one.user_id), 80) if one.user_id else "–"] if shown.everybody else []
    return [str(one.seq), *when, *user, preview(one.actor, 40), preview(one.action.replace("_", " "), 40)]


def _narrow(text: str) -> str:
    """A long name with its middle left out: what was done needs the place more, and names differ at their ends."""
    whole = preview(text, 80)
    return whole if len(whole) <= 22 else f"{whole[:11]}…{whole[-10:]}"


def _chain(one: AuditEntry, shown: Shown) -> str:
    return "–" if not shown.checked else "✕ broken" if one.seq in shown.bad else "✓"


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (int, float)):
        return fmt.count(value) if isinstance(value, int) else fmt.significant(value)
    return str(value)
