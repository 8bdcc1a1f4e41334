"""Agents as data: a file in, an agent out, and back again. Open ``schema/agent.py`` first: it says what there is.

A config holds an agent under the keywords of ``Agent``; what is left out is as there. In TOML:

.. code-block:: toml

    name = "desk"
    instructions = "You answer letters."      # or { file = "instructions.md" }
    model = "gpt-4.1-mini"                    # or a table: name, provider, temperature, max_tokens, base_url, options
    memory = "sqlite:./desk.db"               # or a table: backend, path, url, embedder, …
    runtime = "sqlite:./journal.db"           # or inproc, journaled, postgres://…
    tools = ["letters:send", "builtin:read"]  # module:name beside the file, or anywhere Python finds it
    approval_handler = "terminal"             # or deny, or module:name

    [architecture]                            # or its name alone: architecture = "rewoo"
    name = "reflexion"
    max_attempts = 2
    evaluator_model = "claude-haiku-4-5"

    [budget]
    max_cost_usd = 2.5
    per_user_max_tokens = 50_000
    max_wall_clock_minutes = 10

    [permissions]
    mode = "default"
    denied_tools = ["bash"]
    users.alice = { mode = "acceptEdits" }

    [audit_log]
    path = "audit.jsonl"
    secret = { env = "AUDIT_KEY" }

The members of a team are agents under their names, or files: ``[architecture.workers.writer]`` or ``workers.writer =
{ file = "writer.toml" }``; a member without a model takes its team's.

Secrets stand in a config by name: ``{ secret = "NAME" }`` (looked up in the agent's secrets) or ``{ env = "NAME" }``.
Whatever has no form of its own is made by your code: ``budget = { object = "package.module:name" }``.

A config is as powerful as a script. Its dotted paths are imported, its MCP servers started, and keys go to the servers
it names; so read one before you use it. ``from_config`` imports what it says, only after all of the file is valid, and
``loomlab run`` refuses what lies beyond the file's folder unless ``--trust`` is given.

>>> from loomlab import Agent
>>> agent = Agent.from_dict({"instructions": "Say it again.", "model": "echo", "architecture": "self-refine"})
>>> print(agent.to_toml(), end="")
instructions = "Say it again."
model = "echo"
architecture = "self-refine"
"""

from typing import TYPE_CHECKING

from loomlab.core.lazy import lazily as _lazily

if TYPE_CHECKING:
    from loomlab.agent.config.building import build_agent
    from loomlab.agent.config.files import Loaded, load, load_file, load_text
    from loomlab.agent.config.published import config_schema, schema_text
    from loomlab.agent.config.trust import reaches
    from loomlab.agent.config.writing import write_agent
    from loomlab.agent.config.writing_toml import to_toml

__all__ = [
    "Loaded",
    "build_agent",
    "config_schema",
    "load",
    "load_file",
    "load_text",
    "reaches",
    "schema_text",
    "to_toml",
    "write_agent",
]

__getattr__ = _lazily(
    __name__,
    {
        "Loaded": "files",
        "build_agent": "building",
        "config_schema": "published",
        "load": "files",
        "load_file": "files",
        "load_text": "files",
        "reaches": "trust",
        "schema_text": "published",
        "to_toml": "writing_toml",
        "write_agent": "writing",
    },
)


def __dir__() -> list[str]:
    return __all__
