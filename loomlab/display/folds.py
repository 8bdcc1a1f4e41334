"""What lies folded under a trace: messages sent, raw events, and the run as JSON. No ids, no clock times."""

import json
from collections.abc import Sequence
from typing import Any

from loomlab.display.nodes import ModelStep, RunNode, ToolStep
from loomlab.display.places import Place
from loomlab.display.state import AT_END, RAW_EVENTS, RawEvent, TraceState
from loomlab.display.text import clip, escape

_MESSAGE, _EVENT, _JSON = 1_500, 500, 12_000


def folds(messages: str, raw: str, as_json: str) -> str:
    """The folds under one summary that names those there are."""
    names = [
        name for name, fold in (("messages sent", messages), ("raw events", raw), ("JSON to copy", as_json)) if fold
    ]
    title = " · ".join(names)
    return _fold(title[:1].upper() + title[1:], messages + raw + as_json)


def messages_fold(found: Sequence[Place]) -> str:
    """Each model call's messages that earlier calls had not sent."""
    parts = []
    for place in found:
        step = place.step
        if isinstance(step, ModelStep) and step.sent:
            who = "" if step.role == "agent" else f"{step.role} · "
            run = f"{place.run.agent} · " if place.run.parent is not None and place.run.agent else ""
            earlier = step.message_count - len(step.sent)
            before = f" · after {earlier:,} sent before" if earlier > 0 else ""
            parts.append(f'<p class="s">{escape(f"{run}{who}turn {step.turn}{before}")}</p>')
            parts += [f"<pre>{escape(role)}: {escape(clip(text, _MESSAGE))}</pre>" for role, text in step.sent]
    return _fold("Messages sent", "".join(parts))


def raw_fold(state: TraceState, found: Sequence[Place]) -> str:
    """The events as they came, under the steps that they tell of."""
    if not state.raw:
        return ""
    lines = [f"{one.kind} {clip(one.text, _EVENT)}" for one in _ordered(state, found)]
    if state.counts.events > RAW_EVENTS and len(state.raw) == RAW_EVENTS:
        lines.append(f"… the first {RAW_EVENTS} of the events that are no streamed text")
    return _fold("Raw events", f"<pre>{escape(chr(10).join(lines))}</pre>")


def json_fold(roots: Sequence[RunNode], found: Sequence[Place]) -> str:
    """The run as JSON; one click selects it all. Without its steps, or left out, where it would grow too long."""
    data = [run_data(root) for root in roots]
    facts: dict[str, Any] = data[0] if len(data) == 1 else {"runs": data}
    head = json.dumps(facts, ensure_ascii=False, indent=1, default=str)
    steps = [_step(place) for place in found if isinstance(place.step, (ModelStep, ToolStep))]
    lines = ",\n  ".join(json.dumps(one, ensure_ascii=False, default=str) for one in steps)
    text = f'{head[:-2]},\n "steps": [\n  {lines}\n ]\n}}' if steps else head
    text = text if len(text) <= _JSON else head
    return "" if len(text) > _JSON else _fold("JSON to copy", f'<pre class="all">{escape(text)}</pre>')


def run_data(run: RunNode) -> dict[str, Any]:
    """A run's facts as JSON-ready data."""
    return {
        "prompt": run.prompt,
        "answer": run.answer,
        **({"parsed": run.parsed} if run.parsed is not None else {}),
        "status": run.status,
        **({"reason": run.reason} if run.reason else {}),
        **({"error": f"{run.fault.type}: {run.fault.message}"} if run.fault else {}),
        "agent": run.agent,
        "architecture": run.architecture,
        "model": run.model,
        "user_id": run.user,
        "turns": run.turns,
        "tokens_in": run.tokens_in,
        "tokens_out": run.tokens_out,
        "cost_usd": run.cost_usd,
        "duration_ms": run.ms,
    }


def _step(place: Place) -> dict[str, Any]:
    step = place.step
    if isinstance(step, ModelStep):
        return {
            "model_call": step.role,
            "turn": step.turn,
            "tokens_in": step.tokens_in,
            "tokens_out": step.tokens_out,
            "cost_usd": step.cost_usd,
            "latency_ms": step.ms,
        }
    assert isinstance(step, ToolStep)
    said = {"output": step.output} if step.state == "ok" else {"why": step.why}
    return {"tool": step.tool, "args": step.args, "state": step.state, **said, "duration_ms": step.ms}


def _ordered(state: TraceState, found: Sequence[Place]) -> list[RawEvent]:
    """Steps that ran side by side end in any order; their events are shown with the steps, the same way every time."""
    position: dict[str, int] = {}
    for index, place in enumerate(found):
        position[place.step.key] = index
        node: RunNode | None = place.run
        while node is not None:
            position.setdefault(node.key, index - 1 if node.parent is None else index)
            position[node.key + AT_END] = index
            node = node.parent
    last = len(found)
    return [
        one
        for _, _, one in sorted(
            ((position.get(one.home, last), one.home.endswith(AT_END), one) for one in state.raw),
            key=lambda item: (item[0], item[1]),
        )
    ]


def _fold(title: str, body: str) -> str:
    return f"<details><summary>{title}</summary>{body}</details>" if body else ""
