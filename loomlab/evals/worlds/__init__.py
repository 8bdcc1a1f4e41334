"""Small worlds that tools act on, so that what an arm leaves behind can be compared. Open ``world.py`` first.

A case names its world and how it begins: ``metadata["world"] = {"name": "stockroom", "state": {...}}``. Every trial
acts on a copy of its own.
"""

from collections.abc import Mapping
from typing import Any

from loomlab.core.errors import ConfigError
from loomlab.core.nearest import did_you_mean
from loomlab.evals.case import Case
from loomlab.evals.worlds.stockroom import Stockroom
from loomlab.evals.worlds.world import World, replay, world_tools

WORLDS: dict[str, type[World]] = {"stockroom": Stockroom}
"""Every world that a case can name."""


def world_of(case: Case) -> World | None:
    """A fresh copy of the case's world, None where it has none. Raises ConfigError, naming the case, for a bad one."""
    given = case.metadata.get("world")
    if given is None:
        return None
    if not isinstance(given, Mapping) or not isinstance(given.get("state"), Mapping):
        raise ConfigError(f"the case {case.id!r} has metadata 'world' that is no name with a state")
    name: Any = given.get("name")
    if name not in WORLDS:
        raise ConfigError(f"the case {case.id!r} names the world {name!r}; {did_you_mean(str(name), WORLDS)}")
    return WORLDS[name](given["state"])


__all__ = ["WORLDS", "Stockroom", "World", "replay", "world_of", "world_tools"]
