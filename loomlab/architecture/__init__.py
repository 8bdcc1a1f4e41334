"""Ways to think, one file each, behind one kwarg. Open ``react.py`` first; ``resolve.py`` maps names to them.

``asking.py`` and ``workers.py`` are what strategies share: asking a model, and asking other agents. Names load when
they are first used: who thinks one way need not load the others.
"""

from typing import TYPE_CHECKING

from loomlab.architecture.react import ReAct
from loomlab.architecture.resolve import resolve_architecture
from loomlab.core.lazy import lazily as _lazily
from loomlab.core.protocols import Architecture
from loomlab.core.session import AgentSession
from loomlab.runtime import Run as Dependencies

if TYPE_CHECKING:
    from loomlab.architecture.actor_critic import ActorCritic
    from loomlab.architecture.blackboard import BlackboardArchitecture
    from loomlab.architecture.blackboard_state import Blackboard, BlackboardEntry
    from loomlab.architecture.debate import MultiAgentDebate
    from loomlab.architecture.handoff import Handoff
    from loomlab.architecture.plan import Plan, PlanStep, StepResult
    from loomlab.architecture.plan_and_execute import PlanAndExecute
    from loomlab.architecture.reflexion import Reflexion
    from loomlab.architecture.rewoo import ReWOO
    from loomlab.architecture.rewoo_plan import ReWOOPlan, ReWOOStep
    from loomlab.architecture.rewoo_steps import ReWOOStepResult
    from loomlab.architecture.router import Router, RouterRoute
    from loomlab.architecture.self_refine import SelfRefine
    from loomlab.architecture.supervisor import Supervisor
    from loomlab.architecture.swarm import Swarm
    from loomlab.architecture.thoughts import ThoughtNode
    from loomlab.architecture.tree_of_thoughts import TreeOfThoughts

__all__ = [
    "ActorCritic",
    "AgentSession",
    "Architecture",
    "Blackboard",
    "BlackboardArchitecture",
    "BlackboardEntry",
    "Dependencies",
    "Handoff",
    "MultiAgentDebate",
    "Plan",
    "PlanAndExecute",
    "PlanStep",
    "ReAct",
    "ReWOO",
    "ReWOOPlan",
    "ReWOOStep",
    "ReWOOStepResult",
    "Reflexion",
    "Router",
    "RouterRoute",
    "SelfRefine",
    "StepResult",
    "Supervisor",
    "Swarm",
    "ThoughtNode",
    "TreeOfThoughts",
    "resolve_architecture",
]

__getattr__ = _lazily(
    __name__,
    {
        "ActorCritic": "actor_critic",
        "Blackboard": "blackboard_state",
        "BlackboardArchitecture": "blackboard",
        "BlackboardEntry": "blackboard_state",
        "Handoff": "handoff",
        "MultiAgentDebate": "debate",
        "Plan": "plan",
        "PlanAndExecute": "plan_and_execute",
        "PlanStep": "plan",
        "ReWOO": "rewoo",
        "ReWOOPlan": "rewoo_plan",
        "ReWOOStep": "rewoo_plan",
        "ReWOOStepResult": "rewoo_steps",
        "Reflexion": "reflexion",
        "Router": "router",
        "RouterRoute": "router",
        "SelfRefine": "self_refine",
        "StepResult": "plan",
        "Supervisor": "supervisor",
        "Swarm": "swarm",
        "ThoughtNode": "thoughts",
        "TreeOfThoughts": "tree_of_thoughts",
    },
)
