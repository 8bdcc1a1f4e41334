"""Suites with several datasets, models and teams: what they become, and how mistakes in them are told."""

from pathlib import Path

import pytest
from anyio import to_thread

from loomlab import Agent, ScriptedModel, ScriptedTurn, ToolCall
from loomlab.architecture import BlackboardArchitecture, MultiAgentDebate, Router
from loomlab.core.errors import ConfigError
from loomlab.evals import Case, Dataset, evaluate, load_suite, rescore, scorers
from loomlab.evals.case_tools import CaseTools, has_case_tools
from loomlab.runlog import RunLog
from loomlab.team import Team

GOOD = """
[suite]
scorers = ["exact"]
sample = 3
per_minute = 1000
epochs = 2
shuffle = true

[budget]
calls = 5
tokens = 2000
cost_usd = 0.5
seconds = 60

[[dataset]]
dataset = "one.jsonl"

[[dataset]]
dataset = "two.csv"
name = "second"
sample = 2
instructions = "Say it otherwise."
scorers = ["includes"]

[[model]]
name = "cold"
model = "echo"
temperature = 0

[[model]]
name = "hot"
model = "echo"
temperature = 1

[defaults]
instructions = "Say it."

[[arm]]
name = "plain"

[[arm]]
name = "talk"
architecture = "debate"
models = ["cold"]
options = { rounds = 1 }
workers = { first = {}, second = { instructions = "Be brief.", tools = false }, judge = {} }

[[compare]]
a = "plain"
b = "talk"

[[compare]]
a = "plain/cold"
b = "plain/hot"
margin = 0.1
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    lines = [f'{{"id": "c{i}", "input": "say {i}", "target": "Echo: say {i}"}}\n' for i in range(5)]
    (tmp_path / "one.jsonl").write_text("".join(lines), encoding="utf-8")
    (tmp_path / "two.csv").write_text("id,input,target\na,x,x\nb,y,y\nc,z,z\n", encoding="utf-8")
    return tmp_path


def written(folder: Path, text: str) -> Path:
    path = folder / "suite.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_arms_run_on_each_model_and_datasets_are_parts(folder: Path) -> None:
    suite = load_suite(written(folder, GOOD))
    assert [one.name for one in suite.arms] == ["plain/cold", "plain/hot", "talk/cold"]
    assert [one.temperature for one in suite.arms] == [0, 1, 0]
    first, second = suite.parts
    assert (first.name, second.name) == ("suite: one", "suite: second")
    assert (len(first.load_dataset()), len(second.load_dataset())) == (3, 2)
    assert (first.scorers, second.scorers) == (("exact",), ("includes",))
    assert {one.instructions for one in first.arms} == {"Say it."}
    assert {one.instructions for one in second.arms} == {"Say it otherwise."}
    assert [(one.a, one.b, one.margin) for one in suite.compared] == [
        ("plain/cold", "talk/cold", None),
        ("plain/cold", "plain/hot", 0.1),
    ]


@pytest.mark.anyio
async def test_every_part_runs_within_its_budget(folder: Path) -> None:
    suite = await to_thread.run_sync(load_suite, written(folder, GOOD.replace("calls = 5", "calls = 1")))
    first, second = [await part.run() for part in suite.parts]
    assert (first.expected, second.expected) == (18, 12)
    assert all("budget:calls" in str(one.interruption) for one in first.trials if one.arm == "talk/cold")
    assert all(one.score("exact") == 1 for one in first.trials if one.arm == "plain/hot")
    with pytest.raises(ConfigError, match="2 datasets: run each of its parts"):
        await suite.run()


def test_one_model_leaves_the_names_as_they_are_and_a_star_is_every_other_arm(folder: Path) -> None:
    text = GOOD.split('[[model]]\nname = "hot"')[0] + GOOD[GOOD.index("[defaults]") :]
    text = text.split("[[compare]]")[0] + '[[compare]]\na = "talk"\nb = "*"\n'
    suite = load_suite(written(folder, text))
    assert [one.name for one in suite.arms] == ["plain", "talk"]
    assert [(one.a, one.b) for one in suite.compared] == [("talk", "plain")]


TEAMS = {
    "router": "{ one = { description = 'ones' }, two = {} }",
    "supervisor": "{ one = {}, two = {} }",
    "actor-critic": "{ actor = {}, critic = {} }",
    "debate": "{ one = {}, two = {}, judge = {} }",
    "swarm": "{ one = {}, two = {} }",
    "blackboard": "{ one = {}, two = {}, coordinator = {}, decider = {} }",
}


@pytest.mark.parametrize("kind", TEAMS)
def test_every_kind_of_team_is_built_from_its_workers(kind: str, folder: Path) -> None:
    text = GOOD.replace("options = { rounds = 1 }\n", "").replace('"debate"', f'"{kind}"')
    text = text[: text.index("workers = ")] + f"workers = {TEAMS[kind]}\n" + text[text.index("[[compare]]") :]
    team = load_suite(written(folder, text)).build_arms()["talk/cold"]
    assert team.architecture.name == kind
    workers = team.architecture.declared_workers()
    with_tools = {name for name, one in workers.items() if isinstance(one.tool_host, CaseTools)}
    assert len(with_tools) == (1 if kind == "actor-critic" else 2)
    assert has_case_tools(team)
    assert {one.instructions for one in workers.values()} == {"Say it."}


def test_workers_have_instructions_and_tools_of_their_own(folder: Path) -> None:
    team = load_suite(written(folder, GOOD)).build_arms()["talk/cold"]
    assert isinstance(team.architecture, MultiAgentDebate)
    first, second, judge = team.architecture.declared_workers().values()
    assert [one.instructions for one in (first, second, judge)] == ["Say it.", "Be brief.", "Say it."]
    assert [isinstance(one.tool_host, CaseTools) for one in (first, second, judge)] == [True, False, False]


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("[budget]", "[bugdet]", "unknown section [bugdet]; did you mean 'budget'?"),
        ("calls = 5", "cals = 5", "[budget] has an unknown key 'cals'; did you mean 'calls'?"),
        ("calls = 5\ntokens = 2000\ncost_usd = 0.5\nseconds = 60\n", "", "[budget] limits nothing"),
        ("cost_usd = 0.5", "cost_usd = 0", "[budget] cost_usd must be a number above 0"),
        ("shuffle = true", "shufle = true", "unknown key 'shufle'; did you mean 'shuffle'?"),
        ("shuffle = true", "resume = 1", "[suite] resume must be true or false"),
        ("per_minute = 1000", "per_minute = -1", "per_minute must be a number above 0"),
        ('dataset = "one.jsonl"', "", "[[dataset]] number 1 has no dataset"),
        ('scorers = ["exact"]', 'dataset = "one.jsonl"', "a dataset is named in [suite] and in [[dataset]]"),
        ('scorers = ["exact"]', "", "[suite] has no scorers"),
        ('scorers = ["includes"]', 'scorers = ["inclues"]', "[[dataset]] two.csv scorers: there is no scorer"),
        ('name = "second"', 'name = "one"', "two datasets are named 'one'"),
        ('name = "hot"', 'name = "cold"', "two models are named 'cold'"),
        ('models = ["cold"]', 'models = ["code"]', "no model 'code' to run on; did you mean 'cold'?"),
        ('name = "plain"\n', 'name = "plain"\nmodel = "echo"\n', "has a model, and there are [[model]]s"),
        ("[[model]]", "[model]", "is not TOML"),
        ("tools = false", "tool = false", "workers.second has an unknown key 'tool'; did you mean 'tools'?"),
        ("tools = false", 'tools = "no"', "workers.second tools must be true or false"),
        ('a = "plain"', 'a = "plane"', "[[compare]] names 'plane', which is no arm; did you mean 'plain'?"),
        ('b = "talk"\n', "", "[[compare]] number 1 has no b"),
        ("margin = 0.1", "margin = 0", "[[compare]] number 2 margin must be a number above 0"),
        ("[budget]", "[sequential]\nmargin = 0.1\n\n[budget]", "[sequential] compares two arms, and this suite has 3"),
    ],
)
def test_a_mistake_in_the_file_is_one_sentence(old: str, new: str, sentence: str, folder: Path) -> None:
    assert old in GOOD
    path = written(folder, GOOD.replace(old, new, 1))
    with pytest.raises(ConfigError) as caught:
        load_suite(path)
    assert sentence in str(caught.value)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("workers = { first = {}, second", "workers = { judge2 = {}, second", None),
        ('architecture = "debate"', 'architecture = "actor-critic"', "needs a worker named 'actor'"),
        ('architecture = "debate"', 'architecture = "react"', "'react' has no workers"),
        ("options = { rounds = 1 }", "options = { round = 1 }", "architecture 'debate'"),
        ("options = { rounds = 1 }", "options = { rounds = -1 }", "architecture 'debate'"),
    ],
)
def test_a_team_that_cannot_be_built_is_named(old: str, new: str, sentence: str | None, folder: Path) -> None:
    suite = load_suite(written(folder, GOOD.replace(old, new, 1)))
    if sentence is None:
        suite.build_arms()
        return
    with pytest.raises(ConfigError) as caught:
        suite.build_arms()
    assert sentence in str(caught.value) and "arm 'talk/cold'" in str(caught.value)


def test_a_condition_that_no_case_meets_is_told(folder: Path) -> None:
    text = GOOD.replace('dataset = "one.jsonl"', 'dataset = "one.jsonl"\nwhere = { level = 9 }')
    with pytest.raises(ConfigError, match=r"no case of 'one.jsonl' has \{'level': 9\}"):
        load_suite(written(folder, text)).parts[0].load_dataset()


@pytest.mark.anyio
async def test_a_sequential_suite_stops_when_it_is_decided(folder: Path) -> None:
    lines = [f'{{"id": "c{i}", "input": "say {i}", "target": "Echo: say {i}"}}\n' for i in range(60)]
    await to_thread.run_sync(lambda: (folder / "one.jsonl").write_text("".join(lines), encoding="utf-8"))
    text = """
