"""Pictures of numbers, each with three faces: a figure to explore, a still drawing, and a table that says the same.

Open ``pareto.py`` first: numbers in, a ``Drawing`` out. ``drawing.py`` turns a drawing into faces, ``ink.py`` holds the
marks and the axes of the still ones, ``figure.py`` what all figures share.
"""

from loomlab.display.pictures.divergence import Parting, divergence_drawing
from loomlab.display.pictures.drawing import (
    PLOTLY,
    Drawing,
    drawing_body,
    drawing_bundle,
    drawing_html,
    drawing_page,
    drawing_svg,
    drawing_text,
)
from loomlab.display.pictures.evidence import Look, evidence_drawing
from loomlab.display.pictures.heat import Cell, CellState, heat_drawing
from loomlab.display.pictures.judge import Bucket, JudgeFacts, judge_drawing
from loomlab.display.pictures.pareto import ParetoPoint, pareto_drawing

__all__ = [
    "PLOTLY",
    "Bucket",
    "Cell",
    "CellState",
    "Drawing",
    "JudgeFacts",
    "Look",
    "ParetoPoint",
    "Parting",
    "divergence_drawing",
    "drawing_body",
    "drawing_bundle",
    "drawing_html",
    "drawing_page",
    "drawing_svg",
    "drawing_text",
    "evidence_drawing",
    "heat_drawing",
    "judge_drawing",
    "pareto_drawing",
]
