"""The colours and strokes of a picture: one set of rules for the notebook's style sheet, for files, and for bitmaps."""

import re
from collections.abc import Mapping

RULES = """
& svg.gv { height: auto; display: block; margin: 6px 0; }
& .gf rect { fill: none; stroke: var(--l-muted); stroke-opacity: .45; }
& .gn rect, & .gn path { fill: var(--l-bg); stroke: var(--l-muted); stroke-opacity: .7; }
& .gn.gm rect, & .gn.gm path { fill: var(--l-bg); stroke-dasharray: 5 3; }
& .gn.gp rect { fill: var(--l-soft); stroke-opacity: .5; }
& .gn .gw { fill: var(--l-muted); stroke: none; }
& .gl { fill: none; stroke: var(--l-muted); stroke-opacity: .75; }
& .gd .gl { stroke-dasharray: 5 4; }
& .ga { fill: var(--l-muted); stroke: none; }
& svg .gb { font-size: 12px; font-weight: 600; }
& svg .gt { paint-order: stroke; stroke: var(--l-bg); stroke-width: 4px; stroke-linejoin: round; }
& .ok rect, & .ok .gh { stroke: var(--l-accent); stroke-opacity: 1; stroke-width: 1.5; }
& .on rect, & .on .gh { stroke: var(--l-accent); stroke-opacity: 1; stroke-width: 2.5; }
& .no rect, & .no .gh { stroke: var(--l-bad); stroke-opacity: 1; stroke-width: 1.5; }
& .hm rect, & .hm .gh { stroke: var(--l-warn); stroke-opacity: 1; stroke-width: 1.5; }
& .ok .gw, & .on .gw { fill: var(--l-accent); }
& .no .gw { fill: var(--l-bad); }
& .gf.ok rect, & .gf.on rect { stroke-width: 1.2; }
& .ok .gl, & .on .gl { stroke: var(--l-accent); stroke-opacity: 1; stroke-width: 1.5; }
& .ok .ga, & .on .ga { fill: var(--l-accent); }
& .no .gl { stroke: var(--l-bad); stroke-opacity: 1; stroke-width: 1.5; }
& .no .ga { fill: var(--l-bad); }
& svg .gx { fill: var(--l-bad); font-size: 10.5px; }
"""
"""``&`` stands for what the rules are scoped to; colours are the variables of the displays."""

MOTION = """
& .gn.on .gh { animation: loom-p 1.2s ease-in-out infinite; }
& .gn:focus { outline: none; }
& .gn:focus-visible .gh { stroke: var(--l-accent); stroke-opacity: 1; stroke-width: 3; }
@media (prefers-reduced-motion:reduce) { & .gn.on .gh { animation: none; } }
"""
"""What only a live page has: movement, and where the keyboard is."""

LIGHT = {
    "fg": "#1c1e21", "muted": "#5b6168", "bg": "#ffffff", "soft": "#f2f4f6", "rule": "#dfe3e7",
    "accent": "#0072b2", "good": "#00795a", "bad": "#b8460e", "warn": "#8a6100",
}  # fmt: skip
DARK = {
    "fg": "#e6e8ea", "muted": "#9aa3ab", "bg": "#111417", "soft": "#1b2025", "rule": "#2c333a",
    "accent": "#56b4e9", "good": "#4cc9a0", "bad": "#f0915a", "warn": "#e6b450",
}  # fmt: skip

FONT = "system-ui,'Segoe UI',Roboto,'Helvetica Neue',Arial,'DejaVu Sans',sans-serif"

_TEXT = """
& text { font-family: FONT; font-size: 11.5px; fill: var(--l-fg); }
& .q { fill: var(--l-muted); font-size: 10.5px; }
& .gz { fill: var(--l-bg); }
"""


def file_style() -> str:
    """The style element of a picture that is a file: light, or dark where the reader's system is."""
    rules = (_TEXT.replace("FONT", FONT) + RULES).replace("& svg", "&").replace("&.gv", "&").replace("&", "svg.gv")
    dark = f"@media (prefers-color-scheme:dark){{svg.gv{{{_variables(DARK)}}}}}"
    return f"<style>svg.gv{{{_variables(LIGHT)}}}{dark}{_small(rules)}</style>"


def bitmap_style(family: str) -> str:
    """The style element for drawing a bitmap: every colour as it is, light, in one font."""
    rules = _TEXT.replace("FONT", f"'{family}'") + RULES
    rules = re.sub(r"var\(--l-(\w+)\)", lambda found: LIGHT[found[1]], rules)
    return f"<style>{_small(rules.replace('& svg.gv', '.gv').replace('& svg ', '').replace('& ', ''))}</style>"


def _variables(colours: Mapping[str, str]) -> str:
    return "".join(f"--l-{name}:{value};" for name, value in colours.items())


def _small(css: str) -> str:
    return re.sub(r"\s+", " ", css).strip()
