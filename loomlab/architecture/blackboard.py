"""Blackboard: agents work on one board; a coordinator says whose turn it is, a decider what comes of it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

from loomlab.architecture.bases import END, START, shape_of
from loomlab.architecture.blackboard_state import Blackboard, Decision, decision_among
from loomlab.architecture.workers import checked_worker, checked_workers, consult, roster, send
from loomlab.core.events import Event
from loomlab.core.nearest import did_you_mean
from loomlab.core.session import AgentSession
from loomlab.core.shape import NodeKind, Shape
from loomlab.runtime import Run

AGENT_PROMPT = """\
You work with others on one blackboard. Add what only you can add: new facts, a step, a fault you see. Do not repeat \
what is there. Begin a line with "Private:" to keep it to yourself, and begin your text with "Answer:" when it \
settles the whole task."""

COORDINATOR_PROMPT = """\
You coordinate agents who work on one blackboard. Say who is next and what to do, or end the work when the board \
settles the task. Reply with one JSON object and nothing else. Its fields: "terminate", true if the board settles the \
task, else false; "next_agent", the name of the agent who is next; "instruction", what that agent is to add."""

DECIDER_PROMPT = """\
Agents worked on the task on one blackboard. Give the final answer to the task from what the board holds, complete \
and without telling how it came about."""


class BlackboardArchitecture:
    """Agents add to a shared board, one at a time, until the coordinator says that the task is settled.

    Use it when nobody knows beforehand whose knowledge is needed, and each contribution changes what comes next. Costs
    a coordinator's and an agent's run a round, and one for the decider.

    Source: the blackboard pattern; Erman, Hayes-Roth, Lesser & Reddy, "The Hearsay-II Speech-Understanding System",
    ACM Computing Surveys, 1980.

    Without ``coordinator`` the agents take turns until one posts an answer or ``max_rounds`` is reached, as they do in
    a round whose decision cannot be read (event ``parse.failed``). An unknown agent is an entry of kind ``error`` and
    skips the round. Without ``decider`` the last entry of kind ``answer`` is the output, else the last contribution.

    Raises ValueError without agents, for reserved names, and for a number of rounds below 1.
    """

    name = "blackboard"

    def __init__(
        self,
        *,
        agents: Mapping[str, Any],
        coordinator: Any | None = None,
        decider: Any | None = None,
        max_rounds: int = 10,
        coordinator_instructions: str | None = None,
        decider_instructions: str | None = None,
    ) -> None:
        self.agents = checked_workers(agents, "BlackboardArchitecture")
        for name in ("__coordinator", "__decider"):
            if name in self.agents:
                raise ValueError(f"BlackboardArchitecture: {name!r} is taken; give the agent another name")
        if max_rounds < 1:
            raise ValueError("BlackboardArchitecture: max_rounds must be at least 1")
        self.coordinator = None if coordinator is None else checked_worker(coordinator, "Blackboard: the coordinator")
        self.decider = None if decider is None else checked_worker(decider, "Blackboard: the decider")
        self._decision = decision_among(self.agents)
        self.max_rounds = max_rounds
        self.coordinator_instructions = coordinator_instructions or COORDINATOR_PROMPT
        self.decider_instructions = decider_instructions or DECIDER_PROMPT

    async def run(self, session: AgentSession, deps: Run, prompt: str) -> AsyncIterator[Event]:
        """Lead the run; the decider's word, or the last answer on the board, is the answer."""
        board, names, turn = Blackboard(), list(self.agents), 0
        yield deps.note(session, "blackboard.started", agents=names)
        for n in range(1, self.max_rounds + 1):
            decision = Decision(terminate=False, next_agent=names[turn % len(names)])
            if self.coordinator is not None:
                decision = await self._decided(deps, session, prompt, board, n) or decision
                if session.interrupted:
                    break
                yield deps.note(session, "blackboard.coordinator_decided", round=n, **decision.model_dump())
            name = decision.next_agent
            if decision.terminate:
                break
            if not name:
                yield deps.note(session, "blackboard.no_contributor", round=n)
                break
            if name not in self.agents:
                hint = did_you_mean(name, names)
                board.post("blackboard", f"round {n}: there is no agent {name!r}; {hint}", kind="error")
                yield deps.note(session, "blackboard.unknown_agent", round=n, agent=name)
                continue
            turn = names.index(name) + 1
            yield deps.note(session, "blackboard.invoking", round=n, agent=name, instruction=decision.instruction)
            now = decision.instruction and f"Do this now:\n{decision.instruction}"
            task, blame = _sheet(AGENT_PROMPT, prompt, board, name, now), f"specialist:{name}"
            text = await send(deps, session, self.agents[name], task, suffix=f"bb_{name}_round_{n}", blame=blame)
            if decision.instruction:
                board.post("coordinator", decision.instruction, kind="instruction", private_to=name)
            kind = board.take(name, text)
            yield deps.note(session, "blackboard.contribution", round=n, agent=name, content_kind=kind, content=text)
            if session.interrupted or (self.coordinator is None and kind == "answer"):
                break
        session.output = board.settled()
        if self.decider is not None and not session.interrupted:
            task, form = _sheet(self.decider_instructions, prompt, board, "__decider"), deps.output_schema
            blame = "specialist:__decider"
            session.output = await send(
                deps, session, self.decider, task, suffix="bb_decider", blame=blame, schema=form
            )
        yield deps.note(session, "blackboard.completed", rounds=n, entries=len(board.public))

    async def _decided(
        self, deps: Run, session: AgentSession, prompt: str, board: Blackboard, n: int
    ) -> Decision | None:
        more = (f"Agents:\n{roster(self.agents)}", f"Round {n} of at most {self.max_rounds}.")
        task, role = _sheet(self.coordinator_instructions, prompt, board, "__coordinator", *more), "coordinator"
        suffix, blame = f"bb_coord_round_{n}", "specialist:__coordinator"
        asked = consult(deps, session, self.coordinator, task, self._decision, role=role, suffix=suffix, blame=blame)
        return (await asked).value

    def declared_workers(self) -> Mapping[str, Any]:
        """The agents, and ``__coordinator`` and ``__decider`` where there are any."""
        others = {"__coordinator": self.coordinator, "__decider": self.decider}
        return {**self.agents, **{name: one for name, one in others.items() if one is not None}}

    def shape(self) -> Shape:
        """The board in the middle."""
        nodes: list[tuple[str, str, NodeKind]] = [START, ("board", "blackboard", "memory")]
        edges: list[tuple[str, str] | tuple[str, str, str]] = []
        first, last, asks = "board", "board", "in turn" if self.coordinator is None else "coordinates"
        if self.coordinator is not None:
            first = "__coordinator"
            nodes.append((first, "coordinator", "worker"))
            edges.append(("board", first, "reads"))
        for name in self.agents:
            nodes.append((name, name, "worker"))
            edges += [(first, name, asks), (name, "board", "reads/writes")]
        if self.decider is not None:
            last = "__decider"
            nodes.append((last, "decider", "worker"))
            edges.append(("board", last, "synthesizes"))
        return shape_of([*nodes, END], [("start", first), *edges, (last, "end")])


def _sheet(instructions: str, task: str, board: Blackboard, reader: str, *more: str) -> str:
    parts = (instructions, f"Task:\n{task}", f"Blackboard:\n{board.render_for(reader)}", *more)
    return "\n\n".join(part for part in parts if part)
