"""``%%loom config [NAME]``: the config of an agent, edited in a cell; the agent is bound to the name."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from loomlab.agent import Agent, config
from loomlab.core.errors import ConfigError
from loomlab.display.config import config_changes, config_html, config_text
from loomlab.notebook.face import Face
from loomlab.notebook.names import find, is_agent
from loomlab.notebook.notebook import Notebook
from loomlab.notebook.options import split

OF = "%%loom config"
WORD = "config"


def is_config_cell(line: str) -> bool:
    """Whether a cell's first line asks for this."""
    return line.split(maxsplit=1)[:1] == [WORD]


def run_config_cell(notebook: Notebook, line: str, body: str) -> Face:
    """Make the agent that the cell describes; with nothing in the cell, show the config of the one there is."""
    __tracebackhide__ = True
    words = split(line)[1:]
    if len(words) > 1 or (words and not words[0].isidentifier()):
        raise ConfigError(f"{OF} takes the name of a variable: {OF} my_agent, not {' '.join(words)!r}")
    name = words[0] if words else None
    if not body.strip():
        return config_face(notebook, name)
    # The line of the magic counts, so that errors name lines as the cell shows them.
    loaded = config.load_text(f"\n{body}", folder=Path.cwd())
    name = name or _variable(loaded.table.name)
    options = {} if loaded.table.model is not None else {"model": notebook.model_for(None)}
    agent: Agent
    agent, agent._made = config.build_agent(Agent, loaded, options)
    before = notebook.space.get(name)
    notebook.shell.user_ns[name] = agent
    now, left_out = config.write_agent(agent, lossy=True)
    text = config.to_toml(now, comments=left_out)
    if is_agent(before):
        changes = config_changes(config.write_agent(before, lossy=True)[0], now)
        said = f"{name}: {_what(agent)} · {_changed(len(changes))}"
        return Face(config_html(said, changes, text), config_text(said, changes, text))
    said = f"{name}: {_what(agent)} · new"
    return Face(config_html(said, [], text), config_text(said, [], text))


def config_face(notebook: Notebook, name: str | None) -> Face:
    """The config of an agent of the notebook. ConfigError where there is none of that name."""
    if name is None:
        raise ConfigError(
            f'this cell is empty; write the agent below {OF} NAME (instructions = "…"), or name one to see its config'
        )
    agent: Agent = find(name, notebook.space, is_agent, "agent")
    data, left_out = config.write_agent(agent, lossy=True)
    text = config.to_toml(data, comments=left_out)
    said = f"{name}: {_what(agent)}"
    return Face(config_html(said, [], text, folded=False), config_text(said, [], text, folded=False))


def _variable(name: str | None) -> str:
    return name if name is not None and name.isidentifier() else "agent"


def _what(agent: Agent) -> str:
    members: Mapping[str, Any] = agent.architecture.declared_workers()
    team = f" · {len(members)} members" if members else ""
    return f"{agent.architecture.name} · {agent.model.name}{team}"


def _changed(count: int) -> str:
    return "nothing changed" if not count else "1 change" if count == 1 else f"{count} changes"
