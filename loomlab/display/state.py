"""What a trace keeps while events come in, and how it stays small: capped texts, a capped number of steps."""

import json
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from loomlab.core.events import Event, EventKind
from loomlab.display.nodes import AskStep, ModelStep, NodeStep, RunNode, Step, ToolStep
from loomlab.display.text import clip

FIRST_STEPS, LAST_STEPS = 500, 1500
"""Steps that are kept: the first ones and the newest; the ones between are counted and let go."""

LONG_TEXT, SHORT_TEXT = 40_000, 400
"""Characters of one text that are kept: at first, and once ``TEXT_BUDGET`` characters were kept in all."""

TEXT_BUDGET = 2_000_000
RAW_EVENTS = 300

_STARTS = {EventKind.STARTED, EventKind.WORKFLOW_STARTED}

AT_END = ".end"
"""Put after a run's key: the place behind all its steps."""

_IDS = "id run_id parent_run_id session_id call_id tool_call_id trace_id span_id sources embedding tool_def cached"
_CLOCKS = "at started_at finished_at updated_at occurred_at recorded_at valid_from valid_until timestamp"
_NOT_SHOWN = frozenset([*_IDS.split(), *_CLOCKS.split()])


@dataclass(slots=True)
class Counts:
    """How many of each there were, whether they are still kept or not."""

    steps: int = 0
    model_calls: int = 0
    tool_calls: int = 0
    denied: int = 0
    failed: int = 0
    events: int = 0
    dropped: int = 0


@dataclass(slots=True)
class RawEvent:
    """One event as a line of JSON without ids and clock times. ``home`` is the key of the step it tells of."""

    kind: str
    text: str
    home: str


@dataclass
class TraceState:
    """Everything the reducer writes and the faces read."""

    runs: dict[str, RunNode] = field(default_factory=dict)
    roots: list[RunNode] = field(default_factory=list)
    counts: Counts = field(default_factory=Counts)
    raw: list[RawEvent] = field(default_factory=list)
    open_calls: dict[str, list[ModelStep]] = field(default_factory=dict)
    open_tools: dict[tuple[str, str], ToolStep] = field(default_factory=dict)
    open_asks: dict[tuple[str, str], AskStep] = field(default_factory=dict)
    open_nodes: dict[tuple[str, str], NodeStep] = field(default_factory=dict)
    latest: str = ""
    home: str = ""
    end_ms: float = 0.0
    text_left: int = TEXT_BUDGET
    _made: int = 0
    _first: int = 0
    _newest: "deque[tuple[RunNode | NodeStep, Step]]" = field(default_factory=deque)

    def run_of(self, event: Event) -> RunNode:
        """The run that an event belongs to; made where it is new."""
        name = event.run_id or event.session_id
        run = self.runs.get(name)
        if run is None:
            parent = self.runs.get(event.parent_run_id) if event.parent_run_id else None
            run = self.runs[name] = RunNode(self.key(), parent)
            if parent is None:
                self.roots.append(run)
                run.number = len(self.roots)
            else:
                # Only a run's first event says in which step of a workflow it began, and only that one gets here.
                node = event.part("node") if event.kind in _STARTS else None
                self.place(self.open_nodes.get((event.parent_run_id or "", str(node)), parent), run)
        self.latest = name
        return run

    def key(self) -> str:
        """A name for the next step: the same events give the same names."""
        self._made += 1
        return f"s{self._made}"

    def place(self, run: RunNode | NodeStep, step: Step) -> None:
        """Add a step to a run or to a workflow's step, letting go of an old one where there are too many."""
        self.home = step.key
        run.steps[step.key] = step
        if self._first < FIRST_STEPS:
            self._first += 1
            return
        self._newest.append((run, step))
        if len(self._newest) > LAST_STEPS:
            self._let_go()

    def keep(self, text: str, limit: int = LONG_TEXT) -> str:
        """``text`` cut to what may still be kept of it."""
        text = clip(text, min(limit, LONG_TEXT if self.text_left > 0 else SHORT_TEXT))
        self.text_left -= len(text)
        return text

    def close_run(self, name: str) -> None:
        """Mark what was still under way in a run that is over."""
        for call in self.open_calls.pop(name, ()):
            call.state = "failed"
        for tools in [key for key in self.open_tools if key[0] == name]:
            step = self.open_tools.pop(tools)
            step.state = "failed"
        for key in [key for key in self.open_asks if key[0] == name]:
            del self.open_asks[key]
        for key in [key for key in self.open_nodes if key[0] == name]:
            self.open_nodes.pop(key).state = "failed"

    def note_raw(self, kind: str, payload: dict[str, Any]) -> None:
        """Remember an event for the fold of raw events, under the step that it told of."""
        if len(self.raw) < RAW_EVENTS:
            line = json.dumps(without_ids(payload), ensure_ascii=False, default=str)
            self.raw.append(RawEvent(kind, self.keep(line, 2_000), self.home))

    def _let_go(self) -> None:
        run, step = self._newest.popleft()
        if (step.status if isinstance(step, RunNode) else getattr(step, "state", "")) == "running":
            self._newest.append((run, step))
            return
        if isinstance(step, RunNode):
            for name in [name for name, node in self.runs.items() if node is step]:
                del self.runs[name]
        if run.steps.pop(step.key, None) is not None:
            run.dropped += 1
            self.counts.dropped += 1


def without_ids(value: Any, depth: int = 0) -> Any:
    """JSON-like data without ids and clock times, long texts and lists cut: the same for a run and for its replay."""
    if isinstance(value, str):
        return clip(value, 300)
    if depth > 6:
        return "…"
    if isinstance(value, dict):
        kept = [(key, item) for key, item in value.items() if key not in _NOT_SHOWN and item not in (None, "", [], {})]
        more = {"…": f"{len(kept) - 40} more"} if len(kept) > 40 else {}
        return {str(key)[:80]: without_ids(item, depth + 1) for key, item in kept[:40]} | more
    if isinstance(value, (list, tuple)):
        more_items = [f"… {len(value) - 20} more"] if len(value) > 20 else []
        return [without_ids(item, depth + 1) for item in value[:20]] + more_items
    return value
