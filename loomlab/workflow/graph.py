"""The graph of a workflow: steps, and where each leads. Mistakes are told when they are made, not when it runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from loomlab.core.nearest import did_you_mean
from loomlab.workflow.runnable import Call, as_call, name_of
from loomlab.workflow.terminal import END, START, Terminal


@dataclass(slots=True, eq=False)
class Node:
    """One step: what the user gave, how it is called, and where it leads."""

    name: str
    thing: Any
    call: Call
    then: Then = None


@dataclass(slots=True, eq=False)
class Routes:
    """A choice: ``call`` says which way (None: the value itself does).

    ``of_input``: the step chosen gets the value that came into the one before.
    """

    call: Call | None
    ways: Mapping[str, Node | None]
    default: Node | None = None
    has_default: bool = False
    of_input: bool = False

    def way(self, said: Any, where: str) -> Node | None:
        """Where an answer leads. RuntimeError, naming the nearest route, where nowhere."""
        key = str(said).strip() if self.of_input else str(said)
        if key in self.ways:
            return self.ways[key]
        if self.of_input:  # a model answers: ``Billing.``
            bare = [one for one in self.ways if _bare(one) == _bare(key)]
            if len(bare) == 1:
                return self.ways[bare[0]]
        if self.has_default:
            return self.default
        raise RuntimeError(
            f"no matching route after {where}: the answer was {key[:200]!r}; {did_you_mean(key, self.ways)} "
            "Give a default= for answers that are not foreseen."
        )


@dataclass(slots=True, eq=False)
class Split:
    """Several ways at once, which meet again at ``join`` (None: at the end); ``merge`` makes one value of theirs."""

    heads: Sequence[Node]
    join: Node | None
    merge: Call | None
    limit: int | None


Then: TypeAlias = Node | Routes | Split | None
"""Where a step leads: to one step, by a choice, to several at once, or (None) to the end."""


@dataclass(slots=True)
class Graph:
    """The steps by name, and how a run begins; ``begun`` tells a start that leads to the end at once from none."""

    nodes: dict[str, Node] = field(default_factory=dict)
    start: Then = None
    begun: bool = False

    def add(self, name: str | Terminal, thing: Any) -> Node:
        """A new step. ValueError for a name that is taken or empty."""
        if isinstance(name, Terminal) or not name.strip():
            raise ValueError(f"a step is called by a text that is not empty, not {name!r}")
        if name in self.nodes:
            raise ValueError(f"step {name!r} is already registered; give the new one another name")
        node = self.nodes[name] = Node(name, thing, as_call(thing, name))
        return node

    def add_unique(self, name: str, thing: Any) -> Node:
        """A new step; a name that is taken gets a number."""
        return self.add(unique(name, self.nodes), thing)

    def find(self, name: str | Node | Terminal) -> Node:
        """A step by its name. ValueError, naming the nearest, where there is none."""
        if isinstance(name, Node):
            return name
        if name not in self.nodes:
            raise ValueError(f"step {name!r} is not registered; {did_you_mean(str(name), self.nodes)}")
        return self.nodes[str(name)]

    def target(self, name: str | Node | Terminal) -> Node | None:
        """Where an arrow may point: a step, or END (None). ValueError for START."""
        if name is START:
            raise ValueError("START is where a workflow begins: nothing leads there; use END, or the name of a step")
        return None if name is END else self.find(name)

    def lead(self, source: str | Node | Terminal, then: Then, *, what: str) -> None:
        """Set where ``source`` leads. ValueError for END, and where it leads somewhere already."""
        if source is END:
            raise ValueError("END is where a workflow ends: nothing leads on from there; use START, or a step's name")
        if source is START:
            self.start, self.begun = then, True
            return
        node = self.find(source)
        if node.then is not None:
            raise ValueError(
                f"step {node.name!r} already leads on, and {what} would replace that: one value flows along; "
                "add_router chooses between ways, add_fan_out takes several at once"
            )
        node.then = then


def routes(
    graph: Graph, fn: Any, ways: Mapping[Any, str | Terminal], default: str | Terminal | None, *, source: object
) -> Routes:
    """A choice, checked."""
    if not ways:
        raise ValueError(f"the router after {source} has no routes; give at least one")
    return Routes(
        as_call(fn, f"the router after {source}"),
        {str(key): graph.target(target) for key, target in ways.items()},
        None if default is None else graph.target(default),
        default is not None,
    )


def split(
    graph: Graph,
    targets: Sequence[str],
    join: str | Terminal,
    merge: Callable[[list[Any]], Any] | None,
    limit: int | None,
) -> Split:
    """Several ways at once, checked."""
    if isinstance(targets, str) or not targets:
        raise ValueError("a fan-out needs a list of the steps that it leads to")
    heads = [graph.find(name) for name in targets]
    meeting = graph.target(join)
    if len({id(head) for head in heads}) < len(heads) or meeting in heads:
        raise ValueError("the steps of a fan-out, and the one where they meet, must be different steps")
    if limit is not None and limit < 1:
        raise ValueError(f"max_concurrency must be at least 1, not {limit}")
    return Split(heads, meeting, None if merge is None else as_call(merge, "merge"), limit)


def unique(name: str, taken: Mapping[str, Any] | Sequence[str]) -> str:
    """``name``, or ``name_1``, ``name_2``, … where it is taken."""
    if name not in taken:
        return name
    number = 1
    while f"{name}_{number}" in taken:
        number += 1
    return f"{name}_{number}"


def unique_names(things: Sequence[Any]) -> list[str]:
    """A name for each, all different."""
    names: dict[str, None] = {}
    numbers: dict[str, int] = {}
    for thing in things:
        name = made = name_of(thing)
        while made in names:
            numbers[name] = numbers.get(name, 0) + 1
            made = f"{name}_{numbers[name]}"
        names[made] = None
    return list(names)


def _bare(text: str) -> str:
    return text.casefold().strip(" \t\r\n.,;:!?\"'`*()[]")
