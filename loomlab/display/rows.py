"""The trace as a flat list of rows, each knowing its depth: what the HTML table and the text table both print."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from loomlab.display import format as fmt
from loomlab.display.nodes import AskStep, MemoryStep, ModelStep, NodeStep, NoteStep, RunNode, ToolStep
from loomlab.display.places import Place
from loomlab.display.remedy import reason_text
from loomlab.display.text import preview

Style: TypeAlias = Literal["text", "code", "strong", "quiet", "good", "bad", "warn"]
Piece: TypeAlias = tuple[Style, str]
"""Some words and how they are set. The words are untrusted; whoever prints them escapes them."""

_SHORT = 140
_FINISHES = {"length": "cut at the token limit", "content_filter": "cut by the provider's filter"}


@dataclass(slots=True)
class Row:
    """One line of the trace. ``details`` are names and long texts to fold; times in milliseconds."""

    key: str
    depth: int
    step: str
    what: list[Piece]
    tokens: int | None = None
    ms: float | None = None
    start_ms: float | None = None
    kind: Literal["model", "tool", "memory"] = "model"
    details: list[tuple[str, str]] | None = None


def row(place: Place) -> Row:
    """The line of one step."""
    step = place.step
    if isinstance(step, ModelStep):
        return _model(place.run, step, place.depth)
    if isinstance(step, ToolStep):
        return _tool(step, place.depth)
    if isinstance(step, MemoryStep):
        return _memory(step, place.depth)
    if isinstance(step, AskStep):
        return _ask(step, place.depth)
    if isinstance(step, NoteStep):
        return _note(step, place.depth, place.said)
    if isinstance(step, NodeStep):
        return _node(step, place.depth)
    return _run(step, place.depth)


def _model(run: RunNode, step: ModelStep, depth: int) -> Row:
    name = f"turn {step.turn}" if step.role == "agent" else f"{step.role} · turn {step.turn}"
    text = step.text
    what: list[Piece] = []
    details: list[tuple[str, str]] = []
    if step.state == "failed" and not step.error:
        what += [("warn", "! not finished")]
    elif step.error:
        what += [("bad", "✕ failed"), ("text", f" — {preview(step.error, _SHORT)}")]
    elif step.state == "running":
        what.append(("quiet", step.waiting or ("writing" if text else "thinking")))
    if step.asked:
        names = list(dict.fromkeys(step.asked))
        what += [("text", f"{' · ' if what else ''}calls "), *_listed(names[:6])]
        if len(names) > 6:
            what.append(("quiet", f" and {len(names) - 6} more"))
    if text and not step.error:
        if run.output and text.strip() == run.output.strip():
            what.append(("text", f"{' · ' if what else ''}answers"))
        else:
            what.append(("quiet", f"{' · ' if what else ''}“{preview(text, _SHORT)}”"))
            if len(text) > _SHORT:
                details.append(("whole reply", text))
    if not what:
        what.append(("quiet", "says nothing"))
    if step.replayed:
        what.append(("quiet", _REPLAYED))
    if step.attempts > 1:
        what.append(("warn", f" ! {fmt.plural(step.attempts, 'attempt')}"))
    if step.finish_reason in _FINISHES:
        what.append(("warn", f" ! {_FINISHES[step.finish_reason]}"))
    if step.model and run.model and step.model != run.model:
        what.append(("quiet", f" · {step.model}"))
    used = None if step.ms is None else step.tokens_in + step.tokens_out
    return Row(step.key, depth, name, what, used, step.ms, step.start_ms, "model", details or None)


_REPLAYED = " · replayed"
"""Of a step whose outcome came from the journal: nothing was asked, run or paid."""


def _tool(step: ToolStep, depth: int) -> Row:
    call: Piece = ("code", step.call)
    details: list[tuple[str, str]] = [("arguments", step.args)] if len(step.args) > _SHORT else []
    asked = step.asked
    if step.state == "running" and asked is not None and not asked.answer:
        why = f" — {preview(asked.reason, _SHORT)}" if asked.reason else ""
        what: list[Piece] = [("warn", "! waiting for permission "), call, ("quiet", why)]
    elif step.state == "running":
        what = [call, ("quiet", " …")]
    elif step.state == "denied":
        by = f" (by {step.by})" if step.by and step.by != "policy" else ""
        what = [("bad", "✕ denied "), call, ("text", f" — {preview(step.why or 'no reason given', _SHORT)}{by}")]
    elif step.state == "failed" and not step.why:
        what = [("warn", "! not finished "), call]
    elif step.state == "failed":
        verdict = "✕ not used " if step.rejected else "✕ failed "
        what = [("bad", verdict), call, ("text", f" — {preview(step.why or 'no reason given', _SHORT)}")]
    else:
        what = [call, ("text", f" → {preview(step.output, _SHORT) if step.output else 'nothing'}")]
    if asked is not None and asked.answer == "allow":
        what.append(("quiet", f" ✓ {_allowed(asked)}"))
    if step.replayed:
        what.append(("quiet", _REPLAYED))
    if step.values:
        more = f" and {len(step.values) - 1} more" if len(step.values) > 1 else ""
        what.insert(what.index(call) + 1, ("quiet", f" · {step.values[0]}{more}"))
    if len(step.values) > 1:
        details.append(("sources", "\n".join(step.values)))
    long = step.output or step.why
    if len(long) > _SHORT or "\n" in long.strip():
        details.append(("whole result" if step.state == "ok" else "whole message", long))
    return Row(step.key, depth, "tool", what, None, step.ms, step.start_ms, "tool", details or None)


def _allowed(asked: AskStep) -> str:
    """Who let a call through, and for how long."""
    long = {"session": " for this session", "always": " from now on"}.get(asked.remember, "")
    by = f" by {asked.by}" if asked.by and asked.by != "approval" else ""
    return f"allowed{long} when asked{by}{', arguments changed by a person' if asked.edited else ''}"


def _memory(step: MemoryStep, depth: int) -> Row:
    if step.wrote:
        what: list[Piece] = [("quiet", "this exchange" if step.wrote == "episode" else step.wrote)]
        if step.facts:
            more = f" and {len(step.facts) - 1} more" if len(step.facts) > 1 else ""
            what = [("text", f"“{preview(step.facts[0], 90)}”"), ("quiet", f" {step.wrote}{more}")]
        return Row(step.key, depth, "remembered", what, None, step.ms, step.start_ms, "memory")
    what = []
    for word, found in (("fact", step.facts), ("episode", step.episodes), ("block", step.blocks)):
        if found:
            more = f" and {len(found) - 1} more" if len(found) > 1 else ""
            what += [("text", f"{', ' if what else ''}“{preview(found[0], 90)}”"), ("quiet", f" {word}{more}")]
    everything = [*step.facts, *step.episodes, *(f"block {name}" for name in step.blocks)]
    details = [(f"all {len(everything)}", "\n".join(everything))] if len(everything) > 1 else []
    details += [("why", "\n".join(step.why))] if step.why else []
    what = what or [("quiet", "nothing that fits")]
    return Row(step.key, depth, "recalled", what, None, step.ms, step.start_ms, "memory", details or None)


def _ask(step: AskStep, depth: int) -> Row:
    what: list[Piece] = [("text", "may "), ("code", step.call), ("text", " run?")]
    if step.reason:
        what.append(("quiet", f" {preview(step.reason, _SHORT)}"))
    if step.answer == "allow":
        what.append(("good", " ✓ allowed"))
    elif step.answer:
        what.append(("bad", " ✕ refused"))
    else:
        what.append(("warn", " ! no answer yet"))
    return Row(step.key, depth, "asked", what)


def _note(step: NoteStep, depth: int, said: str) -> Row:
    mark: dict[str, Piece] = {"good": ("good", "✓ "), "warn": ("warn", "! "), "bad": ("bad", "✕ ")}
    what: list[Piece] = [mark[step.level]] if step.level in mark else []
    details: list[tuple[str, str]] = []
    if step.text:
        what.append(("text", preview(step.text, 500)))
    for name, text in step.fields:
        if said and text.strip() == said.strip():
            continue  # the line above has just said so
        if len(text) > _SHORT:
            details.append((name, text))
        what += [
            ("quiet", f"{' · ' if len(what) > 0 and what[-1][0] == 'text' else ''}{name} "),
            ("text", preview(text, 90)),
        ]
    return Row(step.key, depth, step.name, what or [("quiet", "–")], details=details or None)


def _node(step: NodeStep, depth: int) -> Row:
    name = step.name if step.visit == 1 else f"{step.name} · visit {step.visit}"
    runs = [inner for inner in step.steps.values() if isinstance(inner, RunNode)]
    who = f"{runs[0].agent or runs[0].architecture} " if len(runs) == 1 and runs[0].agent != step.name else ""
    what: list[Piece] = [("quiet", who)] if who.strip() else []
    if step.state == "running":
        what.append(("quiet", "…"))
    elif step.state == "failed":
        what += [("bad", "✕ failed"), ("text", f" — {preview(step.why or 'not finished', _SHORT)}")]
    else:
        what.append(("text", f"→ {preview(step.output, _SHORT) or 'nothing'}"))
        what += [("warn", f" ! interrupted — {reason_text(step.why)}")] if step.why else []
    long = step.why if step.state == "failed" else step.output
    details = [("whole output" if step.state == "ok" else "whole message", long)] if len(long) > _SHORT else None
    kind: Literal["model", "tool"] = "tool" if step.tokens is None else "model"
    return Row(step.key, depth, name, what, step.tokens, step.ms, step.start_ms, kind, details)


def _run(run: RunNode, depth: int) -> Row:
    what: list[Piece] = [("quiet", f"“{preview(run.prompt, 70)}” ")]
    if run.status == "running":
        what.append(("quiet", "…"))
    elif run.status == "answered":
        what.append(("text", f"→ {preview(run.output, 90) or 'an empty answer'}"))
    elif run.fault is not None:
        what += [("bad", "✕ failed"), ("text", f" — {run.fault.type}: {preview(run.fault.message, _SHORT)}")]
    else:
        mark: Piece = ("bad", "✕ stopped") if run.status == "cancelled" else ("warn", "! interrupted")
        what += [mark, ("text", f" — {reason_text(run.reason)}")]
    if run.dropped:
        what.append(("quiet", f" · {fmt.plural(run.dropped, 'step')} not kept"))
    details: list[tuple[str, str]] = [("task", run.prompt)] if len(run.prompt) > 70 else []
    if len(run.output) > 90:
        details.append(("answer", run.output))
    name = f"run {run.number}" if run.number else run.agent or run.architecture or "run"
    return Row(
        run.key, depth, name, what, run.tokens_in + run.tokens_out, run.ms, run.start_ms, "model", details or None
    )


def _listed(names: list[str]) -> list[Piece]:
    pieces: list[Piece] = []
    for name in names:
        pieces += [("text", ", ")] if pieces else []
        pieces.append(("strong", name))
    return pieces
