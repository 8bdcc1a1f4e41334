"""Tool calls, their results, and who said whether they may run."""

from loomlab.core.events import Event
from loomlab.display.nodes import AskStep, RunNode, ToolStep
from loomlab.display.reducer.fields import certified_text, figure, items, label, mapping, reach, whole, words
from loomlab.display.state import TraceState
from loomlab.display.text import call_text, value_text


def tool_call(state: TraceState, run: RunNode, event: Event) -> None:
    """A tool is about to be tried."""
    data = event.payload
    call = mapping(data.get("call"))
    tool, args = label(call.get("tool")), call.get("args")
    step = ToolStep(state.key(), tool, call_text(tool, args), turn=whole(data.get("turn")))
    step.args = state.keep(value_text(args) if args else "", 8_000)
    step.slot = whole(data.get("slot"))
    step.start_ms = figure(data.get("offset_ms"))
    state.open_tools[state.latest, words(call.get("id"))] = step
    state.counts.tool_calls += 1
    state.place(run, step)
    reach(state, step.start_ms, 0.0)


def tool_result(state: TraceState, run: RunNode, event: Event) -> None:
    """What came of it."""
    data = event.payload
    result = mapping(data.get("result"))
    step = state.open_tools.pop((state.latest, words(result.get("call_id"))), None)
    if step is None:
        tool = label(data.get("tool")) or "tool"
        step = ToolStep(state.key(), tool, f"{tool}(…)")
        state.counts.tool_calls += 1
        state.place(run, step)
    state.home = step.key
    step.ms = figure(result.get("duration_ms"))
    step.replayed = bool(data.get("replayed"))
    step.values = [state.keep(certified_text(one), 200) for one in items(data.get("certified"))[:20]]
    if result.get("denied"):
        step.state, step.why = "denied", state.keep(words(result.get("reason")), 2_000)
        state.counts.denied += 1
    elif result.get("ok"):
        step.state, step.output = "ok", state.keep(value_text(result.get("output")))
    else:
        step.state, step.why = "failed", state.keep(words(result.get("error")) or "no reason given", 8_000)
        state.counts.failed += 1
    reach(state, step.start_ms, step.ms)


def permission_ask(state: TraceState, run: RunNode, event: Event) -> None:
    """A person has to say whether a call may run."""
    call = mapping(event.payload.get("call"))
    step = AskStep(state.key(), call_text(label(call.get("tool")), call.get("args")))
    step.reason = state.keep(words(event.payload.get("reason")), 1_000)
    state.open_asks[state.latest, words(call.get("id"))] = step
    tool = state.open_tools.get((state.latest, words(call.get("id"))))
    if tool is None:
        state.place(run, step)
    else:
        tool.asked, state.home = step, tool.key


def permission_decision(state: TraceState, run: RunNode, event: Event) -> None:
    """Somebody said so."""
    data = event.payload
    which = state.latest, words(data.get("call_id"))
    by = label(data.get("by"))
    home = state.open_tools.get(which)
    state.home = home.key if home is not None else state.home
    ask = state.open_asks.pop(which, None)
    if ask is not None:
        ask.answer, ask.by = label(data.get("decision")), label(data.get("who")) or by
        ask.remember = label(data.get("remember"))
    changed = data.get("args")
    if home is not None and isinstance(changed, dict):
        home.call, home.args = call_text(home.tool, changed), state.keep(value_text(changed), 8_000)
        if ask is not None:
            ask.edited = True
    if home is not None and data.get("decision") == "deny":
        home.by = by
