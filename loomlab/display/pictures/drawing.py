"""A picture and its faces: a figure as data, a still drawing with its table, and text."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from loomlab.display.page import page
from loomlab.display.pictures.ink import alone
from loomlab.display.table import table_body, table_text
from loomlab.display.text import escape, preview
from loomlab.display.theme import face

PLOTLY = "application/vnd.plotly.v1+json"
"""The MIME type of a figure as data: a notebook draws it, and nothing in it is markup or code."""

_ROWS = 24
_SENTENCE = 400


@dataclass(frozen=True, slots=True)
class Drawing:
    """What a picture consists of.

    ``said`` is its sentence; ``svg`` the still drawing, built from escaped parts; ``figure`` plotly's JSON. ``columns``
    and ``rows`` are the same in numbers, ``total`` how many rows there are where not all are given. ``notes`` are
    sentences below; ``name`` is what kind of picture it is.
    """

    said: str
    svg: str
    figure: Mapping[str, Any]
    columns: Sequence[str] = ()
    rows: Sequence[Sequence[Any]] = ()
    notes: Sequence[str] = ()
    total: int | None = None
    name: str = "Picture"


def drawing_html(drawing: Drawing) -> str:
    """The still face as a whole output."""
    return face(drawing_body(drawing))


def drawing_body(drawing: Drawing) -> str:
    """The same as a part of another face."""
    parts = [f'<p class="answer"><strong>{escape(preview(drawing.said, _SENTENCE))}</strong></p>', drawing.svg]
    if drawing.columns:
        table = table_body(drawing.columns, drawing.rows, limit=_ROWS, total=drawing.total, cell=60)
        parts.append(f"<details><summary>The numbers</summary>{table}</details>")
    parts += [f'<p class="s">{escape(preview(one, _SENTENCE))}</p>' for one in drawing.notes]
    return "".join(parts)


def drawing_text(drawing: Drawing) -> str:
    """The picture in words: its sentence, its numbers, its notes."""
    table = [table_text(drawing.columns, drawing.rows, limit=_ROWS, total=drawing.total)] if drawing.columns else []
    notes = "\n".join(preview(one, _SENTENCE) for one in drawing.notes)
    return "\n\n".join(part for part in (preview(drawing.said, _SENTENCE), *table, notes) if part)


def drawing_svg(drawing: Drawing) -> str:
    """The still drawing as a file of its own: light, or dark where its reader is."""
    return alone(drawing.svg)


def drawing_page(drawing: Drawing) -> str:
    """The still face as an HTML file that loads nothing."""
    return page(drawing.name, drawing_body(drawing))


def drawing_bundle(drawing: Drawing) -> dict[str, Any]:
    """By MIME type: the figure as data, the still drawing, the text. Never plotly's own HTML, which holds a script."""
    return {PLOTLY: dict(drawing.figure), "text/html": drawing_html(drawing), "text/plain": drawing_text(drawing)}
