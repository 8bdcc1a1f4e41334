"""A trace as a tree of spans: what ran inside of what, when, for how long, and what it used."""

from typing import Literal

from loomlab.display import format as fmt
from loomlab.display.notice import note_body
from loomlab.display.rows import Piece, Row
from loomlab.display.text import clip, escape, preview
from loomlab.display.theme import fitting
from loomlab.display.tracetable import table_of, table_text
from loomlab.runlog import TraceSpan

_LEVELS = ((300, 2_000), (300, 0), (80, 0), (20, 0))
"""Spans, characters in a fold: ever fewer, until it fits."""

_BAD = {"failed": "✕ failed", "denied": "✕ denied", "error": "✕ failed"}
_BARS: dict[str, Literal["model", "tool", "memory"]] = {"memory": "memory", "tool": "tool", "step": "tool"}


def trace_html(trace: TraceSpan) -> str:
    """The tree as a whole output."""
    return fitting(_body(trace, *level) for level in _LEVELS)


def trace_text(trace: TraceSpan) -> str:
    """The same as text."""
    rows, hidden = _rows(trace, 60)
    more = [f"{fmt.plural(hidden, 'more span')} not shown"] if hidden else []
    return "\n".join([_head(trace), "", table_text(rows), *more])


def _body(trace: TraceSpan, most: int, detail: int) -> str:
    rows, hidden = _rows(trace, most)
    ends = [(one.start_ms or 0.0) + (one.duration_ms or 0.0) for _, one in trace.walk()]
    more = note_body(f"{fmt.plural(hidden, 'more span')} not shown.") if hidden else ""
    return f"<p><strong>{escape(_head(trace))}</strong></p>{table_of(rows, max(ends), detail)}{more}"


def _head(trace: TraceSpan) -> str:
    used = f"{fmt.tokens(trace.tokens_in + trace.tokens_out)} · {fmt.cost(trace.cost_usd)}"
    return f"{preview(trace.name, 60)} · {trace.status.replace('_', ' ')} · {used} · {fmt.duration(trace.duration_ms)}"


def _rows(trace: TraceSpan, most: int) -> tuple[list[Row | str], int]:
    found = list(trace.walk())
    return [_row(depth, span) for depth, span in found[:most]], max(0, len(found) - most)


def _row(depth: int, span: TraceSpan) -> Row:
    name = span.name if span.kind == "run" else f"{span.kind} {span.name}"
    what: list[Piece] = [("quiet", f"{span.by} ")] if span.kind == "run" and span.by else []
    if span.status in _BAD:
        what.append(("bad", f"{_BAD[span.status]} "))
    elif span.status not in ("ok", "answered"):
        what.append(("warn", f"! {'not finished' if span.status == 'open' else span.status.replace('_', ' ')} "))
    if span.given and span.kind in ("tool", "run", "memory"):
        what.append(("code" if span.kind == "tool" else "quiet", preview(span.given, 70)))
    if span.calls:
        what.append(("text", f"calls {preview(', '.join(span.calls), 90)} "))
    if span.said:
        what.append(("text", f"{'→ ' if what and not span.calls else ''}{preview(span.said, 90)}"))
    used = span.tokens_in + span.tokens_out
    whole = (("given", span.given), ("said", span.said))
    details = [(label, clip(text, 8_000)) for label, text in whole if len(text) > 90]
    bar = _BARS.get(span.kind, "model")
    said = _spaced(what) or [("quiet", "–")]
    return Row("", depth, name, said, used or None, span.duration_ms, span.start_ms, bar, details)


def _spaced(pieces: list[Piece]) -> list[Piece]:
    """The pieces with a blank between them."""
    return [(style, words if words.endswith(" ") else f"{words} ") for style, words in pieces]
