"""Supervisor: a manager that gives work to others and makes the answer of theirs."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

from loomlab.architecture.bases import END, START, default_base, shape_of
from loomlab.architecture.delegating import Delegation, Forwarded
from loomlab.architecture.workers import checked_worker, checked_workers, fill, roster
from loomlab.core.events import Event
from loomlab.core.messages import Message, Role
from loomlab.core.protocols import Architecture
from loomlab.core.session import AgentSession
from loomlab.core.shape import NodeKind, Shape
from loomlab.runtime import Run

TEAM_PROMPT = """\
You lead a team of workers:
{worker_descriptions}

Do not do the work yourself. Give each part to the worker who is best for it with the tool {delegate}; say all that \
the worker needs, for it sees neither this conversation nor the others' work. Call {delegate} several times in one \
turn for parts that do not depend on one another. Then answer the user from the workers' replies, or use {forward} \
where one worker's reply is already the whole answer."""


class Supervisor:
    """A manager works in a loop of its own and has two tools more: give work to a worker, pass on its reply unchanged.

    Use it when a task falls into parts for different specialists and somebody has to put them together. Costs a
    manager's call for each round of delegations and one to answer (none when a reply is forwarded), and the workers'
    runs; delegations of one turn run in parallel.

    Source: the orchestrator-workers pattern (Anthropic, "Building effective agents", 2024), with forwarding against
    lossy retelling.

    ``base`` is the manager's own strategy (default: ReAct). ``instructions_template`` is added to its instructions and
    may use ``{worker_descriptions}``, ``{delegate}`` and ``{forward}``. A worker that is interrupted interrupts the
    team; one that raises raises here.

    Raises ValueError without workers, and for a name that is no identifier.
    """

    name = "supervisor"

    def __init__(
        self,
        *,
        workers: Mapping[str, Any],
        base: Architecture | None = None,
        instructions_template: str | None = None,
        delegate_tool_name: str = "delegate",
        forward_tool_name: str = "forward_message",
    ) -> None:
        if delegate_tool_name == forward_tool_name:
            raise ValueError(f"Supervisor: both tools are named {forward_tool_name!r}")
        self._workers = checked_workers(workers, "Supervisor")
        for name in self._workers:
            _checked_name(name)
        self.base = base or default_base()
        self.instructions_template = TEAM_PROMPT if instructions_template is None else instructions_template
        self.delegate_tool_name = delegate_tool_name
        self.forward_tool_name = forward_tool_name

    def add_worker(self, name: str, agent: Any) -> None:
        """Add a worker, or replace the one of that name, for the runs that begin from now on."""
        self._workers = {**self._workers, _checked_name(name): checked_worker(agent, f"Supervisor: worker {name!r}")}

    def remove_worker(self, name: str) -> Any | None:
        """Take a worker away, for the runs that begin from now on; the worker, or None where there was none."""
        removed = self._workers.get(name)
        self._workers = {other: agent for other, agent in self._workers.items() if other != name}
        return removed

    async def run(self, session: AgentSession, deps: Run, prompt: str) -> AsyncIterator[Event]:
        """Lead the run; what the manager says last, or forwards, is the answer."""
        workers = self._workers
        yield deps.note(session, "supervisor.workers_ready", workers=list(workers))
        own = session.instructions
        delegation = Delegation(session, workers, self.delegate_tool_name, self.forward_tool_name)
        if workers:
            team = fill(
                self.instructions_template,
                worker_descriptions=roster(workers),
                delegate=self.delegate_tool_name,
                forward=self.forward_tool_name,
            )
            session.instructions = f"{own}\n\n{team}".strip()
        try:
            with deps.offering(*delegation.tools()):
                async for event in self.base.run(session, deps, prompt):
                    yield event
        except Forwarded as forwarded:
            session.output = delegation.said[forwarded.worker]
            _close(session)
            yield deps.note(session, "supervisor.forwarded", worker=forwarded.worker)
        finally:
            session.instructions = own
        yield deps.note(session, "supervisor.completed", delegations=delegation.count)

    def declared_workers(self) -> Mapping[str, Any]:
        """The workers, by name."""
        return dict(self._workers)

    def shape(self) -> Shape:
        """The manager's loop, with its workers as its tools."""
        nodes: list[tuple[str, str, NodeKind]] = [START, ("base", "manager", "base")]
        edges: list[tuple[str, str] | tuple[str, str, str]] = [("start", "base")]
        for name in self._workers:
            nodes.append((name, name, "worker"))
            edges += [("base", name, f"delegate: {name}"), (name, "base", "reply"), (name, "end", f"forward: {name}")]
        return shape_of([*nodes, END], [*edges, ("base", "end")])


def _checked_name(name: str) -> str:
    if not name.isidentifier():
        raise ValueError(
            f"Supervisor: {name!r} is no name for a worker; take an identifier (letters, digits, '_'), for the manager "
            "writes it in its tool calls"
        )
    return name


def _close(session: AgentSession) -> None:
    """Let the conversation end with the answer: a turn whose tool calls nobody answered is no conversation."""
    while session.messages and session.messages[-1].tool_calls:
        session.messages.pop()
    session.messages.append(Message(role=Role.ASSISTANT, content=session.output))
