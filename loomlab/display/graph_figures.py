"""Figures of the boxes and arrows of a graph, and how they are written on them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from loomlab.display import format as fmt
from loomlab.display.text import preview
from loomlab.graph import EdgeLight, Group, Node, NodeLight
from loomlab.graph.lights import State

_ENDS = ("start", "end")


@dataclass(slots=True)
class Figures:
    """What happened in one box, or in everything in a group. Times in milliseconds; ``cost_usd`` None: not known."""

    calls: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    cost_usd: float | None = 0.0
    ms: float = 0.0
    spans: float = 0.0
    visits: int = 0
    passed: bool = False
    active: int = 0
    denied: int = 0
    failed: int = 0
    stopped: int = 0
    tools: dict[str, int] = field(default_factory=dict)

    def add(self, other: "Figures") -> None:
        """Count another's in."""
        self.calls += other.calls
        self.tokens_in += other.tokens_in
        self.tokens_out += other.tokens_out
        self.cost_usd = None if self.cost_usd is None or other.cost_usd is None else self.cost_usd + other.cost_usd
        self.ms += other.ms
        self.active += other.active
        self.denied += other.denied
        self.failed += other.failed
        self.stopped += other.stopped
        for name, count in other.tools.items():
            self.tools[name] = self.tools.get(name, 0) + count

    @property
    def reached(self) -> bool:
        """Whether a run came here."""
        return bool(self.visits or self.calls or self.tools or self.active)


@dataclass(slots=True)
class Traffic:
    """How often an arrow was taken, and what went wrong on it."""

    count: int = 0
    denied: int = 0
    failed: int = 0
    stopped: int = 0


def node_light(figures: Figures, one: Node | Group) -> NodeLight:
    """A box as its run lights it up; a group has one line for everything in it."""
    if not figures.reached:
        return NodeLight("ok", (), "passed") if figures.passed else NodeLight()
    fault = _fault(figures.denied, figures.failed, figures.stopped)
    time, cost = _time(figures), _cost(figures.cost_usd)
    spent = _spent(figures)
    # What a strategy offers beside the agent's tools (to delegate, to hand over) is told by the arrows.
    own = figures.tools if isinstance(one, Group) or one.kind == "tools" else one.items
    said = {name: count for name, count in figures.tools.items() if name in own}
    if isinstance(one, Group):
        line = [spent, cost, time, fault]
        return NodeLight(
            _state(figures, own_faults=False), (_joined(line),), _words(figures, said, once=one.kind not in _ENDS)
        )
    tools = " · ".join(f"{preview(name, 40)} ×{count}" for name, count in said.items())
    if figures.calls:
        second = ["running …"] if figures.active else [fault, tools, time, cost] if fault else [tools, cost, time]
        first = [spent]
    else:
        first = [tools or f"×{max(1, figures.visits)}"]
        second = ["running …"] if figures.active else [fault, time]
    lines = tuple(line for line in (_joined(first), _joined(second)) if line)
    return NodeLight(_state(figures), lines, _words(figures, said, once=one.kind not in _ENDS))


def edge_light(traffic: Traffic, *, on: bool) -> EdgeLight:
    """An arrow as its run lights it up; ``on``: something is under way on it."""
    if not traffic.count:
        return EdgeLight()
    fault = _fault(traffic.denied, traffic.failed, traffic.stopped)
    bad: State = "no" if traffic.denied or traffic.failed else "hm" if traffic.stopped else "ok"
    return EdgeLight("on" if on else bad, traffic.count, fault)


def _state(figures: Figures, *, own_faults: bool = True) -> State:
    """``own_faults`` False: what went wrong inside stands there; the group is as it ended."""
    if figures.active:
        return "on"
    if own_faults and (figures.denied or figures.failed):
        return "no"
    return "hm" if figures.stopped else "ok"


def _fault(denied: int, failed: int, stopped: int) -> str:
    found = [(denied, "denied"), (failed, "failed")]
    bad = ", ".join(f"{count:,} {word}" for count, word in found if count)
    held = f"! {stopped:,} interrupted" if stopped else ""
    return _joined([f"✕ {bad}" if bad else "", held])


def _spent(figures: Figures) -> str:
    used = figures.tokens_in + figures.tokens_out
    return _joined(
        [fmt.plural(figures.calls, "call") if figures.calls else "", f"{fmt.count(used)} tok" if used else ""]
    )


def _time(figures: Figures) -> str:
    ms = figures.spans or figures.ms
    return fmt.duration(ms) if ms else ""


def _cost(usd: float | None) -> str:
    return "cost unknown" if usd is None else fmt.cost(usd) if usd else ""


def _words(figures: Figures, tools: Mapping[str, int], *, once: bool) -> str:
    parts = []
    if figures.calls:
        parts.append(fmt.plural(figures.calls, "model call"))
        parts.append(f"{fmt.count(figures.tokens_in)} tokens in, {fmt.count(figures.tokens_out)} out")
        parts.append("cost unknown" if figures.cost_usd is None else fmt.cost(figures.cost_usd))
    elif figures.visits and not tools and once:
        parts.append("once" if figures.visits == 1 else f"{figures.visits:,} times")
    parts += [f"{preview(name, 60)} {count:,} {'time' if count == 1 else 'times'}" for name, count in tools.items()]
    parts += [f"{count:,} {word}" for count, word in ((figures.denied, "denied"), (figures.failed, "failed")) if count]
    parts += [f"{figures.stopped:,} interrupted"] if figures.stopped else []
    parts += [_time(figures)] if _time(figures) else []
    parts += ["running now"] if figures.active else []
    return " · ".join(parts)


def _joined(parts: Iterable[str]) -> str:
    return " · ".join(part for part in parts if part)
