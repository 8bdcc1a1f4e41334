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

T = 'instructions = "x"\n'
M = T + 'model = "echo"\n'
CODE = '''
from pydantic import BaseModel
from loomlab import NoBudget, tool
from loomlab.security import DictSecrets

def shout(text: str) -> str:
    """Say it loudly."""
    return text.upper()

@tool(name="wipe_all", destructive=True)
def wipe(path: str) -> str:
    """Wipe a file."""
    return path

class Letter(BaseModel):
    to: str

class Note(BaseModel):
    text: str

async def approve(call, user_id):
    return True

def look(call):
    return None

def caps():
    return NoBudget()

def keys():
    return DictSecrets({"AUDIT": "a-secret-of-the-vault"})

def only_last(history, payload):
    return history[-1]
'''


@pytest.fixture
def folder(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """A folder with code beside the configs; the module has a name of its own for each test."""
    (tmp_path / f"{module(request)}.py").write_text(CODE, encoding="utf-8")
    return tmp_path


def module(request: pytest.FixtureRequest) -> str:
    return "code_" + "".join(one if one.isalnum() else "_" for one in request.node.name)[:60]


@pytest.fixture
def code(request: pytest.FixtureRequest) -> str:
    return module(request)


def write(folder: Path, text: str, name: str = "agent.toml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def complaint(folder: Path, text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        Agent.from_config(write(folder, text))
    return str(caught.value).replace(f"{folder}/", "")


def ask(agent: Agent, prompt: str) -> str:
    return anyio.run(lambda: agent.run(prompt, user_id="alice")).output


# ---- what may be said ------------------------------------------------------------------------------------


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
    assert "has no model" in complaint(folder, path.read_text(encoding="utf-8"))
    assert Agent.from_config(path, model="echo").model.name == "echo"


# ---- what is wrong ----------------------------------------------------------------------------------------


MISTAKES = [
    (T + 'modle = "echo"', "agent.toml, line 2: the config has an unknown key 'modle': did you mean 'model'?"),
    (T + "[budget]\nmax_token = 3", "line 3: [budget] has an unknown key 'max_token': did you mean 'max_tokens'?"),
    (T + '\nmax_turns = "ten"', "agent.toml, line 3: max_turns is 'ten'; it takes a whole number"),
    (T + "max_turns = 0", "max_turns is 0; it takes a number of 1 or more"),
    (T + "max_turns = true", "max_turns is true; it takes a whole number"),
    ("instructions = 3", 'instructions is 3; it takes a text, or { file = "instructions.md" }'),
    ('model = "echo"', "the config has no instructions, and needs it"),
    (
        T + '[permissions]\nmode = "acceptEdit"',
        "line 3: [permissions] mode is 'acceptEdit'; did you mean 'acceptEdits'?",
    ),
    (T + '[permissions]\nallowed_tools = "bash"', "[permissions] allowed_tools is 'bash'; it takes a list"),
    (T + 'memory = "sqlte:x"', "memory is 'sqlte:x'; it takes 'inmemory'"),
    (T + 'model = "ecko"', "agent.toml, line 2, model: unknown model 'ecko': did you mean 'echo'?"),
    (T + 'model = { name = "echo", options = { prefx = 1 } }', "takes no 'prefx': did you mean 'prefix'?"),
    (T + 'architecture = "reakt"', "line 2: architecture is 'reakt', which is no architecture: did you mean 'react'?"),
    (T + 'architecture = "swarm"', "which needs members"),
    (
        T + '[architecture]\nname = "rewoo"\nmax_step = 3',
        "line 4: [architecture] has an unknown key 'max_step': did you mean 'max_steps'?",
    ),
    (
        M + '[architecture]\nname = "swarm"\nentry_agent = "b"\nagents.a = { instructions = "y" }\n',
        "line 3, architecture: Swarm: no agent is named 'b' to begin",
    ),
    (
        T + '[[mcp]]\nname = "a"\ncommand = "b"\nurl = "c"',
        "line 2: [[mcp]] number 1 takes either command (a program) or url (a server)",
    ),
    (T + 'tools = ["os.path"]', "tools number 1 is 'os.path'; it takes the dotted path of a function"),
    ("x = ", "agent.toml: this is not TOML: Invalid value"),
    ('instructions = { file = "no.md" }', "line 1, instructions: there is no file no.md"),
]


@pytest.mark.parametrize(("text", "said"), MISTAKES, ids=[said[:40] for _, said in MISTAKES])
def test_what_is_wrong_is_said_with_file_line_and_nearest_name(folder: Path, text: str, said: str) -> None:
    assert said in complaint(folder, text)


def test_all_mistakes_are_told_at_once_in_the_order_of_their_lines(folder: Path) -> None:
    text = 'instructions = "x"\nmax_turns = "ten"\n[budget]\nmax_tokens = -1\n[architecture]\nname = "actor-critic"\n'
    said = complaint(folder, text).splitlines()
    assert said[0].endswith("agent.toml has 4 mistakes:")
    assert [line.split(":")[0].strip() for line in said[1:]] == ["line 2", "line 4", "line 5", "line 5"]


@pytest.mark.parametrize("key", ["sk-abcdefghijklmnopqrstuvwx", "whatever it is"])
def test_a_key_in_the_file_is_refused_and_not_repeated(folder: Path, key: str) -> None:
    said = complaint(folder, f'instructions = "x"\nmodel = {{ name = "gpt-4.1", api_key = "{key}" }}')
    assert "api_key takes a reference" in said and key not in said


def test_a_password_in_a_wrong_value_is_not_repeated(folder: Path) -> None:
    said = complaint(folder, 'instructions = "x"\nmemory = "postgers://me:hunter22@host/db"')
    assert "memory is" in said and "hunter22" not in said


def test_nothing_is_imported_or_opened_before_all_of_it_is_valid(folder: Path, code: str) -> None:
    for wrong in (
        "max_turns = 0",
        'model = "ecko"',
        '[architecture]\nname = "supervisor"\nworkers.a = { file = "a.toml" }',
    ):
        model = "" if "model" in wrong else 'model = "echo"\n'
        write(folder, 'instructions = "x"\nmodel = "ecko"', "a.toml")
        complaint(folder, f'instructions = "x"\n{model}memory = "sqlite:x.db"\ntools = ["{code}:shout"]\n{wrong}\n')
        assert code not in sys.modules
    assert not (folder / "x.db").exists()


def test_nothing_is_opened_before_every_module_is_imported(folder: Path, code: str) -> None:
    said = complaint(folder, f'instructions = "x"\nmodel = "echo"\nmemory = "sqlite:x.db"\ntools = ["{code}:shot"]\n')
    assert f"line 4, tools: '{code}:shot': {code} has no 'shot': did you mean 'shout'?" in said
    assert not (folder / "x.db").exists()


def test_a_module_that_cannot_be_imported_says_why(folder: Path) -> None:
    (folder / "breaks_at_once.py").write_text("1 / 0\n", encoding="utf-8")
    said = complaint(folder, 'instructions = "x"\nmodel = "echo"\ntools = ["breaks_at_once:f"]')
    assert "the module breaks_at_once can't be imported: ZeroDivisionError: division by zero" in said


def test_two_configs_with_modules_of_one_name_are_not_mixed_up(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "same_name_twice.py").write_text(f'def f() -> str:\n    """F."""\n    return "{name}"\n')
        write(tmp_path / name, 'instructions = "x"\nmodel = "echo"\ntools = ["same_name_twice:f"]')
    Agent.from_config(tmp_path / "one" / "agent.toml")
    with pytest.raises(ConfigError, match="another module named same_name_twice is loaded already"):
        Agent.from_config(tmp_path / "two" / "agent.toml")


def test_a_team_that_is_its_own_member_is_refused(folder: Path) -> None:
    write(
        folder, 'instructions = "x"\n[architecture]\nname = "supervisor"\nworkers.a = { file = "agent.toml" }', "b.toml"
    )
    text = 'instructions = "x"\nmodel = "echo"\n[architecture]\nname = "supervisor"\nworkers.a = { file = "b.toml" }'
    assert "refers back to it" in complaint(folder, text)


def test_a_missing_secret_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_SUCH_KEY", raising=False)
    text = 'instructions = "x"\nmodel = "echo"\n[audit_log]\npath = "a.jsonl"\nsecret = { secret = "NO_SUCH_KEY" }'
    assert "line 3, audit_log: there is no secret 'NO_SUCH_KEY'" in complaint(folder, text)


def test_a_file_that_is_not_there_or_no_config_is_told_of(folder: Path) -> None:
    write(folder, "")
    with pytest.raises(ConfigError, match=r"there is no file .*agnt\.toml: did you mean 'agent.toml'"):
        Agent.from_config(folder / "agnt.toml")
    with pytest.raises(ConfigError, match=r"is no config: its name ends in \.toml"):
        Agent.from_config(folder / "agent.ini")


def test_a_mistake_in_a_dict_needs_no_file() -> None:
    with pytest.raises(ConfigError, match=r"^\[budget\] has an unknown key 'max_token': did you mean 'max_tokens'\?$"):
        Agent.from_dict({"instructions": "x", "model": "echo", "budget": {"max_token": 3}})
