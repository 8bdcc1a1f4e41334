"""One picture model for agents, teams and workflows, and what is drawn from it: Mermaid, DOT, SVG and PNG.

Open ``model.py`` first (what a graph is), then ``build.py`` (how it is read off an agent) and ``svg.py`` (how it is
drawn). Everything happens in this process: no network, no browser. Names load when they are first used: an agent that
nobody draws need not load the drawing.
"""

from typing import TYPE_CHECKING

from loomlab.core.lazy import lazily as _lazily

if TYPE_CHECKING:
    from loomlab.graph.build import build_graph, read_graph
    from loomlab.graph.dot import to_dot
    from loomlab.graph.drawing import draw
    from loomlab.graph.lights import EdgeLight, Lights, NodeLight
    from loomlab.graph.mermaid import to_mermaid
    from loomlab.graph.model import Edge, Graph, Group, Node
    from loomlab.graph.png import to_png
    from loomlab.graph.svg import svg_body, to_svg
    from loomlab.graph.words import to_words
    from loomlab.graph.write import write_graph

__all__ = [
    "Edge",
    "EdgeLight",
    "Graph",
    "Group",
    "Lights",
    "Node",
    "NodeLight",
    "build_graph",
    "draw",
    "read_graph",
    "svg_body",
    "to_dot",
    "to_mermaid",
    "to_png",
    "to_svg",
    "to_words",
    "write_graph",
]

__getattr__ = _lazily(
    __name__,
    {
        "Edge": "model",
        "EdgeLight": "lights",
        "Graph": "model",
        "Group": "model",
        "Lights": "lights",
        "Node": "model",
        "NodeLight": "lights",
        "build_graph": "build",
        "draw": "drawing",
        "read_graph": "build",
        "svg_body": "svg",
        "to_dot": "dot",
        "to_mermaid": "mermaid",
        "to_png": "png",
        "to_svg": "svg",
        "to_words": "words",
        "write_graph": "write",
    },
)
