"""An agent from a file: everything that it may say, and what is said where something is wrong."""

import json
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import anyio
import pytest

from loomlab import Agent, ConfigError
from loomlab.data import FreshnessPolicy, LineagePolicy
from loomlab.governance import RetryPolicy
from loomlab.model.sampled import Sampled
from loomlab.security import EnvSecrets, FileAuditLog, HookRegistry, PerUserPermissions, StandardPermissions


def write(folder: Path, text: str, name: str = "agent.toml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def ask(agent: Agent, prompt: str) -> str:
    return anyio.run(lambda: agent.run(prompt, user_id="alice")).output


def test_a_small_file_is_an_agent(folder: Path) -> None:
    agent = Agent.from_config(write(folder, 'instructions = "Say it again."\nmodel = "echo"\n'))
    assert agent.instructions == "Say it again."
    assert ask(agent, "hi") == "Echo: hi"


def test_every_layer_can_be_set(folder: Path, code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUDIT_KEY", "key-of-the-audit")
    text = f"""
name = "desk"
instructions = {{ file = "instructions.md" }}
model = {{ name = "echo", temperature = 0.5, max_tokens = 9, options = {{ prefix = "> " }} }}
max_turns = 7
auto_consolidate = true
auto_extract = false
memory = "sqlite:bot.db"
tools = ["{code}:shout", "{code}:wipe"]
approval_handler = "{code}:approve"
output_schema = ["{code}:Letter", "{code}:Note"]
lineage = ["crm:"]
runtime = "inproc"
telemetry = "jsonl:spans.jsonl"
secrets = "env"

[budget]
max_tokens = 1
max_input_tokens = 2
max_output_tokens = 3
max_cost_usd = 4
max_wall_clock_minutes = 1.5
per_user_max_tokens = 6
per_user_max_input_tokens = 7
per_user_max_output_tokens = 8
per_user_max_cost_usd = 9.5
per_user_max_wall_clock_minutes = 10
soft_warning_at = 0.5

[permissions]
mode = "acceptEdits"
denied_tools = ["bash"]
[permissions.users.alice]
allowed_tools = ["shout"]

[retry_policy]
max_attempts = 5
jitter = 0

[hooks]
pre_tool = ["{code}:look"]
timeout_seconds = 2

[audit_log]
path = "audit/log.jsonl"
secret = {{ env = "AUDIT_KEY" }}

[freshness]
default = 60
per_source = {{ "crm:" = 5 }}
"""
    (folder / "instructions.md").write_text("Answer letters.", encoding="utf-8")
    agent = Agent.from_config(write(folder, text))
    parts = agent.config_parts()
    assert (agent.name, agent.instructions, agent.max_turns, agent.auto_consolidate) == (
        "desk",
        "Answer letters.",
        7,
        True,
    )
    assert isinstance(agent.model, Sampled) and agent.model.fixed == {"temperature": 0.5, "max_tokens": 9}
    assert anyio.run(agent.model.complete, [])[0] == "> "
    memory: Any = agent.memory
    assert memory.path == str(folder / "bot.db")
    assert anyio.run(agent.tools_list) == ["shout", "wipe_all"]
    budget: Any = agent.budget
    assert budget.config.max_wall_clock == timedelta(seconds=90)
    assert budget.config.per_user_max_wall_clock == timedelta(minutes=10)
    assert [
        getattr(budget.config, f"{who}max_{what}")
        for who in ("", "per_user_")
        for what in ("tokens", "input_tokens", "output_tokens", "cost_usd")
    ] == [1, 2, 3, 4, 6, 7, 8, 9.5]
    assert budget.config.soft_warning_at == 0.5
    assert isinstance(agent.permissions, PerUserPermissions)
    alice, everybody = agent.permissions.policies["alice"], agent.permissions.default
    assert isinstance(alice, StandardPermissions) and alice.allowed_tools == {"shout"} and not alice.denied_tools
    assert isinstance(everybody, StandardPermissions) and everybody.denied_tools == {"bash"}
    assert parts["retry_policy"] == RetryPolicy(max_attempts=5, jitter=0)
    assert isinstance(agent.hooks, HookRegistry) and len(agent.hooks.pre_tool_hooks) == 1
    assert agent.hooks.hook_timeout_s == 2
    assert isinstance(agent.audit_log, FileAuditLog) and agent.audit_log.path == folder / "audit/log.jsonl"
    here = sys.modules[code]
    assert parts["approval_handler"] is here.approve and parts["output_schema"] == here.Letter | here.Note
    assert parts["freshness"] == FreshnessPolicy.from_dict({"crm:": 5}, default=60)
    assert parts["lineage"] == LineagePolicy.from_iter(["crm:"])
    assert isinstance(parts["secrets"], EnvSecrets)


def test_the_audit_log_of_a_file_is_signed_with_the_secret_that_it_names(
    folder: Path, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from loomlab.security import verify_signature

    text = f"""
instructions = "x"
model = "echo"
secrets = {{ object = "{code}:keys" }}
[audit_log]
path = "log.jsonl"
secret = {{ secret = "AUDIT" }}
"""
    agent = Agent.from_config(write(folder, text))
    ask(agent, "hi")
    log: Any = agent.audit_log
    entries = anyio.run(lambda: log.query(user_id="alice"))
    assert entries and all(verify_signature(one, "a-secret-of-the-vault") for one in entries)
    assert "a-secret-of-the-vault" not in agent.to_toml()
    assert 'secret = { secret = "AUDIT" }' in agent.to_toml()


def test_json_and_yaml_say_the_same_as_toml(folder: Path) -> None:
    data = {"instructions": "x", "model": "echo", "budget": {"max_tokens": 3}}
    agents = [
        Agent.from_config(write(folder, 'instructions = "x"\nmodel = "echo"\nbudget.max_tokens = 3\n')),
        Agent.from_config(write(folder, json.dumps(data), "agent.json")),
        Agent.from_config(write(folder, "instructions: x\nmodel: echo\nbudget:\n  max_tokens: 3\n", "agent.yaml")),
        Agent.from_dict(data),
    ]
    assert [one.to_config() for one in agents] == [data] * 4


def test_a_team_has_members_in_tables_and_in_other_files(folder: Path) -> None:
    (folder / "team").mkdir()
    write(folder / "team", 'instructions = "Write."\nmemory = "sqlite:own.db"\n', "writer.toml")
    text = """
instructions = "Lead."
model = { name = "echo", options = { prefix = "boss: " } }
[architecture]
name = "router"
classifier_model = "echo"
fallback_route = "write"
[[architecture.routes]]
name = "write"
description = "letters"
agent = { file = "team/writer.toml" }
[[architecture.routes]]
name = "count"
[architecture.routes.agent]
instructions = "Count."
model = "echo"
"""
    agent = Agent.from_config(write(folder, text))
    workers = agent.architecture.declared_workers()
    assert workers["write"].model is agent.model and workers["count"].model is not agent.model
    assert workers["write"].memory.path == str(folder / "team" / "own.db")
    assert ask(agent, "hello") == "boss: hello"


def test_a_member_takes_the_approval_and_the_secrets_of_its_team(folder: Path, code: str) -> None:
    text = f"""
instructions = "Lead."
model = "echo"
approval_handler = "{code}:approve"
secrets = {{ object = "{code}:keys" }}
[architecture]
name = "supervisor"
workers.a = {{ instructions = "Do." }}
"""
    agent = Agent.from_config(write(folder, text))
    worker = agent.architecture.declared_workers()["a"]
    for part in ("approval_handler", "secrets", "model"):
        assert worker.config_parts()[part] is agent.config_parts()[part]


def test_keywords_win_over_the_file(folder: Path) -> None:
    from loomlab import EchoModel, InMemoryMemory

    def own(x: int) -> int:
        """Own."""
        return x

    model, memory = EchoModel(prefix="own: "), InMemoryMemory()
    text = 'instructions = "x"\nmodel = "gpt-4.1"\nmemory = "sqlite:never.db"\nmax_turns = 3\n'
    agent = Agent.from_config(write(folder, text), model=model, memory=memory, tools=[own], max_turns=9, name="n")
    assert agent.model is model and agent.memory is memory and agent.max_turns == 9 and agent.name == "n"
    assert not (folder / "never.db").exists()


def test_without_a_model_the_call_must_give_one(folder: Path) -> None:
    path = write(folder, 'instructions = "x"\n')
    with pytest.raises(ConfigError, match="has no model, and needs it"):
        Agent.from_config(path)
    assert Agent.from_config(path, model="echo").model.name == "echo"
