"""A run as a person reads it: the answer, one line of facts, the trace and the rest folded under it.

``run_html`` is the static face: no script, nothing to fetch, no ids, no clock times, capped in size. ``run_text`` is
its twin for terminals and for readers without HTML.
"""

import json
from dataclasses import dataclass, replace

from loomlab.display import format as fmt
from loomlab.display.clean import preformatted
from loomlab.display.facts import MARKS, Facts, facts_html, facts_text
from loomlab.display.folds import folds, json_fold, messages_fold, raw_fold
from loomlab.display.grid import column, grid
from loomlab.display.markdown import markdown_html
from loomlab.display.nodes import RunNode
from loomlab.display.notice import error_body, error_text, note_body
from loomlab.display.remedy import Trouble, error_remedy, interruption
from loomlab.display.rows import Place, Row, places, row
from loomlab.display.text import clip, escape, plain, preview
from loomlab.display.theme import fitting
from loomlab.display.trace import RunTrace
from loomlab.display.tracetable import table_of, table_text

TEXT_CAP = 8 * 1024
"""Bytes of the text face; with ``theme.HTML_CAP`` it keeps an output within 64 KB."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a face may show. ``detail``, ``answer``: characters; ``rows``: steps."""

    raw: bool = True
    messages: bool = True
    json: bool = True
    detail: int = 4_000
    rows: int = 300
    answer: int = 20_000


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


def run_html(trace: RunTrace, *, title: str | None = None) -> str:
    """The static HTML face of a trace. Whatever does not fit into ``theme.HTML_CAP`` is named in a visible note."""
    found = places(trace.roots)
    return fitting(_body(trace, found, limits, title) for limits in _LEVELS)


def run_text(trace: RunTrace, *, title: str | None = None) -> str:
    """The text face of a trace, at most ``TEXT_CAP`` bytes."""
    found = places(trace.roots)
    text = ""
    for rows, answer in ((60, 4_000), (30, 2_000), (10, 800), (6, 300)):
        text = _text(trace, found, rows, answer, title)
        if len(text.encode()) <= TEXT_CAP:
            break
    return text


def facts_of(trace: RunTrace) -> Facts:
    """The line of facts of all outermost runs together."""
    first = trace.roots[0] if trace.roots else RunNode("")
    totals = trace.totals
    same = [
        value if all(getattr(root, name) == value for root in trace.roots) else ""
        for name, value in (("architecture", first.architecture), ("agent", first.agent), ("model", first.model))
    ]
    return Facts(
        trace.status,
        same[0],
        same[1],
        same[2],
        turns=totals.turns,
        tokens_in=totals.tokens_in,
        tokens_out=totals.tokens_out,
        cost_usd=totals.cost_usd,
        duration_ms=totals.duration_ms,
        user=first.user if all(root.user == first.user for root in trace.roots) else None,
        denied=trace.counts.denied,
        runs=len(trace.roots),
    )


def answer_body(run: RunNode, limit: int) -> str:
    """A run's answer as safe HTML: typed output as JSON, text as Markdown."""
    if run.parsed is not None:
        return preformatted(clip(json.dumps(run.parsed, ensure_ascii=False, indent=2, default=str), limit))
    return markdown_html(run.answer, limit=limit)


def trouble(run: RunNode) -> Trouble | None:
    """What happened, why, and the remedy, where a run did not end with an answer."""
    if run.fault is not None:
        by = f" ({run.fault.provider})" if run.fault.provider else ""
        remedy = error_remedy(run.fault.type, retryable=run.fault.retryable, retry_after=run.fault.retry_after)
        return Trouble("The run failed.", f"{run.fault.type}{by}: {run.fault.message}", remedy)
    if run.status in ("interrupted", "cancelled"):
        return interruption(run.reason)
    return None


def error_html_of(fault: Trouble) -> str:
    """The notice of what went wrong."""
    return error_body(fault.what, fault.why, fault.remedy, mark=fault.mark)


