"""From a name to a strategy."""

from importlib import import_module
from inspect import signature
from typing import Any

from loomlab.core.errors import ConfigError
from loomlab.core.nearest import did_you_mean
from loomlab.core.protocols import Architecture

ARCHITECTURES: dict[str, tuple[str, str]] = {
    "react": ("react", "ReAct"),
    "self-refine": ("self_refine", "SelfRefine"),
    "reflexion": ("reflexion", "Reflexion"),
    "plan-and-execute": ("plan_and_execute", "PlanAndExecute"),
    "rewoo": ("rewoo", "ReWOO"),
    "tree-of-thoughts": ("tree_of_thoughts", "TreeOfThoughts"),
}
"""The strategies that a name alone can build: where each lives and what it is called there."""

TEAMS = {
    "router": "Team.router(routes=[RouterRoute(name, agent), …])",
    "supervisor": "Team.supervisor(workers={name: agent, …})",
    "actor-critic": "Team.actor_critic(actor=agent, critic=agent)",
    "debate": "Team.debate(debaters=[agent, agent, …])",
    "swarm": "Team.swarm(agents={name: agent, …}, entry_agent=name)",
    "blackboard": "Team.blackboard(agents={name: agent, …})",
}
"""The strategies that need other agents, and how to build them."""


def resolve_architecture(spec: Any = None, **options: Any) -> Architecture:
    """The architecture for a name, an instance (returned as it is), or None (ReAct). ``options`` go to the class.

    Raises ``ConfigError`` for an unknown name or option, naming the nearest.
    """
    if spec is None:
        spec = "react"
    if isinstance(spec, str):
        name = spec.strip().lower().replace("_", "-").replace(" ", "-")
        if name in TEAMS:
            raise ConfigError(
                f"architecture {name!r} sends work to other agents, so a name alone can't build it: use {TEAMS[name]} "
                "from loomlab.team, or pass an instance from loomlab.architecture"
            )
        if name not in ARCHITECTURES:
            raise ConfigError(f"unknown architecture {spec!r}: {did_you_mean(name, [*ARCHITECTURES, *TEAMS])}")
        module, kind = ARCHITECTURES[name]
        build = getattr(import_module(f"loomlab.architecture.{module}"), kind)
        for option in options:
            known = list(signature(build).parameters)
            if option not in known:
                raise ConfigError(f"architecture {name!r} takes no {option!r}: {did_you_mean(option, known)}")
        try:
            architecture: Architecture = build(**options)
            return architecture
        except (TypeError, ValueError) as exc:
            raise ConfigError(f"architecture {name!r}: {exc}") from exc
    if options:
        raise ConfigError("options go with the name of an architecture; set them on the instance instead")
    if isinstance(spec, type) or not all(hasattr(spec, member) for member in ("name", "run", "declared_workers")):
        raise ConfigError(
            "architecture must be a name or an instance with name, run() and declared_workers(), "
            f"not {spec if isinstance(spec, type) else type(spec).__name__}"
        )
    given: Architecture = spec
    return given
