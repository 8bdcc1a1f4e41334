"""A small graph that fits the sample runs."""

from loomlab.graph import Edge, Graph, Node

FRONT = Graph(
    "front desk",
    "react",
    "You help people.",
    (
        Node("start", "task", "start", place=0),
        Node("agent", "model", keys=("agent",), place=1),
        Node("tools", "tools", "tools", keys=("tools",), items=("get_weather", "ask_expert"), place=2),
        Node("expert", "expert", "worker", keys=("expert",), detail="You know.", place=3),
        Node("end", "answer", "end", place=4),
    ),
    (
        Edge("start", "agent"),
        Edge("agent", "tools", "uses"),
        Edge("tools", "agent", "results"),
        Edge("agent", "expert", "delegate: expert"),
        Edge("expert", "agent"),
        Edge("agent", "end", "answers"),
    ),
)
