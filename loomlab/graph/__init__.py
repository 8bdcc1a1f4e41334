"""One picture model for agents, teams and workflows, and what is drawn from it: Mermaid, DOT, SVG and PNG.

Open ``model.py`` first (what a graph is), then ``build.py`` (how it is read off an agent) and ``svg.py`` (how it is
drawn). Everything happens in this process: no network, no browser.
"""

from loomlab.graph.build import build_graph, read_graph
from loomlab.graph.dot import to_dot
from loomlab.graph.mermaid import to_mermaid
from loomlab.graph.model import Edge, Graph, Group, Node
from loomlab.graph.svg import EdgeLight, Lights, NodeLight, svg_body, to_svg
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
    "read_graph",
    "svg_body",
    "to_dot",
    "to_mermaid",
    "to_svg",
    "to_words",
    "write_graph",
]
