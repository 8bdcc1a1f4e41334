"""Agents, teams and strategies to draw, with shapes of their own."""

from collections.abc import AsyncIterator, Mapping
from typing import Any

from loomlab import Agent, tool
from loomlab.architecture import SelfRefine
from loomlab.core import Event
from loomlab.core.shape import Shape, ShapeEdge, ShapeNode


@tool
def get_weather(city: str) -> str:
    """The weather."""
    return f"rain in {city}"


@tool
def book_table(people: int) -> str:
    """Book."""
    return "booked"


class Team:
    """A manager, its tools and its workers."""

    name = "team"

    def __init__(self, workers: Mapping[str, Any]) -> None:
        self.workers = dict(workers)

    async def run(self, session: Any, deps: Any, prompt: str) -> AsyncIterator[Event]:
        for event in ():
            yield event

    def declared_workers(self) -> Mapping[str, Any]:
        return self.workers

    def shape(self) -> Shape:
        nodes = [
            ShapeNode("start", "task", "start"),
            ShapeNode("agent", "manager"),
            ShapeNode("tools", "tools", "tools"),
        ]
        edges = [
            ShapeEdge("start", "agent"),
            ShapeEdge("agent", "tools", "uses"),
            ShapeEdge("tools", "agent", "results"),
        ]
        for name in self.workers:
            nodes.append(ShapeNode(name, name, "worker"))
            edges += [ShapeEdge("agent", name, f"delegate: {name}"), ShapeEdge(name, "agent")]
        return Shape((*nodes, ShapeNode("end", "answer", "end")), (*edges, ShapeEdge("agent", "end")))


def agent(name: str, architecture: Any = None, tools: Any = None) -> Agent:
    """An agent that says who it is."""
    return Agent(f"You are {name}.\nDo it well.", model="echo", name=name, architecture=architecture, tools=tools)


def three_levels() -> Agent:
    """A team of teams, one of whose workers refines."""
    research = Team({"web": agent("web", tools=[get_weather]), "facts": agent("facts", SelfRefine())})
    writing = Team({"draft": agent("draft"), "style": agent("style")})
    workers = {"research": agent("lead", research), "writing": agent("editor", writing), "legal": agent("legal")}
    return agent("director", Team(workers), [book_table])
