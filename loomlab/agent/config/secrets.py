"""References to secrets: a name in the config, the value only in the agent."""

import os
from collections.abc import Mapping
from typing import Any

from loomlab.agent.config.schema.base import EnvRef, SecretRef
from loomlab.core.errors import ConfigError
from loomlab.core.protocols import Secrets


def value_of(given: Any, secrets: Secrets) -> Any:
    """What a reference stands for; anything else is its own value. ConfigError, naming it, where it is not there."""
    if isinstance(given, EnvRef):
        value = os.environ.get(given.env)
        if not value:
            raise ConfigError(f"the environment variable {given.env} is not set; set it before the start")
        return value
    if isinstance(given, SecretRef):
        value = secrets.lookup_sync(given.secret)
        if not value:
            raise ConfigError(
                f"there is no secret {given.secret!r}: set the environment variable {given.secret}, or give the agent "
                "secrets that know it"
            )
        return value
    return given


def values_of(given: Mapping[str, Any] | None, secrets: Secrets) -> dict[str, str]:
    """The same for each value of a mapping."""
    return {key: value_of(value, secrets) for key, value in (given or {}).items()}