def step_rows(found: list[Place], limit: int) -> list[Row | str]:
    """The rows of a table: all of them, or the first and the last with a line that says how many lie between."""
    dropped = {place.run.key: place.run.dropped for place in found if place.run.dropped}
    lost = sum(dropped.values())
    if len(found) <= limit and not lost:
        return [row(place) for place in found]
    head = min(max(1, limit // 3), len(found))
    tail = found[max(head, len(found) - (limit - head)) :]
    hidden = len(found) - head - len(tail) + lost
    return [
        *(row(place) for place in found[:head]),
        f"… {fmt.plural(hidden, 'step')} …",
        *(row(place) for place in tail),
    ]


def summary_of(trace: RunTrace) -> str:
    """What a trace holds, in a few words: ``2 model calls · 2 tool calls · 1 denied``."""
    counts = trace.counts
    parts = [fmt.plural(counts.model_calls, "model call")]
    parts += [fmt.plural(counts.tool_calls, "tool call")] if counts.tool_calls else []
    parts += [f"{counts.denied:,} denied"] if counts.denied else []
    parts += [f"{counts.failed:,} failed"] if counts.failed else []
    return " · ".join(parts)


def _body(trace: RunTrace, found: list[Place], limits: Limits, title: str | None) -> str:
    if not trace.roots:
        return '<p class="s">No run has begun yet.</p>'
    parts = [f"<p><strong>{escape(preview(title, 200))}</strong></p>"] if title else []
    if len(trace.roots) == 1:
        parts.append(_answered(trace.roots[0], limits.answer))
    else:
        parts.append(_several(trace.roots, limits))
    parts.append(facts_html(facts_of(trace)))
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
    cut = _cut(limits, len(found))
    return "".join(parts) + (note_body(cut) if cut else "")


def _answered(run: RunNode, limit: int) -> str:
    answer = answer_body(run, limit) if run.answer or run.parsed is not None else ""
    fault = trouble(run)
    if not answer and fault is None:
        answer = '<p class="s">(an empty answer)</p>' if run.status == "answered" else ""
    body = f'<div class="answer" dir="auto">{answer}</div>' if answer else ""
    return body + (error_html_of(fault) if fault else "")


def _several(roots: list[RunNode], limits: Limits) -> str:
    shown = roots[: max(10, limits.rows // 4)]
    lines = []
    for number, run in enumerate(shown, 1):
        said = preview(run.answer or _what(run), 200)
        mark, word, css = MARKS[run.status]
        lines.append(
            f'<tr><th scope="row">{number} · {escape(preview(run.prompt, 60))}</th><td>{escape(said)}</td>'
            f'<td class="{css}">{mark} {word}</td><td class="n">{fmt.count(run.tokens_in + run.tokens_out)}</td>'
            f'<td class="n">{fmt.cost(run.cost_usd)}</td><td class="n">{fmt.duration(run.ms)}</td></tr>'
        )
    more = note_body(f"{fmt.plural(len(roots) - len(shown), 'more run')} not shown.") if len(shown) < len(roots) else ""
    head = "".join(column(name) for name in ("run", "answer", "status"))
    head += "".join(column(name, right=True) for name in ("tokens", "cost", "time"))
    return grid(head, "".join(lines), wide=True) + more


def _what(run: RunNode) -> str:
    fault = trouble(run)
    return fault.what if fault else ""


def scale(trace: RunTrace) -> float:
    """The time that a full bar stands for, in milliseconds."""
    return max(trace.state.end_ms, trace.totals.duration_ms or 0.0)


def _cut(limits: Limits, steps: int) -> str:
    left = [
        name
        for name, shown in (("raw events", limits.raw), ("messages sent", limits.messages), ("JSON", limits.json))
        if not shown
    ]
    if limits.detail < _FULL.detail:
        left.append("long arguments and results" if limits.detail else "whole arguments and results")
    if limits.answer < _FULL.answer:
        left.append("the end of a long answer")
    if limits.rows < steps and limits is not _FULL:
        left.append(f"{steps - limits.rows:,} of {steps:,} steps")
    return f"Not shown, to keep this output under 64 KB: {', '.join(left)}." if left else ""


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
