"""A run as a person reads it: the answer, one line of facts, the trace and the rest folded under it.

``run_html`` is the static face: no script, nothing to fetch, no ids, no clock times, capped in size. ``run_text`` is
its twin for terminals and for readers without HTML.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace

from loomlab.display import format as fmt
from loomlab.display.facts import facts_html, facts_text
from loomlab.display.folds import folds, json_fold, messages_fold, raw_fold
from loomlab.display.nodes import RunNode
from loomlab.display.notice import error_text, note_body
from loomlab.display.page import page
from loomlab.display.parts import (
    answer_body,
    facts_of,
    scale,
    several_body,
    step_rows,
    summary_of,
    trouble,
    trouble_body,
)
from loomlab.display.places import Place, places
from loomlab.display.rows import Row
from loomlab.display.text import clip, escape, plain, preview
from loomlab.display.theme import fitting
from loomlab.display.trace import RunTrace
from loomlab.display.tracetable import table_of, table_text

TEXT_CAP = 8 * 1024
"""Bytes of the text face; with ``theme.HTML_CAP`` it keeps an output within 64 KB."""

PAGE_CAP = 2 * 1024 * 1024
"""Bytes of a page that a run has to itself."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a face may show. ``detail``, ``answer``: characters; ``rows``: steps; ``folds`` False: none wanted."""

    raw: bool = True
    messages: bool = True
    json: bool = True
    detail: int = 4_000
    rows: int = 300
    answer: int = 20_000
    folds: bool = True


_FULL = Limits()
_NO_FOLDS = Limits(raw=False, messages=False, json=False)
_LEVELS = (
    _FULL,
    replace(_FULL, raw=False),
    replace(_FULL, raw=False, messages=False),
    _NO_FOLDS,
    replace(_NO_FOLDS, detail=1_000),
    replace(_NO_FOLDS, detail=0),
    replace(_NO_FOLDS, detail=0, rows=80),
    replace(_NO_FOLDS, detail=0, rows=40, answer=8_000),
    replace(_NO_FOLDS, detail=0, rows=12, answer=2_000),
)


def run_html(trace: RunTrace, *, title: str | None = None, picture: str = "") -> str:
    """The static HTML face of a trace. Whatever does not fit into ``theme.HTML_CAP`` is named in a visible note.

    ``picture``: safe HTML to stand under the facts, such as the graph of the agent.
    """
    return fitting(run_bodies(trace, title=title, picture=picture))


def run_bodies(trace: RunTrace, *, title: str | None = None, picture: str = "", folds: bool = True) -> Iterator[str]:
    """The face as a part of another one: ever shorter versions of it, all without what it folds if not ``folds``."""
    found = places(trace.roots)
    for limits in _LEVELS if folds else [replace(one, folds=False) for one in _LEVELS[_LEVELS.index(_NO_FOLDS) :]]:
        yield _body(trace, found, limits, title, picture)


def run_page(trace: RunTrace, *, title: str | None = None) -> str:
    """A run as a whole page of its own, up to ``PAGE_CAP``: more of it than an output in a notebook may hold."""
    found = places(trace.roots)
    name = title or preview(trace.roots[0].prompt if trace.roots else "", 120) or "A run"
    made = ""
    for limits in (replace(_FULL, rows=3_000, detail=20_000, answer=400_000), *_LEVELS):
        made = page(name, _body(trace, found, limits, None, "", room="this page under 2 MB"))
        if len(made.encode()) <= PAGE_CAP:
            break
    return made


def run_text(trace: RunTrace, *, title: str | None = None, picture: str = "", cap: int = TEXT_CAP) -> str:
    """The text face of a trace, at most ``cap`` bytes. ``picture``: its graph in words, where there is room for it."""
    text = _run_words(trace, title, cap)
    whole = f"{text}\n\nGraph · {picture}" if picture else text
    return whole if len(whole.encode()) <= cap else text


