"""The colours and strokes of a picture: one set of rules for the notebook's style sheet, for files, and for bitmaps."""

import re
from collections.abc import Mapping

RULES = """
& svg.gv { height: auto; display: block; margin: 6px 0; }
& .gv .gf rect { fill: none; stroke: var(--l-muted); stroke-opacity: .45; }
& .gv .gn .gh { fill: var(--l-bg); stroke: var(--l-muted); stroke-opacity: .7; }
& .gv .gm .gh { stroke-dasharray: 5 3; }
& .gv .gp .gh { fill: var(--l-soft); stroke-opacity: .5; }
& .gv .gw { fill: var(--l-muted); stroke: none; }
& .gv .gl { fill: none; stroke: var(--l-muted); stroke-opacity: .75; }
& .gv .gd .gl { stroke-dasharray: 5 4; }
& .gv .ga { fill: var(--l-muted); stroke: none; }
& .gv .gz { fill: var(--l-bg); stroke: none; }
& .gv .gb { font-size: 12px; font-weight: 600; }
& .gv .gx { fill: var(--l-bad); font-size: 10.5px; }
& .gv .ok .gh, & .gv .ok .gl { stroke: var(--l-accent); stroke-opacity: 1; stroke-width: 1.5; }
& .gv .on .gh, & .gv .on .gl { stroke: var(--l-accent); stroke-opacity: 1; stroke-width: 2.5; }
& .gv .no .gh, & .gv .no .gl { stroke: var(--l-bad); stroke-opacity: 1; stroke-width: 1.5; }
& .gv .hm .gh, & .gv .hm .gl { stroke: var(--l-warn); stroke-opacity: 1; stroke-width: 1.5; }
& .gv .gf .gh { stroke-width: 1.2; }
& .gv .ok .gw, & .gv .on .gw, & .gv .ok .ga, & .gv .on .ga { fill: var(--l-accent); }
& .gv .no .gw, & .gv .no .ga { fill: var(--l-bad); }
& .gv .hm .gw, & .gv .hm .ga { fill: var(--l-warn); }
"""
"""``&`` stands for what the rules are scoped to; colours are the variables of the displays."""

MOTION = """
& .gv .gn.on .gh { animation: loom-p 1.2s ease-in-out infinite; }
& .gv [tabindex]:focus { outline: none; }
& .gv [tabindex]:focus-visible .gh { stroke: var(--l-accent); stroke-opacity: 1; stroke-width: 3.5; }
@media (prefers-reduced-motion:reduce) { & .gv .gn.on .gh { animation: none; } }
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
& .gv text { font-family: FONT; font-size: 11.5px; fill: var(--l-fg); }
& .gv .q { fill: var(--l-muted); font-size: 10.5px; }
"""


def file_style() -> str:
    """The style element of a picture that is a file: light, or dark where the reader's system is."""
    dark = f"@media (prefers-color-scheme:dark){{svg.gv{{{_variables(DARK)}}}}}"
    return f"<style>svg.gv{{{_variables(LIGHT)}}}{dark}{_alone(_TEXT.replace('FONT', FONT) + RULES)}</style>"


def bitmap_style(family: str) -> str:
    """The style element for drawing a bitmap: every colour as it is, light, in one font."""
    rules = _alone(_TEXT.replace("FONT", f"'{family}'") + RULES)
    coloured = re.sub(r"var\(--l-(\w+)\)", lambda found: LIGHT[found[1]], rules)
    return f"<style>{coloured}</style>"


def _alone(rules: str) -> str:
    """The rules for a picture that nothing is around."""
    return re.sub(r"\s+", " ", rules.replace("& svg.gv", "svg.gv").replace("& .gv", "svg.gv")).strip()


def _variables(colours: Mapping[str, str]) -> str:
    return "".join(f"--l-{name}:{value};" for name, value in colours.items())
