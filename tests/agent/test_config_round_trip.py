"""What an agent is, it writes down, and what is written down makes the same agent again."""

import tomllib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from loomlab import (
    Agent,
    BudgetConfig,
    ConfigError,
    EchoModel,
    HookRegistry,
    Mode,
    NoBudget,
    ScriptedModel,
    StandardBudget,
    StandardPermissions,
    ToolCall,
    tool,
)
from loomlab.agent.config import to_toml
from loomlab.architecture import Handoff, PlanAndExecute, Reflexion, ReWOO, RouterRoute, SelfRefine, TreeOfThoughts
from loomlab.data import FreshnessPolicy, LineagePolicy
from loomlab.governance import RetryPolicy
from loomlab.memory import HashEmbedder, SqliteMemory
from loomlab.model.sampled import sampled
from loomlab.runtime import JournaledRuntime, SqliteRuntime
from loomlab.security import DictSecrets, FileAuditLog, PerUserPermissions
from loomlab.team import Team


def shout(text: str) -> str:
    """Say it loudly."""
    return text.upper()


@tool(name="wipe_all", destructive=True, timeout=3)
def wipe(path: str) -> str:
    """Wipe a file."""
    return path


def watch(call: ToolCall) -> None:
    """Look at a call."""


async def approve(call: ToolCall, user_id: str | None) -> bool:
    """Yes."""
    return True


class Letter(BaseModel):
    to: str


class Note(BaseModel):
    text: str


def again(agent: Agent) -> Agent:
    """The agent that its own config makes, by way of a file's text."""
    config = agent.to_config()
    assert tomllib.loads(agent.to_toml()) == config
    other = Agent.from_dict(config)
    assert other.to_config() == config
    return other


# ---- everything that has a form ----------------------------------------------------------------------------

TEXTS = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=30)
NAMES = st.from_regex(r"[a-z][a-z0-9_-]{0,8}", fullmatch=True)
COUNTS = st.none() | st.integers(0, 10**9)
SHARES = st.floats(0, 1)
MODELS = st.one_of(
    st.just("echo"),
    st.builds(EchoModel, prefix=TEXTS, cost_per_token=st.floats(0, 1)),
    st.builds(lambda t, n: sampled(EchoModel(), temperature=t, max_tokens=n), st.floats(0, 2), st.integers(1, 99)),
)
ROLES = st.none() | MODELS
TIMES = st.none() | st.timedeltas(timedelta(0), timedelta(days=30))
ROUNDS = st.integers(1, 9)
BUDGETS = st.builds(
    lambda **caps: StandardBudget(BudgetConfig(**caps)),
    max_tokens=COUNTS,
    per_user_max_output_tokens=COUNTS,
    max_cost_usd=st.none() | st.floats(0, 1e6),
    max_wall_clock=TIMES,
    per_user_max_wall_clock=TIMES,
    soft_warning_at=st.floats(0.01, 1),
)
LISTS = st.none() | st.lists(NAMES, max_size=3)
POLICIES = st.builds(StandardPermissions, mode=st.sampled_from(list(Mode)), allowed_tools=LISTS, denied_tools=LISTS)
PERMISSIONS = POLICIES | st.builds(
    PerUserPermissions, policies=st.dictionaries(TEXTS, POLICIES, min_size=1, max_size=2), default=POLICIES
)
REACT_LIKE = st.none() | st.sampled_from(["react", "self-refine", "reflexion", "plan-and-execute", "rewoo"])
ALONE = st.one_of(
    st.builds(SelfRefine, max_rounds=ROUNDS, critic_prompt=TEXTS, stop_phrase=TEXTS, critic_model=ROLES),
    st.builds(Reflexion, base=st.none() | st.builds(ReWOO, max_steps=ROUNDS), threshold=SHARES, evaluator_model=ROLES),
    st.builds(PlanAndExecute, max_steps=ROUNDS, executor_tools=st.booleans(), planner_model=ROLES),
    st.builds(TreeOfThoughts, beam_width=ROUNDS, min_score=SHARES, parallel=st.booleans(), proposer_prompt=TEXTS),
)
MEMBERS = st.builds(Agent, TEXTS, model=MODELS, name=NAMES, max_turns=ROUNDS, architecture=REACT_LIKE)
GROUPS = st.dictionaries(st.from_regex(r"[a-z]{1,6}", fullmatch=True), MEMBERS, min_size=1, max_size=3)
TEAMS = st.one_of(
    st.builds(Team.supervisor, GROUPS, model=MODELS, instructions=TEXTS, delegate_tool_name=st.just("send_to")),
    st.builds(lambda group, **o: Team.swarm(group, next(iter(group)), **o), GROUPS, model=MODELS, max_handoffs=ROUNDS),
    st.builds(Team.actor_critic, MEMBERS, MEMBERS, model=MODELS, approval_threshold=SHARES, critique_template=TEXTS),
    st.builds(Team.debate, st.lists(MEMBERS, min_size=2, max_size=3), judge=st.none() | MEMBERS, model=MODELS),
    st.builds(Team.blackboard, GROUPS, decider=st.none() | MEMBERS, model=MODELS, decider_instructions=TEXTS),
    st.builds(
        lambda group, **o: Team.router([RouterRoute(name, one, "what it does") for name, one in group.items()], **o),
        GROUPS,
        model=MODELS,
        require_confidence_above=SHARES,
        classifier_model=ROLES,
    ),
)
OPTIONS: dict[str, Any] = {
    "model": MODELS,
    "name": NAMES,
    "max_turns": st.integers(1, 99),
    "auto_consolidate": st.booleans(),
    "auto_extract": st.none() | st.booleans(),
    "memory": st.sampled_from([None, "inmemory", "vector", {"type": "vector", "embedder": "hash", "max_episodes": 3}]),
    "budget": st.none() | BUDGETS,
    "permissions": st.none() | PERMISSIONS,
    "retry_policy": st.none() | st.builds(RetryPolicy, max_attempts=ROUNDS, jitter=SHARES),
    "tools": st.lists(st.sampled_from([shout, wipe]), unique_by=lambda one: getattr(one, "name", "shout")),
    "hooks": st.none() | st.builds(lambda pre: HookRegistry(pre_tool_hooks=pre), st.lists(st.just(watch), max_size=2)),
    "approval_handler": st.sampled_from([None, approve]),
    "output_schema": st.sampled_from([None, Letter, Letter | Note]),
    "freshness": st.none()
    | st.builds(FreshnessPolicy.from_dict, st.dictionaries(TEXTS, st.integers(0, 999)), default=st.none() | st.just(5)),
    "lineage": st.none() | st.builds(LineagePolicy.from_iter, st.lists(TEXTS, min_size=1, max_size=2)),
}
SLOW = settings(deadline=None, max_examples=60, suppress_health_check=list(HealthCheck))


