"""An agent from a config, and a config from an agent."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from loomlab.agent import config

if TYPE_CHECKING:
    from loomlab.agent.config.files import Loaded
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
        given = {"model": model, "memory": memory, "runtime": runtime, "tools": tools, **options}
        return cls._built(config.load(cfg), given)

    @classmethod
    def from_config(
        cls,
        path: str | os.PathLike[str] | Loaded,
        *,
        model: Any = None,
        memory: Any = None,
        runtime: Any = None,
        tools: Any = None,
        **options: Any,
    ) -> Self:
        """The agent in a TOML file (or a JSON or YAML one), as ``from_dict``. Relative paths start from its folder.

        A config is as powerful as a script: its dotted paths are imported, its MCP servers started, and keys go to the
        servers it names. Read one before you use it. What was read already (``loomlab.agent.config.load_file``) may
        stand in place of the path: it is then built as it was read, whatever became of the file.
        """
        given = {"model": model, "memory": memory, "runtime": runtime, "tools": tools, **options}
        return cls._built(path if isinstance(path, config.Loaded) else config.load_file(Path(path)), given)

    @classmethod
    def _built(cls, loaded: Loaded, given: Mapping[str, Any]) -> Self:
        agent: Self
        agent, agent._made = config.build_agent(cls, loaded, given)
        return agent

    def to_config(self, *, lossy: bool = False) -> dict[str, Any]:
        """This agent as data that ``from_dict`` makes again: what differs from the defaults, secrets by reference only.

        Raises ``ConfigError``, naming it, for a part that no config can make, such as a tool that is a lambda; with
        ``lossy`` it is left out.
        """
        return config.write_agent(self, lossy=lossy)[0]

    def to_toml(self, *, lossy: bool = False) -> str:
        """The same as the text of a file. With ``lossy``, comments say what is left out."""
        data, left_out = config.write_agent(self, lossy=lossy)
        return config.to_toml(data, comments=left_out)

    def config_parts(self) -> dict[str, Any]:
        """The parts of this agent by their keywords, as its config is made of them."""
        agent: Any = self
        given: Mapping[str, Any] = agent._given
        return {
            **dict.fromkeys(("skills", "freshness", "lineage")),
            **given,
            "instructions": agent._instructions,
            "model": agent._model,
            "runtime": agent._runtime,
            "budget": agent._budget,
            "permissions": agent._permissions,
            "hooks": agent._hooks,
            "tool_host": agent._tool_host,
            "telemetry": agent._telemetry,
            "audit_log": agent._audit_log,
            "architecture": agent._architecture,
            "retry_policy": agent._retry,
            "approval_handler": agent._approval_handler,
            "secrets": agent._secrets,
            "output_schema": agent._output_schema,
            "run_log": next(iter(agent._observers), None),
        }
