"""A ``WorkflowResult``: what came out, the line of facts, and a line for each step."""

import json

from loomlab.core.results import format_cost
from loomlab.display.clean import preformatted
from loomlab.display.facts import Facts, facts_html, facts_text
from loomlab.display.markdown import markdown_html
from loomlab.display.nodes import RunStatus
from loomlab.display.notice import error_body, error_text
from loomlab.display.remedy import interruption
from loomlab.display.table import table_body, table_text
from loomlab.display.text import clip, plain
from loomlab.display.theme import fitting
from loomlab.workflow import WorkflowResult

_LEVELS = ((6_000, 40, 200), (3_000, 20, 80), (1_000, 10, 40))
"""Characters of the output, steps, characters of a cell: ever fewer, until it fits."""


def workflow_html(result: WorkflowResult) -> str:
    """The static HTML face."""
    return fitting(_body(result, *level) for level in _LEVELS)


def workflow_text(result: WorkflowResult) -> str:
    """The text face."""
    said = clip(plain(_typed(result) or str(result.output)).strip(), 4_000)
    parts = [said or "(an empty output)"]
    if result.interrupted:
        why = interruption(result.interruption_reason or "")
        parts.append(error_text(why.what, why.why, why.remedy, mark=why.mark))
    columns, rows = _steps(result)
    return "\n\n".join([*parts, facts_text(_facts(result)), *([table_text(columns, rows, limit=20)] if rows else [])])


def _body(result: WorkflowResult, answer: int, most: int, cell: int) -> str:
    typed = _typed(result)
    said = preformatted(clip(typed, answer)) if typed else markdown_html(str(result.output), limit=answer)
    body = f'<div class="answer" dir="auto">{said}</div>' if said else '<p class="s">(an empty output)</p>'
    if result.interrupted:
        why = interruption(result.interruption_reason or "")
        body += error_body(why.what, why.why, why.remedy, mark=why.mark)
    columns, rows = _steps(result)
    table = table_body(columns, rows, limit=most, cell=cell) if rows else ""
    return body + facts_html(_facts(result)) + (f"<details><summary>Steps</summary>{table}</details>" if table else "")


def _steps(result: WorkflowResult) -> tuple[list[str], list[list[object]]]:
    """A row a visit; figures only where an agent has worked."""
    agents = any(one.turns for one in result.steps)
    columns = ["step", "output", *(["turns", "tokens", "cost"] if agents else [])]
    rows: list[list[object]] = []
    for one in result.steps:
        name = one.node if one.visit == 1 else f"{one.node} · visit {one.visit}"
        used = [one.turns, one.total_tokens, format_cost(one.cost_usd)] if one.turns else [None, None, None]
        rows.append([name, _said(one.output), *(used if agents else [])])
    return columns, rows


def _typed(result: WorkflowResult) -> str:
    return "" if isinstance(result.output, str) else _said(result.output, indent=2)


def _said(value: object, indent: int | None = None) -> str:
    """A value as text. Only what is JSON is written as such: a step may give anything."""
    if isinstance(value, str):
        return value
    try:
        dump = getattr(value, "model_dump", None)
        data = dump(mode="json") if callable(dump) else value
        return json.dumps(data, ensure_ascii=False, indent=indent, default=repr)
    except Exception:  # foreign objects may fail in any way, and the rest of the result is worth seeing
        return f"<{type(value).__name__}>"


def _facts(result: WorkflowResult) -> Facts:
    reason = result.interruption_reason or ""
    stopped: RunStatus = "cancelled" if reason.rpartition(":")[2] == "cancelled" else "interrupted"
    return Facts(
        stopped if result.interrupted else "answered",
        "workflow",
        result.workflow,
        turns=result.turns,
        tokens_in=result.tokens_in,
        tokens_out=result.tokens_out,
        cost_usd=result.cost_usd,
        duration_ms=result.duration_ms,
        user=result.user_id,
        ended=result.ended,
    )
