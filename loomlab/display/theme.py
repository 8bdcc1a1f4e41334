"""The look: one small style sheet, scoped to ``.loom``, in the host's own colours, light and dark.

Everything reads without it too: sanitising viewers take styles and classes away, and tables, folds and words remain.
"""

import re
from collections.abc import Iterable

from loomlab.display.clean import sanitise
from loomlab.graph.paint import MOTION, RULES

HTML_CAP = 56 * 1024
"""Bytes of an HTML output. Its text twin takes at most 8 KB more."""

ROOT_CLASS = "loom mathjax_ignore tex2jax_ignore"
"""Classes of every face's root. The last two keep notebook front ends from reading ``$`` in an answer as mathematics,
whose commands could load things."""

_LIGHT = {
    "fg": "var(--jp-ui-font-color1,var(--vscode-editor-foreground,#1c1e21))",
    "muted": "var(--jp-ui-font-color2,var(--vscode-descriptionForeground,#5b6168))",
    "bg": "var(--jp-layout-color0,var(--vscode-editor-background,#fff))",
    "soft": "color-mix(in srgb,var(--l-fg) 5%,transparent)",
    "rule": "var(--jp-border-color2,#dfe3e7)",
    "accent": "#0072b2",
    "good": "#00795a",
    "bad": "#b8460e",
    "warn": "#8a6100",
    "c4": "#a64d82",
    "model": "#8fbfdd",
    "tool": "#e6b583",
    "memory": "#9fd0bd",
}
_DARK = {
    "fg": "var(--jp-ui-font-color1,var(--vscode-editor-foreground,#e6e8ea))",
    "muted": "var(--jp-ui-font-color2,var(--vscode-descriptionForeground,#9aa3ab))",
    "bg": "var(--jp-layout-color0,var(--vscode-editor-background,#111417))",
    "soft": "color-mix(in srgb,var(--l-fg) 9%,transparent)",
    "rule": "var(--jp-border-color2,#2c333a)",
    "accent": "#56b4e9",
    "good": "#4cc9a0",
    "bad": "#f0915a",
    "warn": "#e6b450",
    "c4": "#d993ba",
    "model": "#2f6c92",
    "tool": "#8a5a30",
    "memory": "#2a6f5a",
}

# & stands for .loom.loom: twice, so that it beats the host's rules for tables and paragraphs in outputs.
_RULES = """
& {
  font: 13.5px/1.5 var(--jp-ui-font-family,system-ui),sans-serif; color: var(--l-fg); background: var(--l-bg);
  max-width: 860px; padding: 2px 0;
}
& p { margin: 0 0 8px; }
& .answer { font-size: 14.5px; margin: 2px 0 8px; overflow-wrap: anywhere; }
& .answer>:last-child { margin-bottom: 0; }
& .facts {
  color: var(--l-muted); font-size: 12.5px; font-variant-numeric: tabular-nums; border-top: 1px solid var(--l-rule);
  padding-top: 6px; margin: 0;
}
& .facts:first-child { border-top: 0; padding-top: 0; margin-bottom: 8px; }
& .facts strong { color: var(--l-fg); font-weight: 600; }
& .s, & .u { color: var(--l-muted); }
& .u { font-size: .88em; }
& .ok { color: var(--l-good); }
& .no { color: var(--l-bad); }
& .hm { color: var(--l-warn); }
& summary { cursor: pointer; color: var(--l-muted); font-size: 12.5px; padding: 4px 0; }
& details>details { margin-left: 14px; }
& details>.s { font-size: 12.5px; margin: 4px 0 2px; }
& td summary { padding: 0; font-size: 12px; }
& td summary strong, & td summary del { color: var(--l-fg); font-size: 12.5px; }
& .d { white-space: nowrap; }
& summary:focus-visible, & a:focus-visible, & pre:focus-visible, & .x:focus-visible {
  outline: 2px solid var(--l-accent); outline-offset: 2px; border-radius: 3px;
}
& a { color: var(--l-accent); }
& .x { overflow-x: auto; }
& table {
  border-collapse: collapse; table-layout: auto; width: auto; max-width: 100%; margin: 0 0 4px; font-size: 12.5px;
  font-variant-numeric: tabular-nums; color: inherit;
}
& .t { width: 100%; }
& .f { width: 99%; min-width: 11em; overflow-wrap: anywhere; }
& tr, & tbody tr:nth-child(n), & tbody tr:hover { background: none; }
& th, & td {
  text-align: left; vertical-align: top; line-height: 1.5; padding: 3px 14px 3px 0; border: 0;
  border-bottom: 1px solid var(--l-rule); white-space: normal; max-width: none; overflow-wrap: break-word;
}
& thead th { font-weight: 600; color: var(--l-muted); white-space: nowrap; }
& tbody th { font-weight: 400; white-space: nowrap; }
& .n { text-align: right; white-space: nowrap; }
& th:last-child, & td:last-child { padding-right: 0; }
& code, & pre { font: 12px/1.5 var(--jp-code-font-family,ui-monospace),monospace; color: inherit; }
& code { background: none; padding: 0; border: 0; }
& pre {
  background: var(--l-soft); padding: 6px 10px; border-radius: 4px; margin: 4px 0; overflow: auto;
  max-height: 360px; white-space: pre-wrap; overflow-wrap: anywhere;
}
& .answer :not(pre)>code { font-size: .88em; background: var(--l-soft); padding: 0 3px; border-radius: 3px; }
& .all { user-select: all; }
& blockquote { margin: 0 0 8px; padding: 0 10px; border-left: 3px solid var(--l-rule); color: var(--l-muted); }
& .note {
  border-left: 3px solid var(--l-warn); padding: 3px 10px; font-size: 12.5px; margin: 8px 0; background: var(--l-soft);
}
& .bad { border-left-color: var(--l-bad); }
& svg { max-width: 100%; overflow: visible; }
& .w {
  background: var(--l-soft); border-radius: 2px; margin-top: 5px; display: block; width: 170px; max-width: none;
  height: 9px;
}
& .bm { fill: var(--l-model); }
& .bt { fill: var(--l-tool); }
& .br { fill: var(--l-memory); }
& .bp { fill: var(--l-soft); stroke: var(--l-rule); }
& .bx { fill: none; stroke: var(--l-bad); }
& .c0 { fill: var(--l-accent); stroke: var(--l-accent); }
& .c1 { fill: var(--l-bad); stroke: var(--l-bad); }
& .c2 { fill: var(--l-good); stroke: var(--l-good); }
& .c3 { fill: var(--l-warn); stroke: var(--l-warn); }
& .c4 { fill: var(--l-c4); stroke: var(--l-c4); }
& svg text { font: 11.5px var(--jp-ui-font-family,system-ui),sans-serif; fill: var(--l-fg); stroke: none; }
& svg .q { fill: var(--l-muted); font-size: 10.5px; }
& svg .g { stroke: var(--l-rule); }
& .cols { display: flex; flex-wrap: wrap; gap: 14px 22px; align-items: flex-start; }
& .col { flex: 1 1 200px; min-width: 0; border-top: 2px solid var(--l-rule); padding-top: 4px; }
& .col>p:first-child { margin: 0 0 2px; }
& .col .t th:nth-child(5), & .col .t td:nth-child(5) { display: none; }
& .dot {
  display: inline-block; width: 8px; height: 8px; border-radius: 50%; background: var(--l-accent); margin-right: 6px;
  animation: loom-p 1.2s ease-in-out infinite;
}
@keyframes loom-p { 50% { opacity: .25; } }
@media (prefers-reduced-motion:reduce) { & .dot { animation: none; } }
@media print { & pre { max-height: none; } }
"""