[suite]
dataset = "one.jsonl"
scorers = ["exact"]
max_concurrency = 1
[sequential]
confidence = 0.9
[defaults]
model = "echo"
[[arm]]
name = "right"
[[arm]]
name = "wrong"
architecture = "plan-and-execute"
"""
    suite = await to_thread.run_sync(load_suite, written(folder, text))
    ev = await suite.run()
    assert ev.until is not None and ev.until.decided
    assert len(ev) < ev.expected


@pytest.mark.anyio
async def test_the_members_of_a_team_get_the_tools_of_a_case_and_the_lead_does_not(tmp_path: Path) -> None:
    shown: dict[str, list[str]] = {}

    class Looking(ScriptedModel):
        def __init__(self, name: str, turns: list[ScriptedTurn]) -> None:
            super().__init__(turns)
            self.who = name

        async def complete(self, messages, *, tools=None, **options):
            shown.setdefault(self.who, []).extend(one.name for one in tools or ())
            return await super().complete(messages, tools=tools, **options)

    ask = ScriptedTurn(tool_calls=[ToolCall(tool="delegate", args={"worker": "w", "instructions": "do it"})])
    lead = Looking("lead", [ask, ScriptedTurn(text="done")])
    call = ScriptedTurn(tool_calls=[ToolCall(tool="ring", args={"bell": 3})])
    worker = Agent("x", model=Looking("worker", [call, ScriptedTurn(text="rung")]), tools=CaseTools())
    team = Team.supervisor({"w": worker}, model=lead)
    tool = {"name": "ring", "description": "Ring.", "parameters": {"type": "object", "properties": {"bell": {}}}}
    target = [{"name": "ring", "arguments": {"bell": [3]}}]
    data = Dataset([Case("a", "ring bell 3", target, metadata={"tools": [tool]})])
    log = await to_thread.run_sync(RunLog.open, tmp_path / "log")
    ev = await evaluate(data, {"team": team}, scorers=[scorers.tool_calls()], run_log=log)
    again = await rescore(log, scorers=[scorers.tool_calls()], dataset=data)
    assert again.trials[0].score("tool_calls") == 1.0
    assert "ring" in shown["worker"] and "ring" not in shown["lead"]
    assert ev.trials[0].error is None
    assert ev.trials[0].score("tool_calls") == 1.0  # the lead's own "delegate" is no call of the case
    assert [tool.name for tool in await CaseTools().list_tools()] == []


def test_router_and_blackboard_take_their_descriptions_and_their_heads(folder: Path) -> None:
    workers = "{ one = { description = 'counts' }, coordinator = {}, decider = {} }"
    text = GOOD.replace('"debate"', '"blackboard"').replace("options = { rounds = 1 }\n", "")
    text = text[: text.index("workers = ")] + f"workers = {workers}\n" + text[text.index("[[compare]]") :]
    board = load_suite(written(folder, text)).build_arms()["talk/cold"].architecture
    assert isinstance(board, BlackboardArchitecture)
    assert board.coordinator is not None and board.decider is not None and list(board.agents) == ["one"]
    routed = load_suite(written(folder, text.replace('"blackboard"', '"router"'))).build_arms()["talk/cold"]
    assert isinstance(routed.architecture, Router)
    assert routed.architecture.routes["one"].description == "counts"
