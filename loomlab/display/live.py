"""The live face: a small JSON-safe picture of a trace, and what changed between two of them.

A front end draws ``snapshot`` once and then applies ``diff``. Every ``html`` in it is already safe. Keys are stable:
a row keeps its key for as long as it exists.
"""

from collections.abc import Mapping
from typing import Any

from loomlab.display import format as fmt
from loomlab.display.clean import sanitise
from loomlab.display.facts import facts_html
from loomlab.display.grid import grid
from loomlab.display.notice import note_body
from loomlab.display.parts import answer_body, facts_of, scale, trouble, trouble_body
from loomlab.display.places import Place, places
from loomlab.display.rows import row
from loomlab.display.run import run_html
from loomlab.display.text import escape, preview
from loomlab.display.theme import face
from loomlab.display.trace import RunTrace
from loomlab.display.tracetable import HEAD, inner

LIVE_CAP = 60 * 1024
"""Bytes that the HTML of a snapshot stays under."""

_LEVELS = ((20, 60, 8_000), (10, 30, 4_000), (5, 15, 1_500))
"""First rows, last rows and characters of the answer that are shown, ever fewer until it fits."""


def snapshot(trace: RunTrace) -> dict[str, Any]:
    """The state of a trace now.

    ``status``; ``now`` (plain text); ``elapsed_ms`` (as far as it was measured, or None); ``facts_html``;
    ``answer_html``; ``rows``: a list of ``{"key", "html"}``, the html being the cells of one row of the trace; ``note``
    (plain text: what is not shown); ``totals``: turns, tokens_in, tokens_out, cost_usd.
    """
    found = places(trace.roots)
    shot: dict[str, Any] = {}
    for first, last, answer in _LEVELS:
        shot = _picture(trace, found, first, last, answer)
        size = len(shot["answer_html"].encode()) + sum(len(one["html"].encode()) for one in shot["rows"])
        if size <= LIVE_CAP:
            break
    return shot


def diff(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """What of ``after`` is new: changed values, ``rows`` that are new or changed, and ``order`` (all keys, in order)
    where rows came or went. An empty dict: nothing changed."""
    changes = {key: value for key, value in after.items() if key != "rows" and before.get(key, before) != value}
    old = {one["key"]: one["html"] for one in before.get("rows", ())}
    rows = [one for one in after["rows"] if old.get(one["key"]) != one["html"]]
    if rows:
        changes["rows"] = rows
    order = [one["key"] for one in after["rows"]]
    if order != list(old):
        changes["order"] = order
    return changes


def patched(before: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """``before`` with ``changes`` applied: what a front end does. ``patched(a, diff(a, b)) == b``."""
    rows = {one["key"]: one for one in before.get("rows", ())} | {one["key"]: one for one in changes.get("rows", ())}
    order = changes.get("order", [one["key"] for one in before.get("rows", ())])
    values = {key: value for key, value in changes.items() if key not in ("rows", "order")}
    return {**before, **values, "rows": [rows[key] for key in order]}


def live_html(trace: RunTrace) -> str:
    """A running trace as HTML for hosts without widgets, replaced as it goes on; a finished one as ``run_html``."""
    if trace.status != "running":
        return run_html(trace)
    shot = snapshot(trace)
    body = "".join(f"<tr>{one['html']}</tr>" for one in shot["rows"])
    table = grid(HEAD, body, wide=True) if body else ""
    answer = f'<div class="answer" dir="auto">{shot["answer_html"]}</div>' if shot["answer_html"] else ""
    now = f'<div role="log" aria-live="polite"><span class="dot"></span>{escape(shot["now"])}</div>'
    note = note_body(shot["note"]) if shot["note"] else ""
    return face(now + answer + shot["facts_html"] + table + note)


def _picture(trace: RunTrace, found: list[Place], first: int, last: int, answer: int) -> dict[str, Any]:
    shown = [*found[:first], *found[first:][-last:]]
    hidden = len(found) - len(shown) + trace.counts.dropped
    until = _round_up(scale(trace)) if trace.status == "running" else scale(trace)
    totals = trace.totals
    return {
        "status": trace.status,
        "now": trace.now,
        "elapsed_ms": totals.duration_ms,
        "facts_html": facts_html(facts_of(trace)),
        "answer_html": sanitise(_answers(trace, answer)),
        "rows": [{"key": place.step.key, "html": inner(row(place), until, detail=0)} for place in shown],
        "note": f"{fmt.plural(hidden, 'step')} between the first and the last are not shown" if hidden else "",
        "totals": {
            "turns": totals.turns,
            "tokens_in": totals.tokens_in,
            "tokens_out": totals.tokens_out,
            "cost_usd": totals.cost_usd,
        },
    }


def _answers(trace: RunTrace, limit: int) -> str:
    if len(trace.roots) == 1:
        run = trace.roots[0]
        fault = trouble(run)
        return (answer_body(run, limit) if run.answer else "") + (trouble_body(fault) if fault else "")
    newest = [f"<li>{escape(preview(run.answer, 300) or '…')}</li>" for run in trace.roots[-20:]]
    return f"<ul>{''.join(newest)}</ul>" if newest else ""


def _round_up(ms: float) -> float:
    """A scale that changes seldom, so that not every bar moves with every event: 1, 2 or 5 times a power of ten."""
    step = 1_000.0
    while True:
        for factor in (1, 2, 5):
            if ms <= step * factor:
                return step * factor
        step *= 10
