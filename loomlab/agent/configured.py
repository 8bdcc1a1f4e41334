"""An agent from a config, and a config from an agent."""

from __future__ import annotations

import os
from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from loomlab.agent.config.made import Made


class Configured:
    """What makes an agent of data, and data of an agent."""

    _made: Made | None = None

    @classmethod
    def from_dict(
        cls,
        cfg: Mapping[str, Any],
        *,
        model: Any = None,
        memory: Any = None,
        runtime: Any = None,
        tools: Any = None,
        **options: Any,
    ) -> Self:
        """The agent that a mapping describes; ``loomlab.agent.config`` says what may stand in one.

        Keywords are those of ``Agent`` and win over ``cfg``. Relative paths start from the working directory. Nothing
        is imported or connected before all of it is valid. Raises ``ConfigError`` that says which key is wrong, what
        stands there, and what it takes.
        """
        config: Any = import_module("loomlab.agent.config")
        given = {"model": model, "memory": memory, "runtime": runtime, "tools": tools, **options}
        agent, agent._made = config.build_agent(cls, config.load(cfg), given)
        made: Self = agent
        return made

    @classmethod
    def from_config(
        cls,
        path: str | os.PathLike[str],
        *,
        model: Any = None,
        memory: Any = None,
        runtime: Any = None,
        tools: Any = None,
        **options: Any,
    ) -> Self:
        """The agent in a TOML file (or a JSON or YAML one), as ``from_dict``. Relative paths start from its folder.

        A config is as powerful as a script: its dotted paths are imported, its MCP servers started, and keys go to the
        servers it names. Read one before you use it.
        """
        config: Any = import_module("loomlab.agent.config")
        given = {"model": model, "memory": memory, "runtime": runtime, "tools": tools, **options}
        agent, agent._made = config.build_agent(cls, config.load_file(path), given)
        made: Self = agent
        return made