@SLOW
@given(st.builds(Agent, TEXTS, architecture=REACT_LIKE | ALONE, **OPTIONS))
def test_an_agent_comes_back_as_it_was(agent: Agent) -> None:
    other = again(agent)
    assert (other.name, other.instructions, other.max_turns) == (agent.name, agent.instructions, agent.max_turns)
    assert type(other.architecture) is type(agent.architecture) and type(other.memory) is type(agent.memory)
    assert other.model.name == agent.model.name
    mine, theirs = agent.config_parts(), other.config_parts()
    for part in ("auto_extract", "retry_policy", "approval_handler", "output_schema", "freshness", "lineage", "hooks"):
        assert theirs[part] == mine[part]
    budgets = [getattr(one.budget, "config", None) for one in (agent, other)]
    assert budgets[0] == budgets[1]
    assert theirs["tool_host"].tools == mine["tool_host"].tools
    assert _policies(agent.permissions) == _policies(other.permissions)
    settings_of = [
        {key: value for key, value in vars(one.architecture).items() if isinstance(value, (str, int, float, bool))}
        for one in (agent, other)
    ]
    assert settings_of[0] == settings_of[1]


@settings(SLOW, max_examples=25)
@given(TEAMS)
def test_a_team_comes_back_with_its_members(team: Agent) -> None:
    other = again(team)
    before, after = team.architecture.declared_workers(), other.architecture.declared_workers()
    assert list(before) == list(after)
    for name, worker in before.items():
        assert after[name].to_config() == worker.to_config()


def _policies(permissions: Any) -> Any:
    if isinstance(permissions, PerUserPermissions):
        every = {**permissions.policies, None: permissions.default}
        return {user: _policies(one) for user, one in every.items()}
    return vars(permissions)


LEAVES = (
    st.text(st.characters(exclude_categories=("Cs",)))
    | st.booleans()
    | st.integers(-(2**60), 2**60)
    | st.floats(allow_nan=False)
)
TREES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3), max_leaves=9
)


@settings(deadline=None, max_examples=200)
@given(st.dictionaries(TEXTS, TREES | st.sampled_from(['a\n"""b"""\n"', "\\\n'", 'x\n\n\ty"']), max_size=4))
def test_what_is_written_as_toml_is_read_as_it_was(data: dict[str, Any]) -> None:
    assert tomllib.loads(to_toml(data, comments=["a comment\nof two lines"])) == data


# ---- single things ------------------------------------------------------------------------------------------


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    key = "sk-test-0123456789abcdefghij"
    monkeypatch.setenv("OPENAI_API_KEY", key)
    monkeypatch.setenv("ANTHROPIC_API_KEY", key)
    yield key


