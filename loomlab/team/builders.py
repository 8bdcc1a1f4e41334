"""Builders, one a kind of team."""

from collections.abc import Mapping, Sequence
from typing import Any, Unpack

from loomlab.agent.agent import Agent
from loomlab.architecture.actor_critic import ActorCritic
from loomlab.architecture.blackboard import BlackboardArchitecture
from loomlab.architecture.debate import MultiAgentDebate
from loomlab.architecture.router import Router, RouterRoute
from loomlab.architecture.supervisor import Supervisor
from loomlab.architecture.swarm import Swarm
from loomlab.core.protocols import Architecture, Model
from loomlab.team.options import AgentOptions


class Team:
    """Builders, one a kind of team. Each returns a plain ``Agent``: run it, stream it, put it into another team."""

    @staticmethod
    def supervisor(
        workers: Mapping[str, Any],
        *,
        instructions: str = "",
        base: Architecture | None = None,
        instructions_template: str | None = None,
        delegate_tool_name: str = "delegate",
        forward_tool_name: str = "forward_message",
        **options: Unpack[AgentOptions],
    ) -> Agent:
        """A manager that delegates to ``workers`` and answers from what they give; see ``Supervisor``."""
        team = Supervisor(
            workers=workers,
            base=base,
            instructions_template=instructions_template,
            delegate_tool_name=delegate_tool_name,
            forward_tool_name=forward_tool_name,
        )
        return Agent(instructions, architecture=team, **options)

    @staticmethod
    def swarm(
        agents: Mapping[str, Any],
        entry_agent: str,
        *,
        instructions: str = "",
        max_handoffs: int = 8,
        detect_cycles: bool = True,
        pass_full_history: bool = True,
        handoff_tool_name: str = "handoff",
        **options: Unpack[AgentOptions],
    ) -> Agent:
        """Peers (agents or ``Handoff`` objects) that pass the task on, from ``entry_agent`` on; see ``Swarm``."""
        team = Swarm(
            agents=agents,
            entry_agent=entry_agent,
            max_handoffs=max_handoffs,
            detect_cycles=detect_cycles,
            pass_full_history=pass_full_history,
            handoff_tool_name=handoff_tool_name,
        )
        return Agent(instructions, architecture=team, **options)

    @staticmethod
    def router(
        routes: Sequence[RouterRoute],
        *,
        instructions: str = "",
        fallback_route: str | None = None,
        require_confidence_above: float = 0.0,
        classifier_prompt: str | None = None,
        classifier_model: Model | str | None = None,
        **options: Unpack[AgentOptions],
    ) -> Agent:
        """One classifier call (by ``model``) picks the agent that answers; see ``Router``."""
        team = Router(
            routes=routes,
            fallback_route=fallback_route,
            require_confidence_above=require_confidence_above,
            classifier_prompt=classifier_prompt,
            classifier_model=classifier_model,
        )
        return Agent(instructions, architecture=team, **options)

    @staticmethod
    def debate(
        debaters: Sequence[Any],
        *,
        judge: Any | None = None,
        instructions: str = "",
        rounds: int = 2,
        convergence_check: bool = True,
        convergence_similarity: float = 0.85,
        debater_instructions: str | None = None,
        judge_instructions: str | None = None,
        **options: Unpack[AgentOptions],
    ) -> Agent:
        """Debaters argue over rounds; a judge, or the commonest answer, decides; see ``MultiAgentDebate``."""
        team = MultiAgentDebate(
            debaters=debaters,
            judge=judge,
            rounds=rounds,
            convergence_check=convergence_check,
            convergence_similarity=convergence_similarity,
            debater_instructions=debater_instructions,
            judge_instructions=judge_instructions,
        )
        return Agent(instructions, architecture=team, **options)

    @staticmethod
    def actor_critic(
        actor: Any,
        critic: Any,
        *,
        instructions: str = "",
        max_rounds: int = 3,
        approval_threshold: float = 0.9,
        critique_template: str | None = None,
        refine_template: str | None = None,
        **options: Unpack[AgentOptions],
    ) -> Agent:
        """``actor`` answers until ``critic`` is content; see ``ActorCritic``."""
        team = ActorCritic(
            actor=actor,
            critic=critic,
            max_rounds=max_rounds,
            approval_threshold=approval_threshold,
            critique_template=critique_template,
            refine_template=refine_template,
        )
        return Agent(instructions, architecture=team, **options)

    @staticmethod
    def blackboard(
        agents: Mapping[str, Any],
        *,
        coordinator: Any | None = None,
        decider: Any | None = None,
        instructions: str = "",
        max_rounds: int = 10,
        coordinator_instructions: str | None = None,
        decider_instructions: str | None = None,
        **options: Unpack[AgentOptions],
    ) -> Agent:
        """Agents add to one board, as ``coordinator`` says; see ``BlackboardArchitecture``."""
        team = BlackboardArchitecture(
            agents=agents,
            coordinator=coordinator,
            decider=decider,
            max_rounds=max_rounds,
            coordinator_instructions=coordinator_instructions,
            decider_instructions=decider_instructions,
        )
        return Agent(instructions, architecture=team, **options)
