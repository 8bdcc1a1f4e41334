"""A keyword of Agent is a keyword everywhere: of teams, of configs, and of the docs."""

import inspect
import re

from loomlab import Agent
from loomlab.agent import config
from loomlab.agent.config.schema import AgentTable
from loomlab.agent.config.schema.agent import _TABLES
from loomlab.team.options import AgentOptions

KEYWORDS = [name for name in inspect.signature(Agent).parameters if name != "instructions"]
NO_KEYWORD = {"instructions": "the first argument of Agent", "mcp": "MCP servers become tools"}
"""Keys of a config that are no keyword of Agent, and why."""


def test_teams_take_every_keyword_of_agent_but_the_architecture_in_the_same_order() -> None:
    assert list(AgentOptions.__annotations__) == [name for name in KEYWORDS if name != "architecture"]


def test_a_config_has_a_key_for_every_keyword_of_agent() -> None:
    missing = [name for name in KEYWORDS if name not in AgentTable.model_fields]
    assert missing == [], "add it to loomlab/agent/config/schema/agent.py, to building.py and to writing.py"
    assert sorted(set(AgentTable.model_fields) - set(KEYWORDS)) == sorted(NO_KEYWORD)


def test_an_agent_gives_every_keyword_back_for_its_config() -> None:
    parts = Agent("x", model="echo").config_parts()
    own = {"tools": "tool_host"} | {name: name for name in ("name", "max_turns", "auto_consolidate")}
    assert [
        name for name in KEYWORDS if own.get(name, name) not in {*parts, "name", "max_turns", "auto_consolidate"}
    ] == []


def test_every_key_says_what_it_is_for() -> None:
    silent = [name for name, field in AgentTable.model_fields.items() if not field.description]
    assert silent == []


def test_every_keyword_of_agent_stands_in_the_docs() -> None:
    page = f"{Agent.__doc__}\n{config.__doc__}"
    told = set(re.findall(r"\w+", page))
    assert [name for name in KEYWORDS if name not in told] == [], "tell of it in the docstring of loomlab.agent.config"


def test_the_tables_of_architectures_have_the_parameters_of_their_classes() -> None:
    from loomlab.agent.config.architectures import CLASSES
    from loomlab.agent.config.schema.architecture import TABLES

    assert list(TABLES) == list(CLASSES)
    for name, kind in CLASSES.items():
        parameters = inspect.signature(kind).parameters
        assert set(TABLES[name].model_fields) - {"name"} == set(parameters), name
        required = {key for key, one in parameters.items() if one.default is inspect.Parameter.empty}
        assert {key for key, one in TABLES[name].model_fields.items() if one.is_required()} == {"name", *required}
    assert {*TABLES.values()} <= {*_TABLES}


def test_the_published_schema_is_the_one_of_the_code() -> None:
    from loomlab.agent.config.published import FILE, schema_text

    remedy = "loomlab run --schema > loomlab/agent/config/agent.schema.json"
    assert FILE.read_text(encoding="utf-8") == schema_text(), remedy
