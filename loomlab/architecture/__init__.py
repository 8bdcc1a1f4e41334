"""Ways to think, one file each, behind one kwarg. Open ``react.py`` first; ``resolve.py`` maps names to them.

``asking.py`` and ``workers.py`` are what strategies share: asking a model, and asking other agents. Names load when
they are first used: who thinks one way need not load the others.
"""

from typing import TYPE_CHECKING

from loomlab.architecture.react import ReAct
from loomlab.architecture.resolve import resolve_architecture
from loomlab.architecture.self_refine import SelfRefine
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
    from loomlab.architecture.router import Router, RouterRoute
    from loomlab.architecture.supervisor import Supervisor
    from loomlab.architecture.swarm import Swarm

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
    "ReAct",
    "Router",
    "RouterRoute",
    "SelfRefine",
    "Supervisor",
    "Swarm",
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
        "Router": "router",
        "RouterRoute": "router",
        "Supervisor": "supervisor",
        "Swarm": "swarm",
    },
)
