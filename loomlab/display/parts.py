"""The parts that a run's static and live faces share: its answer, its facts, what went wrong, its rows."""

import json

from loomlab.display import format as fmt
from loomlab.display.clean import preformatted
from loomlab.display.facts import Facts, mark_of
from loomlab.display.grid import column, grid
from loomlab.display.markdown import markdown_html
from loomlab.display.nodes import RunNode
from loomlab.display.notice import error_body, note_body
from loomlab.display.places import Place
from loomlab.display.remedy import Trouble, error_remedy, interruption
from loomlab.display.rows import Row, row
from loomlab.display.text import clip, escape, preview
from loomlab.display.trace import RunTrace


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
        ended=first.ended if len(trace.roots) == 1 else "",
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


def trouble_body(fault: Trouble) -> str:
    """The notice of what went wrong."""
    return error_body(fault.what, fault.why, fault.remedy, mark=fault.mark)


def summary_of(trace: RunTrace) -> str:
    """What a trace holds, in a few words: ``2 model calls · 2 tool calls · 1 denied``."""
    counts = trace.counts
    parts = [fmt.plural(counts.steps, "step")] if counts.steps else []
    parts += [fmt.plural(counts.model_calls, "model call")] if counts.model_calls or not parts else []
    parts += [fmt.plural(counts.tool_calls, "tool call")] if counts.tool_calls else []
    parts += [f"{counts.denied:,} denied"] if counts.denied else []
    parts += [f"{counts.failed:,} failed"] if counts.failed else []
    return " · ".join(parts)


def scale(trace: RunTrace) -> float:
    """The time that a full bar stands for, in milliseconds."""
    return max(trace.state.end_ms, trace.totals.duration_ms or 0.0)


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


def several_body(roots: list[RunNode], most: int) -> str:
    """Several runs side by side: a line for each, at most ``most``."""
    shown = roots[:most]
    lines = []
    for number, run in enumerate(shown, 1):
        said = preview(run.answer or _what(run), 200)
        mark, word, css = mark_of(run.status, run.ended)
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
