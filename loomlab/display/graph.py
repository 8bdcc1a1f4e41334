"""The face of a graph: the picture, and the same in words; lit by a run where there is one."""

from loomlab.display.clean import preformatted
from loomlab.display.notice import note_body
from loomlab.display.text import clip, escape, plain, preview
from loomlab.display.theme import face
from loomlab.graph import Graph, Lights, svg_body, to_words
from loomlab.graph.layout import WIDEST

LARGEST = 36 * 1024
"""Bytes of a picture in an output; a larger one is told in words, and how to have it as a file."""

_WORDS = 5_000


def graph_html(graph: Graph, lights: Lights | None = None, *, below: str = "") -> str:
    """The picture as a whole output, under a line that says whose it is. ``below``: safe HTML to follow it."""
    return face(f"{_heading(graph)}{graph_body(graph, lights)}{below}")


def graph_body(graph: Graph, lights: Lights | None = None, *, widest: float = WIDEST) -> str:
    """The picture as a part of another face, with its text twin folded under it. ``widest``: pixels there are."""
    svg = svg_body(graph, lights, widest=widest)
    text = preformatted(clip(to_words(graph, lights), _WORDS))
    if len(svg.encode()) > LARGEST:
        boxes = f"{len(graph.nodes) + len(graph.groups):,}"
        note = (
            f"This graph has {boxes} boxes, too many for an output. As a file: await agent.generate_graph('graph.svg')"
        )
        return f"{note_body(note)}{text}"
    cut = note_body(f"{graph.cut:,} more agents are not drawn one by one.") if graph.cut else ""
    return f'<div class="x">{svg}</div>{cut}<details><summary>Graph in words</summary>{text}</details>'


def graph_fold(graph: Graph, lights: Lights | None = None, *, widest: float = WIDEST) -> str:
    """The picture folded under one line."""
    return f"<details><summary>Graph</summary>{graph_body(graph, lights, widest=widest)}</details>"


def graph_text(graph: Graph, lights: Lights | None = None, *, limit: int = _WORDS) -> str:
    """The picture in words."""
    return clip(plain(to_words(graph, lights)), limit)


def _heading(graph: Graph) -> str:
    about = f'<br><span class="s">{escape(preview(graph.about, 160))}</span>' if graph.about else ""
    detail = f" · {escape(preview(graph.detail, 60))}" if graph.detail else ""
    return f"<p><strong>{escape(preview(graph.title, 80))}</strong>{detail}{about}</p>"