def _run_words(trace: RunTrace, title: str | None, cap: int) -> str:
    found = places(trace.roots)
    text = ""
    for rows, answer in ((60, 4_000), (30, 2_000), (10, 800), (6, 300)):
        text = _text(trace, found, rows, answer, title)
        if len(text.encode()) <= cap:
            break
    return text


def _body(
    trace: RunTrace,
    found: list[Place],
    limits: Limits,
    title: str | None,
    picture: str,
    *,
    room: str = "this output under 64 KB",
) -> str:
    if not trace.roots:
        return '<p class="s">No run has begun yet.</p>'
    parts = [f"<p><strong>{escape(preview(title, 200))}</strong></p>"] if title else []
    if len(trace.roots) == 1:
        parts.append(_answered(trace.roots[0], limits.answer))
    else:
        parts.append(several_body(trace.roots, max(10, limits.rows // 4)))
    parts += [facts_html(facts_of(trace)), picture]
    rows = step_rows(found, limits.rows)
    open_ = " open" if trace.status in ("error", "interrupted", "cancelled") or trace.counts.denied else ""
    if rows:
        table = table_of(rows, scale(trace), limits.detail)
        parts.append(f"<details{open_}><summary>Trace · {summary_of(trace)}</summary>{table}</details>")
    parts.append(
        folds(
            messages_fold(found) if limits.messages else "",
            raw_fold(trace.state, found) if limits.raw else "",
            json_fold(trace.roots, found) if limits.json else "",
        )
    )
    cut = _cut(trace, limits, found, any(isinstance(one, Row) and one.details for one in rows))
    return "".join(parts) + (note_body(f"Not shown, to keep {room}: {', '.join(cut)}.") if cut else "")


def _answered(run: RunNode, limit: int) -> str:
    answer = answer_body(run, limit) if run.answer or run.parsed is not None else ""
    fault = trouble(run)
    if not answer and fault is None:
        answer = '<p class="s">(an empty answer)</p>' if run.status == "answered" else ""
    body = f'<div class="answer" dir="auto">{answer}</div>' if answer else ""
    return body + (trouble_body(fault) if fault else "")


def _cut(trace: RunTrace, limits: Limits, found: list[Place], details: bool) -> list[str]:
    """What there is and is not shown."""
    left = []
    if limits.folds:
        left += ["raw events"] if trace.state.raw and not limits.raw else []
        sent = any(getattr(one.step, "sent", None) for one in found)
        left += ["messages sent"] if not limits.messages and sent else []
        left += ["JSON"] if not limits.json else []
    if details and limits.detail < _FULL.detail:
        left.append("the ends of long arguments and results" if limits.detail else "long arguments and results")
    if any(len(root.answer) > limits.answer for root in trace.roots):
        left.append("the end of a long answer")
    if limits.rows < len(found):
        left.append(f"{len(found) - limits.rows:,} of {len(found):,} steps")
    return left


def _text(trace: RunTrace, found: list[Place], rows: int, answer: int, title: str | None) -> str:
    if not trace.roots:
        return "No run has begun yet."
    parts = [preview(title, 200)] if title else []
    for number, run in enumerate(trace.roots[: max(3, rows // 4)], 1):
        said = run.answer if run.parsed is None else json.dumps(run.parsed, ensure_ascii=False, indent=2, default=str)
        fault = trouble(run)
        said = clip(plain(said).strip(), answer) or ("" if fault or run.status == "running" else "(an empty answer)")
        if len(trace.roots) > 1:
            said = f"{number} · {preview(run.prompt, 60)}\n{said}".strip()
        parts += [said] if said else []
        parts += [error_text(fault.what, clip(fault.why, answer), fault.remedy, mark=fault.mark)] if fault else []
    if len(trace.roots) > max(3, rows // 4):
        parts.append(f"{fmt.plural(len(trace.roots) - max(3, rows // 4), 'more run')} not shown")
    parts.append(facts_text(facts_of(trace)))
    if found:
        parts.append(f"Trace · {summary_of(trace)}\n{table_text(step_rows(found, rows))}")
    return "\n\n".join(parts)
