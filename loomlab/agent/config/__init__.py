"""Agents as data: a file in, an agent out, and back again. Open ``schema/agent.py`` first: it says what there is.

A config has the keywords of ``Agent``; what is left out is as there. All of it, in TOML (JSON and YAML work as well):

```toml
name = "desk"
instructions = "You answer letters."       # or { file = "instructions.md" }
model = "gpt-4.1-mini"                     # or a table: name, provider, temperature, max_tokens, base_url, options
max_turns = 20
tools = ["letters:send", "builtin:read"]   # module:name, beside the file or wherever Python finds it; or a built-in
skills = ["./skills"]
memory = "sqlite:./desk.db"                # or a table: backend, path, url, embedder, with_facts …
auto_consolidate = false
auto_extract = true
runtime = "sqlite:./journal.db"            # or inproc, journaled, postgres://…
approval_handler = "terminal"              # or deny, or module:name
telemetry = "jsonl:./spans.jsonl"          # or otel, console
lineage = ["crm:", "files:"]
secrets = "env"
output_schema = "letters:Reply"            # or a list, of which one must fit
run_log = "./.loomlab"

[architecture]                             # or its name alone: architecture = "rewoo"
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

[hooks]
pre_tool = ["letters:look"]

[retry_policy]
max_attempts = 5

[audit_log]
path = "audit.jsonl"
secret = { env = "AUDIT_KEY" }

[freshness]
default = 3600                             # seconds
per_source = { "crm:" = 60 }

[[mcp]]
name = "search"
command = "search-server"
env = { SEARCH_KEY = { secret = "SEARCH_KEY" } }
```

Members of a team are agents in tables, ``[architecture.workers.writer]``, or in files, ``workers.writer = { file =
"writer.toml" }``. A member without model, secrets or approval handler takes its team's.

Secrets stand in a config by name: ``{ secret = "NAME" }`` is looked up in the agent's secrets, ``{ env = "NAME" }`` in
the environment. What has no form of its own is made by code: ``budget = { object = "package.module:name" }``.

A config is as powerful as a script: its dotted paths are imported, its MCP servers are started, and keys go to the
servers it names, so read one before you use it. Nothing is imported before all of it is valid. ``loomlab run`` refuses
what lies beyond the file's folder, and programs, unless ``--trust`` is given; ``from_config`` trusts whoever calls it.

```python
from loomlab import Agent

agent = Agent.from_dict({"instructions": "Say it again.", "model": "echo", "budget": {"max_tokens": 500}})
print((await agent.run("Hello!", user_id="alice")).output)
#> Echo: Hello!
print(agent.to_toml())
#> instructions = "Say it again."
#> model = "echo"
#>
#> [budget]
#> max_tokens = 500
#>
```
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
