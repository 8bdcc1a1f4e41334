"""What every architecture promises, tried on the twelve, on some inside others, and on one of three methods.

The tests and their assertions are inherited: pytest runs those of the published suite for every class here. That the
suite itself can fail is shown in ``tests/testing``, on parts that break one promise each.
"""

from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

from loomlab import Agent, Event, Workflow
from loomlab.architecture import (
    ActorCritic,
    AgentSession,
    Architecture,
    BlackboardArchitecture,
    Dependencies,
    MultiAgentDebate,
    PlanAndExecute,
    ReAct,
    Reflexion,
    ReWOO,
    Router,
    RouterRoute,
    SelfRefine,
    Supervisor,
    Swarm,
    TreeOfThoughts,
)
from loomlab.testing import ArchitectureContract

Worker = Callable[..., Agent]


class TestReAct(ArchitectureContract):
    def architecture(self, worker: Worker) -> Architecture:
        return ReAct()


class TestSelfRefine(ArchitectureContract):
    def architecture(self, worker: Worker) -> Architecture:
        return SelfRefine(max_rounds=2)


class TestReflexion(ArchitectureContract):
    def architecture(self, worker: Worker) -> Architecture:
        return Reflexion(max_attempts=2)


class TestPlanAndExecute(ArchitectureContract):
    def architecture(self, worker: Worker) -> Architecture:
        return PlanAndExecute()


class TestReWOO(ArchitectureContract):
    def architecture(self, worker: Worker) -> Architecture:
        return ReWOO()


class TestTreeOfThoughts(ArchitectureContract):
    acts = False

    def architecture(self, worker: Worker) -> Architecture:
        return TreeOfThoughts(max_depth=2)


class TestRouter(ArchitectureContract):
    def architecture(self, worker: Worker) -> Architecture:
        return Router(routes=[RouterRoute("ana", worker("ana")), RouterRoute("bob", worker("bob"))])


class TestSupervisor(ArchitectureContract):
    def architecture(self, worker: Worker) -> Architecture:
        return Supervisor(workers={"ana": worker("ana"), "bob": worker("bob")})


class TestActorCritic(ArchitectureContract):
    def architecture(self, worker: Worker) -> Architecture:
        return ActorCritic(actor=worker("actor"), critic=worker("critic"), max_rounds=2)


class TestMultiAgentDebate(ArchitectureContract):
    def architecture(self, worker: Worker) -> Architecture:
        debaters = [worker("ana"), worker("bob")]
        return MultiAgentDebate(debaters=debaters, judge=worker("judge"), convergence_check=False)


class TestSwarm(ArchitectureContract):
    def architecture(self, worker: Worker) -> Architecture:
        return Swarm(agents={"ana": worker("ana"), "bob": worker("bob")}, entry_agent="ana")


class TestBlackboard(ArchitectureContract):
    def architecture(self, worker: Worker) -> Architecture:
        agents = {"ana": worker("ana"), "bob": worker("bob")}
        return BlackboardArchitecture(agents=agents, coordinator=worker("lead"), decider=worker("end"), max_rounds=2)


class TestReflexionOfSupervisor(ArchitectureContract):
    def architecture(self, worker: Worker) -> Architecture:
        return Reflexion(base=Supervisor(workers={"ana": worker("ana")}), max_attempts=2)


class TestSupervisorOfSupervisors(ArchitectureContract):
    def architecture(self, worker: Worker) -> Architecture:
        team = worker("team", architecture=Supervisor(workers={"ana": worker("ana")}))
        return Supervisor(workers={"team": team})


class TestRouterOfPlanAndExecute(ArchitectureContract):
    def architecture(self, worker: Worker) -> Architecture:
        return Router(routes=[RouterRoute("plan", worker("planner", architecture=PlanAndExecute()))])


class TestActorCriticInAWorkflow(ArchitectureContract):
    def architecture(self, worker: Worker) -> Architecture:
        pair = worker("pair", architecture=ActorCritic(actor=worker("actor"), critic=worker("critic"), max_rounds=1))
        return Router(routes=[RouterRoute("flow", Workflow.chain([pair, worker("editor")]))])


class Twice:
    """Ask, then ask whether that was right: three members are all it takes."""

    name = "twice"

    async def run(self, session: AgentSession, deps: Dependencies, prompt: str) -> AsyncIterator[Event]:
        session.messages = (await deps.recall(session, prompt)).messages(session.instructions, prompt)
        for _ in range(2):
            reply = await deps.ask(session, tools=True)
            session.messages.append(reply.message())
            await deps.act(session, reply.tool_calls)
        session.output = reply.text
        yield deps.note(session, "twice.answered")

    def declared_workers(self) -> Mapping[str, Any]:
        return {}


class TestCustom(ArchitectureContract):
    def architecture(self, worker: Worker) -> Architecture:
        return Twice()
