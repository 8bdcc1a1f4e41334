"""Swarm: peers that pass the task on, with nobody above them."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from typing import Any

from loomlab.architecture.bases import END, START, shape_of
from loomlab.architecture.handoff import Desk, handoff_of, transfer_name
from loomlab.architecture.workers import checked_workers, send
from loomlab.core.events import Event
from loomlab.core.nearest import did_you_mean
from loomlab.core.results import EndReason
from loomlab.core.session import AgentSession
from loomlab.core.shape import NodeKind, Shape
from loomlab.runtime import Run

TAKE_OVER = """\
{history}

You have taken over. Answer the user's request now; pass it on only where another agent is clearly better for it."""

NOBODY_ANSWERED = "Nobody answered: {path} passed the task on, and {last} could neither answer nor pass it on ({why})."


class Swarm:
    """One agent is active at a time; it answers, or hands the task to a peer by a tool.

    Use it when who should answer shows only on the way, as in a help desk. Costs the runs of those who had the task;
    an agent's run ends where it hands over.

    Source: the handoff pattern; OpenAI, "Orchestrating Agents: Routines and Handoffs" (Swarm), 2024.

    ``agents`` are peers by name: agents, or ``Handoff`` objects that say what is passed to them. As soon as one asks
    for typed input there is a tool ``transfer_to_<name>`` for each, else the one tool ``handoff_tool_name``. A handoff
    beyond ``max_handoffs``, or one that would go A, B, A, B (``detect_cycles``), is refused: the agent then has to
    answer itself (``ended`` is ``forced_answer``), and is stopped where it insists. ``pass_full_history=False`` passes
    only the last agent's words on.

    Raises ValueError without agents, for an unknown entry, a negative maximum and two tools of one name.
    """

    name = "swarm"

    def __init__(
        self,
        *,
        agents: Mapping[str, Any],
        entry_agent: str,
        max_handoffs: int = 8,
        detect_cycles: bool = True,
        pass_full_history: bool = True,
        handoff_tool_name: str = "handoff",
    ) -> None:
        self.peers = {name: handoff_of(one) for name, one in agents.items()}
        checked_workers(self.declared_workers(), "Swarm")
        if entry_agent not in self.peers:
            raise ValueError(f"Swarm: no agent is named {entry_agent!r} to begin; {did_you_mean(entry_agent, agents)}")
        if max_handoffs < 0:
            raise ValueError("Swarm: max_handoffs must be at least 0")
        names = [transfer_name(name, peer) for name, peer in self.peers.items()]
        if len(set(names)) < len(names):
            raise ValueError(f"Swarm: two agents have one tool name ({', '.join(names)}); set Handoff(tool_name=…)")
        self.entry_agent = entry_agent
        self.max_handoffs = max_handoffs
        self.detect_cycles = detect_cycles
        self.pass_full_history = pass_full_history
        self.handoff_tool_name = handoff_tool_name

    async def run(self, session: AgentSession, deps: Run, prompt: str) -> AsyncIterator[Event]:
        """Lead the run; the answer is that of the agent that did not hand over."""
        path = [self.entry_agent]
        history, task = [f"user: {prompt}"], prompt
        yield deps.note(session, "swarm.started", entry=self.entry_agent, agents=list(self.peers))
        while True:
            active = path[-1]
            yield deps.note(session, "swarm.active", agent=active, hop=len(path) - 1)
            desk = Desk(self.peers, active, self.handoff_tool_name, lambda target: self._forbidden(path, target))
            said = await send(
                deps,
                session,
                self.peers[active].agent,
                task,
                suffix=f"swarm_{active}_{len(path)}",
                blame=f"swarm:{active}",
                offering=desk.tools(),
                schema=deps.output_schema,
            )
            session.output = said or session.output
            if desk.refused is not None:
                yield deps.note(session, f"swarm.{desk.refused}", agent=active, path=path)
            if session.interrupted:
                yield deps.note(session, "swarm.peer_interrupted", agent=active, reason=session.interruption_reason)
            if desk.target is None or session.interrupted:
                break
            words = f"{active}: {said}" if said else ""
            note = f"{active} hands over to {desk.target}: {_payload(desk.payload)}"
            history += [one for one in (words, note) if one]
            task = self._task(history, [said, _payload(desk.payload)], desk, prompt)
            yield deps.note(session, "swarm.handoff", source=active, target=desk.target, payload=desk.payload)
            path.append(desk.target)
        if desk.refused is not None:
            session.ended = None if session.interrupted else EndReason.FORCED_ANSWER
            if not session.output:
                session.output = NOBODY_ANSWERED.format(path=" → ".join(path), last=active, why=desk.refused)
        yield deps.note(session, "swarm.completed", agent=active, handoffs=len(path) - 1)

    def _forbidden(self, path: list[str], target: str) -> tuple[str, str] | None:
        if self.detect_cycles and len(path) > 2 and path[-3:] == [path[-1], target, path[-1]]:
            return "cycle_detected", f"the task would go in a circle ({' → '.join([*path[-3:], target])})"
        if len(path) > self.max_handoffs:
            return "max_handoffs", f"the task has been handed over {len(path) - 1} times, and that is the most allowed"
        return None

    def _task(self, history: list[str], last: list[str], desk: Desk, prompt: str) -> str:
        chosen = self.peers[desk.target or ""].input_filter
        if chosen is not None:
            return chosen(list(history), dict(desk.payload))
        if self.pass_full_history:
            return TAKE_OVER.replace("{history}", "\n\n".join(history))
        return "\n\n".join(one for one in last if one) or prompt

    def declared_workers(self) -> Mapping[str, Any]:
        """The peers, by name."""
        return {name: peer.agent for name, peer in self.peers.items()}

    def shape(self) -> Shape:
        """Everybody may hand over to everybody."""
        edges = [(one, other, "handoff") for one in self.peers for other in self.peers if one != other]
        out = [(name, "end") for name in self.peers]
        workers: list[tuple[str, str, NodeKind]] = [(name, name, "worker") for name in self.peers]
        return shape_of([START, *workers, END], [("start", self.entry_agent, "entry"), *edges, *out])


def _payload(payload: Mapping[str, Any]) -> str:
    """What was passed on, as the next agent reads it: a message as it is, typed input as JSON."""
    if set(payload) == {"message"}:
        return str(payload["message"])
    return json.dumps(payload, ensure_ascii=False)
