"""The faces of an object by their MIME type: what a notebook's formatter asks for."""

from collections.abc import Sequence
from typing import Any

from loomlab.core.errors import LoomError
from loomlab.core.events import Event
from loomlab.core.messages import ToolResult
from loomlab.core.results import RunResult
from loomlab.display.notice import error_html, error_text
from loomlab.display.remedy import error_remedy
from loomlab.display.result import result_html, result_text
from loomlab.display.run import run_html, run_text
from loomlab.display.spans import trace_html, trace_text
from loomlab.display.table import table_html, table_text
from loomlab.display.text import value_text
from loomlab.display.trace import RunTrace
from loomlab.display.trajectory import alignment_html, alignment_text
from loomlab.display.workflow_result import workflow_html, workflow_text
from loomlab.runlog import Alignment, TraceSpan
from loomlab.workflow import WorkflowResult


def mimebundle(obj: Any) -> dict[str, str] | None:
    """``text/html`` and ``text/plain`` of a trace, events, results, runs side by side, or one of our errors.

    None for anything else: its own display stands.
    """
    if isinstance(obj, RunTrace):
        return _bundle(run_html(obj), run_text(obj))
    if isinstance(obj, RunResult):
        return _bundle(result_html(obj), result_text(obj))
    if isinstance(obj, WorkflowResult):
        return _bundle(workflow_html(obj), workflow_text(obj))
    if isinstance(obj, Alignment):
        return _bundle(alignment_html(obj), alignment_text(obj))
    if isinstance(obj, TraceSpan):
        return _bundle(trace_html(obj), trace_text(obj))
    if isinstance(obj, ToolResult):
        columns, row = ["state", "output", "time (ms)"], [_tool_state(obj), _tool_said(obj), obj.duration_ms]
        return _bundle(table_html(columns, [row]), table_text(columns, [row]))
    if isinstance(obj, LoomError):
        parts = f"{type(obj).__name__}.", str(obj), error_remedy(type(obj).__name__)
        return _bundle(error_html(*parts), error_text(*parts))
    if isinstance(obj, Sequence) and obj and all(isinstance(one, Event) for one in obj):
        return mimebundle(RunTrace(obj))
    return None


def _bundle(html: str, text: str) -> dict[str, str]:
    return {"text/html": html, "text/plain": text}


def _tool_state(result: ToolResult) -> str:
    return "✕ denied" if result.denied else "✓ ok" if result.ok else "✕ failed"


def _tool_said(result: ToolResult) -> str:
    return str((result.reason if result.denied else result.error) or "") if not result.ok else value_text(result.output)