_GRAPHS = RULES + MOTION

PICTURE_RULES = """
& svg.pv { height: auto; display: block; margin: 6px 0; }
& .pv .pl { fill: none; stroke: var(--l-muted); }
& .pv .pa { fill: var(--l-accent); fill-opacity: .16; stroke: none; }
& .pv .pb { fill: var(--l-soft); stroke: none; }
& .pv .ps { stroke: none; }
& .pv .po { fill: var(--l-bg); }
& .pv .ph { fill: none; }
& .pv .pm { fill: var(--l-muted); stroke: none; }
& .pv .pt { font-weight: 600; }
& .pv .pi { fill: var(--l-bg); }
"""
"""What pictures of numbers add: lines, bands, fields, hollow marks, words that matter, words on a dark field."""

GRAPH = '<svg class="gv"'
"""How the picture of a graph begins: an output without one does without its rules."""

PICTURE = '<svg class="pv"'
"""The same for a picture of numbers."""


def style_sheet(body: str = "", *, graphs: bool = False) -> str:
    """The rules that go with an output of ``body``, without the element around them; ``graphs``: it will have some."""
    light, dark = _variables(_LIGHT), _variables(_DARK)
    dark_host = (
        "[data-jp-theme-light=false],.vscode-dark,.vscode-high-contrast:not(.vscode-high-contrast-light),[theme=dark]"
    )
    no_host = (
        "html:not([theme=light]) body:not([data-jp-theme-light]):not(.vscode-light):not(.vscode-high-contrast-light)"
    )
    return (
        f".loom{{{light}}}:is({dark_host}) .loom{{{dark}}}"
        f"@media (prefers-color-scheme:dark){{{no_host} .loom{{{dark}}}}}"
        f"{_small(_RULES + (_GRAPHS if graphs or GRAPH in body else '') + (PICTURE_RULES if PICTURE in body else ''))}"
    )


def style(body: str = "") -> str:
    """The style element that goes with an output of ``body``."""
    return f"<style>{style_sheet(body)}</style>"


def face(body: str) -> str:
    """``body`` as one output: sanitised, with its root and its style."""
    return f'{style(body)}<div class="{ROOT_CLASS}">{sanitise(body)}</div>'


def fitting(bodies: Iterable[str]) -> str:
    """The first of ever shorter bodies whose output stays within ``HTML_CAP``; where none does, the last one."""
    html = body = ""
    for body in bodies:
        if len(body.encode(errors="replace")) <= HTML_CAP:
            html = face(body)
            if len(html.encode()) <= HTML_CAP:
                return html
    return html or face(body)


def _variables(values: dict[str, str]) -> str:
    return "".join(f"--l-{name}:{value};" for name, value in values.items()).rstrip(";")


def _small(css: str) -> str:
    css = re.sub(r"\s+", " ", css.replace("&", ".loom.loom"))
    return re.sub(r";? ?([{};]) ?", r"\1", re.sub(r"(?<=[a-z]): | (?={)", lambda m: m[0].strip(), css)).strip()
