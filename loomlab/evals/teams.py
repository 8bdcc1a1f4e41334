"""Teams as a suite file writes them: an architecture, and a table of workers."""

from collections.abc import Callable, Mapping
from typing import Any

from loomlab.architecture import (
    ActorCritic,
    BlackboardArchitecture,
    MultiAgentDebate,
    Router,
    RouterRoute,
    Supervisor,
    Swarm,
)
from loomlab.core.errors import ConfigError
from loomlab.core.nearest import did_you_mean
from loomlab.core.protocols import Architecture

WITHOUT_TOOLS = ("critic", "judge", "coordinator", "decider")
"""Workers of these names weigh what others did: they get the tools of a case only where the suite says so."""

Members = Mapping[str, Any]
Descriptions = Mapping[str, str]


def is_team(architecture: str) -> bool:
    """Whether an architecture of that name needs workers."""
    return _plain(architecture) in _BUILDERS


def build_team(
    architecture: str, members: Members, descriptions: Descriptions, options: Mapping[str, Any]
) -> Architecture:
    """The team. Raises ConfigError for members or options that it can't have."""
    name = _plain(architecture)
    try:
        return _BUILDERS[name](members, descriptions, dict(options))
    except TypeError as exc:
        raise ConfigError(f"architecture {name!r}: {_sentence(exc)}") from exc
    except ValueError as exc:
        raise ConfigError(f"architecture {name!r}: {exc}") from exc


def _plain(architecture: str) -> str:
    return architecture.strip().lower().replace("_", "-").replace(" ", "-")


def _sentence(exc: TypeError) -> str:
    return str(exc).replace(".__init__()", "").replace("got an unexpected keyword argument", "takes no option")


def _needs(members: Members, name: str, team: str) -> Any:
    if name not in members:
        hint = did_you_mean(name, members) if members else "there are none"
        raise ConfigError(f"architecture {team!r} needs a worker named {name!r}; {hint}")
    return members[name]


def _router(members: Members, descriptions: Descriptions, options: dict[str, Any]) -> Architecture:
    routes = [RouterRoute(name, agent, descriptions.get(name, "")) for name, agent in members.items()]
    return Router(routes=routes, **options)


def _supervisor(members: Members, _: Descriptions, options: dict[str, Any]) -> Architecture:
    return Supervisor(workers=members, **options)


def _actor_critic(members: Members, _: Descriptions, options: dict[str, Any]) -> Architecture:
    actor, critic = (_needs(members, name, "actor-critic") for name in ("actor", "critic"))
    return ActorCritic(actor=actor, critic=critic, **options)


def _debate(members: Members, _: Descriptions, options: dict[str, Any]) -> Architecture:
    debaters = [agent for name, agent in members.items() if name != "judge"]
    return MultiAgentDebate(debaters=debaters, judge=members.get("judge"), **options)


def _swarm(members: Members, _: Descriptions, options: dict[str, Any]) -> Architecture:
    entry = options.pop("entry_agent", next(iter(members), ""))
    return Swarm(agents=members, entry_agent=entry, **options)


def _blackboard(members: Members, _: Descriptions, options: dict[str, Any]) -> Architecture:
    others = {name: members[name] for name in ("coordinator", "decider") if name in members}
    agents = {name: agent for name, agent in members.items() if name not in others}
    return BlackboardArchitecture(agents=agents, **others, **options)


_BUILDERS: dict[str, Callable[[Members, Descriptions, dict[str, Any]], Architecture]] = {
    "router": _router,
    "supervisor": _supervisor,
    "actor-critic": _actor_critic,
    "debate": _debate,
    "swarm": _swarm,
    "blackboard": _blackboard,
}
