"""Anything that we show, as HTML and as text: the one table of what the displays of this room are made from."""

from collections.abc import Mapping, Sequence
from typing import Any

from loomlab.agent import Agent
from loomlab.agent.forking import Fork
from loomlab.core.remembered import MemoryExport, MemoryProfile
from loomlab.core.results import RunResult
from loomlab.display import (
    GraphTally,
    RunTrace,
    defaults_html,
    defaults_text,
    evaluation_html,
    evaluation_text,
    graph_body,
    graph_fold,
    graph_html,
    graph_text,
    mimebundle,
    run_html,
    run_text,
    table_body,
    table_html,
    table_text,
)
from loomlab.display.decision import decision_html, decision_text
from loomlab.display.memory_values import (
    audited_html,
    audited_text,
    erased_html,
    erased_text,
    explained_html,
    explained_text,
    export_html,
    export_text,
    profile_html,
    profile_text,
)
from loomlab.evals import Comparison, Dataset, Evaluation
from loomlab.evals.decision import decision_card
from loomlab.evals.pictures import Picture
from loomlab.evals.report import display_rows, report_note
from loomlab.graph import Graph, build_graph
from loomlab.memory import Explanation, MemoryAudit, Receipt
from loomlab.notebook.face import Face
from loomlab.notebook.judged import JUDGED, judged_face
from loomlab.notebook.sourced import SOURCED, sourced_face
from loomlab.runlog import Alignment, RunRecord, TraceSpan
from loomlab.tools import Tool
from loomlab.workflow import Workflow, WorkflowResult


def face_of(value: Any) -> Face | None:
    """The faces of a value of ours; None for anything else: its own display stands."""
    if isinstance(value, Face):
        return value
    if isinstance(value, RunTrace):
        return run_face(value)
    if isinstance(value, RunRecord):
        return face_of(RunTrace(value.events))
    if isinstance(value, Evaluation):
        return _evaluation(value)
    if isinstance(value, Picture):
        return Face(value.html(), str(value))
    if isinstance(value, Comparison):
        card = decision_card(value)
        return Face(decision_html(card), decision_text(card))
    if (found := judged_face(value) or sourced_face(value)) is not None:
        return found
    if isinstance(value, Tool):
        return _parts(_tool(value))
    if isinstance(value, (Agent, Workflow)):
        return drawn_face(build_graph(value), _agent(value) if isinstance(value, Agent) else {})
    if isinstance(value, Dataset):
        return _dataset(value)
    if isinstance(value, Fork):
        return face_of(value.alignment)
    own = getattr(value, "face", None)
    if isinstance(own, Face):
        return own
    if (faces := _remembered(value)) is not None:
        return faces
    bundle = mimebundle(value)
    return None if bundle is None else Face(bundle["text/html"], bundle["text/plain"])


def drawn_face(graph: Graph, parts: Mapping[str, Any]) -> Face:
    """The picture of an agent or a workflow before it runs, and what it is made of."""
    rows = [[name, part] for name, part in parts.items()]
    columns = ("part", "what it is")
    table = f"<details><summary>Parts</summary>{table_body(columns, rows)}</details>" if rows else ""
    below = f"\n\n{table_text(columns, rows)}" if rows else ""
    return Face(graph_html(graph, below=table), f"{graph_text(graph)}{below}")


def run_face(trace: RunTrace, tally: GraphTally | None = None, *, folded: bool = False) -> Face:
    """A run, with the graph of its agent lit by it where it is known."""
    if tally is None:
        return Face(run_html(trace), run_text(trace))
    lights = tally.lights()
    picture = graph_fold(tally.graph, lights) if folded else graph_body(tally.graph, lights)
    return Face(run_html(trace, picture=picture), run_text(trace, picture=graph_text(tally.graph, lights)))


def _remembered(value: Any) -> Face | None:
    """Answers of a memory."""
    if isinstance(value, MemoryProfile):
        return Face(profile_html(value), profile_text(value))
    if isinstance(value, MemoryExport):
        return Face(export_html(value), export_text(value))
    if isinstance(value, Explanation):
        return Face(explained_html(value), explained_text(value))
    if isinstance(value, MemoryAudit):
        return Face(audited_html(value), audited_text(value))
    if isinstance(value, Receipt):
        return Face(erased_html(value), erased_text(value))
    return None


def settings_face(values: Mapping[str, Any], meanings: Mapping[str, str] | None = None, *, hint: str = "") -> Face:
    """Names and values."""
    return Face(defaults_html(values, meanings, hint=hint), defaults_text(values, meanings, hint=hint))


def table_face(columns: Sequence[str], rows: Sequence[Any], **options: Any) -> Face:
    """Rows under names."""
    return Face(table_html(columns, rows, **options), table_text(columns, rows, **options))


def _parts(values: Mapping[str, Any]) -> Face:
    return table_face(("part", "what it is"), list(values.items()))


def _evaluation(evaluation: Evaluation) -> Face:
    summaries = evaluation.arm_summaries()
    rows, note = display_rows(summaries), report_note(evaluation, summaries)
    return Face(evaluation_html(rows, note=note), evaluation_text(rows, note=note))


def _tool(tool: Tool) -> dict[str, Any]:
    arguments = tool.input_schema.get("properties", {})
    shown = [f"{name}: {_type(schema)}" for name, schema in arguments.items()]
    values = {"tool": f"{tool.name}({', '.join(shown)})", "description": tool.description}
    values |= {name: schema["description"] for name, schema in arguments.items() if schema.get("description")}
    values |= {"destructive": "yes, policies may ask first"} if tool.destructive else {}
    return values | ({"timeout": f"{tool.timeout:g} s"} if tool.timeout is not None else {})


def _type(schema: Mapping[str, Any]) -> str:
    if "enum" in schema:
        return " or ".join(repr(value) for value in schema["enum"][:6])
    kinds = [schema] if "type" in schema else schema.get("anyOf", [])
    return " or ".join(str(one.get("type", "object")) for one in kinds) or "object"


def _agent(agent: Agent) -> dict[str, Any]:
    parts = {"memory": agent.memory, "tools": agent.tool_host, "permissions": agent.permissions, "budget": agent.budget}
    return {
        "agent": agent.name,
        "instructions": agent.instructions,
        "model": agent.model.name,
        "architecture": agent.architecture.name,
        **{name: type(part).__name__ for name, part in parts.items()},
    }


def _dataset(dataset: Dataset) -> Face:
    rows = [[case.id, _said(case.input), _said(case.target)] for case in dataset.cases[:5]]
    title = f"{dataset.name} · {len(dataset.cases):,} cases"
    return table_face(("case", "asked", "expected"), rows, title=title, total=len(dataset.cases), limit=5)


def _said(value: Any) -> str:
    if isinstance(value, (list, tuple)) and all(isinstance(one, str) for one in value):
        return " | ".join(value)
    return "–" if value is None else str(value)


_REMEMBERED = (MemoryProfile, MemoryExport, Explanation, MemoryAudit, Receipt)
_RUNS = (RunResult, WorkflowResult, RunTrace, RunRecord, TraceSpan, Alignment)
SHOWN = (*_RUNS, *JUDGED, *SOURCED, Evaluation, Comparison, Tool, Agent, Dataset, Workflow, Fork, *_REMEMBERED)
"""Types whose values look our way in a notebook."""
