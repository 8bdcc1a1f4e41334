"""What all figures share: quiet axes that read on light and dark, and words that are only ever words."""

from collections.abc import Mapping, Sequence
from typing import Any

from loomlab.display.text import plain, preview

HUES = ("#0072B2", "#D55E00", "#009E73", "#E69F00", "#CC79A7", "#56B4E9")
"""Okabe and Ito's colours, which people tell apart whatever colours they see."""

SYMBOLS = ("circle", "square", "triangle-up", "diamond", "triangle-down")
_TEXT, _GRID = "#7b8087", "rgba(128,128,128,0.25)"


def inert(text: object, limit: int = 60) -> str:
    """Text that a figure shows as it is: its small markup, links and formulas are written as entities."""
    said = preview(plain(str(text)), limit)
    for character, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("$", "&#36;"), ("%{", "%&#123;")):
        said = said.replace(character, entity)
    return said


def axis(title: str = "", **more: Any) -> dict[str, Any]:
    """An axis; ``title`` is ours."""
    quiet = {"gridcolor": _GRID, "zeroline": False, "linecolor": _GRID, "automargin": True, "ticks": ""}
    return {"title": {"text": title}, **quiet, **more}


def figure(
    data: Sequence[Mapping[str, Any]],
    said: str,
    x: Mapping[str, Any],
    y: Mapping[str, Any],
    *,
    height: int = 420,
    **more: Any,
) -> dict[str, Any]:
    """A whole figure under its sentence."""
    title = _folded(said)
    above = 30 + 19 * (1 + title.count("<br>")) + (26 if more.get("showlegend") else 0)
    layout = {
        "template": {},
        "title": {"text": title, "font": {"size": 14}, "x": 0.01, "xanchor": "left", "xref": "container"},
        "font": {"color": _TEXT, "size": 12},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "hoverlabel": {"align": "left"},
        "margin": {"l": 60, "r": 20, "t": above, "b": 48},
        "height": height,
        "showlegend": False,
        "xaxis": dict(x),
        "yaxis": dict(y),
        **more,
    }
    return {"data": [dict(one) for one in data], "layout": layout, "config": {"displaylogo": False, "responsive": True}}


def _folded(said: str) -> str:
    """A long sentence over two lines: a title does not wrap by itself."""
    words, lines = preview(said, 220).split(" "), [""]
    for word in words:
        if lines[-1] and len(lines[-1]) + len(word) > 84:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return "<br>".join(inert(one, 220) for one in lines)