@pytest.mark.parametrize(
    "form",
    [
        "gpt-4.1",
        "claude-sonnet-4-6",
        {"name": "claude-sonnet-4-6", "options": {"max_tokens": 99}},
        {"name": "my-own-model", "provider": "openai", "base_url": "http://127.0.0.1:9/v1"},
        {"name": "gpt-4.1", "temperature": 0.25, "max_tokens": 12},
    ],
)
def test_models_of_providers_come_back_without_their_keys(keys: str, form: Any) -> None:
    agent = Agent.from_dict({"instructions": "x", "model": form})
    assert agent.to_config()["model"] == form
    agent._made = None  # as if it had been made in code
    assert agent.to_config()["model"] == form
    assert keys not in agent.to_toml()


def test_a_key_is_only_ever_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THE_KEY", "sk-test-0123456789abcdefghij")
    form = {"name": "gpt-4.1", "api_key": {"env": "THE_KEY"}}
    agent = Agent.from_dict({"instructions": "x", "model": form})
    assert agent.to_config()["model"] == form
    assert "0123456789" not in agent.to_toml()


def test_stores_and_journals_come_back(tmp_path: Path) -> None:
    memory = SqliteMemory(tmp_path / "m.db", embedder=HashEmbedder(), with_facts=False)
    agent = Agent("x", model="echo", memory=memory, runtime=SqliteRuntime(tmp_path / "j.db", on_unknown="stop"))
    other: Any = again(agent)
    assert other.memory.path == str(tmp_path / "m.db") and other.memory.facts is None
    assert str(other.runtime.path) == str(tmp_path / "j.db") and other.runtime.on_unknown == "stop"
    journaled: Any = again(Agent("x", model="echo", runtime=JournaledRuntime(lease_s=7)))
    assert journaled.runtime.lease_s == 7


def test_a_handoff_comes_back_with_its_type_and_filter() -> None:
    peers = {"a": Agent("A", model="echo"), "b": Handoff(Agent("B", model="echo"), input_type=Letter, description="b")}
    other: Any = again(Team.swarm(peers, "a", model="echo"))
    assert other.architecture.peers["b"].input_type is Letter and other.architecture.peers["b"].description == "b"


def test_built_in_tools_come_back_in_their_folder(tmp_path: Path) -> None:
    tools = ["builtin:ls", {"builtin": "read", "workdir": str(tmp_path)}]
    agent = Agent.from_dict({"instructions": "x", "model": "echo", "tools": tools})
    assert again(agent).to_config()["tools"] == tools


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"tools": [tool(name="f")(lambda x: x)]}, "tools: the tool 'f' can't be written in a config"),
        ({"memory": "postgres://me:hunter22@host/db"}, "an address with a password"),
        ({"secrets": DictSecrets({"A": "hunter22"})}, "secrets: a DictSecrets made in code"),
        ({"audit_log": FileAuditLog("a.jsonl", secret="hunter22")}, 'secret = { secret = "NAME" }'),
        ({"model": ScriptedModel(["a"])}, "model: ScriptedModel"),
        ({"approval_handler": lambda call, user: True}, "approval_handler: "),
        ({"budget": type("Own", (NoBudget,), {})()}, "budget: a Own"),
    ],
)
def test_what_has_no_form_is_named_or_left_out_with_a_comment(options: dict[str, Any], said: str) -> None:
    if "memory" in options:
        pytest.importorskip("asyncpg")
    agent = Agent("x", **{"model": "echo", **options})
    with pytest.raises(ConfigError) as caught:
        agent.to_config()
    assert said in str(caught.value) and "hunter22" not in str(caught.value)
    text = agent.to_toml(lossy=True)
    assert text.startswith("# left out: ") and "hunter22" not in text
    assert next(iter(options)) in text.splitlines()[0]
    assert next(iter(options)) not in tomllib.loads(text)
    assert agent.to_config(lossy=True) == tomllib.loads(text)


@pytest.mark.parametrize(
    "memory",
    [
        "postgres://me:hunter22@host/db",
        {"backend": "redis", "url": "redis://:hunter22@host/0"},
    ],
)
def test_a_password_that_stood_in_a_config_is_not_written_again(memory: Any) -> None:
    pytest.importorskip("asyncpg")
    pytest.importorskip("redis")
    agent = Agent.from_dict({"instructions": "x", "model": "echo", "memory": memory})
    with pytest.raises(ConfigError, match="an address with a password"):
        agent.to_config()
    assert "hunter22" not in agent.to_toml(lossy=True)


@pytest.mark.anyio
async def test_a_config_that_denies_says_so_when_it_is_written_and_when_it_denies() -> None:
    agent = Agent.from_dict({"instructions": "x", "model": "echo", "approval_handler": "deny"})
    assert agent.to_config()["approval_handler"] == "deny"
    answer = await agent.config_parts()["approval_handler"](ToolCall(tool="pay"), "alice")
    assert answer.deny and "the config says to deny" in answer.reason
