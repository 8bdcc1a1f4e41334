"""``%loom tools`` and ``%loom mcp``, with real servers in processes of their own."""

import sys
from pathlib import Path
from shlex import quote

import pytest
from ipython_shell import Shell

from loomlab import Agent, ScriptedModel, ScriptedTurn, ToolCall, tool
from loomlab.core import ConfigError
from loomlab.core.errors import MCPError
from loomlab.security import PerUserPermissions, StandardPermissions
from loomlab.tools import bash_tool

pytest.importorskip("duckdb")
pytest.importorskip("mcp")

SERVER = Path(__file__).parents[2] / "notebooks" / "data" / "08_desk_server.py"
SKILLS = SERVER.parent / "08_skills"
ADD = f"%loom mcp add desk -- {quote(sys.executable)} {quote(str(SERVER))}"


@tool
def weather(city: str, days: int = 1) -> str:
    """The weather of tomorrow."""
    if city == "Atlantis":
        raise ValueError("there is no such city")
    return "sun"


def agent(*calls: ToolCall, **options: object) -> Agent:
    model = ScriptedModel([*(ScriptedTurn(tool_calls=[one]) for one in calls), "done"])
    return Agent("x", model=model, **options)  # type: ignore[arg-type]  # any keyword of an agent


def row(text: str, name: str) -> str:
    """The line of a tool, its columns with one space between them."""
    return next(" ".join(line.split()) for line in text.splitlines() if line.startswith(name))


def test_a_tool_shows_its_source_arguments_permission_and_calls(echo: Shell) -> None:
    calls = [ToolCall(tool="weather", args={"city": city}) for city in ("Lyon", "Atlantis", "Oslo")]
    policy = StandardPermissions(denied_tools=["load_skill"])
    echo["mine"] = agent(*calls, tools=[weather, bash_tool()], skills=[SKILLS], permissions=policy, name="mine")
    before = echo.ok("%loom tools mine").text
    assert row(before, "weather").endswith("city: string, days?: integer ✓ allowed 0 0 0")
    echo.ok("%%loom --agent mine --quiet\nhow is it?")
    cell = echo.ok("%loom tools mine")
    assert row(cell.text, "weather").endswith("✓ allowed 3 1 0")
    assert "built-in" in row(cell.text, "bash")
    assert "? asks" in row(cell.text, "bash")
    assert "skills" in row(cell.text, "load_skill")
    assert "✕ denied" in row(cell.text, "load_skill")
    assert "The weather of tomorrow." in cell.html


def test_two_users_are_told_what_each_is_allowed(echo: Shell) -> None:
    strict = StandardPermissions(denied_tools=["weather"])
    policy = PerUserPermissions(policies={"bob": strict}, default=StandardPermissions())
    echo["mine"] = agent(tools=[weather], permissions=policy)
    assert "✓ allowed" in row(echo.ok("%loom tools mine").text, "weather")
    bobs = echo.ok("%loom tools mine --user bob").text
    assert "✕ denied" in row(bobs, "weather")
    assert "for bob" in bobs


def test_a_policy_that_wants_arguments_leaves_it_open(echo: Shell) -> None:
    class Picky:
        async def check(self, call: ToolCall, *, context: object, user_id: str | None = None) -> object:
            raise KeyError(call.args["city"])

    echo["mine"] = agent(tools=[weather], permissions=Picky())
    assert "depends on the call" in echo.ok("%loom tools mine").text


def test_calls_of_another_agent_are_not_counted(echo: Shell) -> None:
    call = ToolCall(tool="weather", args={"city": "Lyon"})
    echo["one"], echo["two"] = agent(call, tools=[weather], name="one"), agent(tools=[weather], name="two")
    echo.ok("%%loom --agent one --quiet\nx")
    assert row(echo.ok("%loom tools two").text, "weather").endswith("0 0 0")


def test_without_an_agent_it_says_what_to_type(echo: Shell) -> None:
    error = echo.run("%loom tools").error
    assert isinstance(error, ConfigError)
    echo["mine"] = agent()
    assert "%loom tools mine" in str(echo.run("%loom tools").error)
    assert "mine" in str(echo.run("%loom tools mime").error)


def test_a_server_is_added_listed_used_by_an_agent_and_removed(echo: Shell) -> None:
    added = echo.ok(f"{ADD.replace(' -- ', ' as servers -- ')}")
    assert "opening_time" in added.text
    assert "Agent(…, tools=servers)" in added.text
    call = ToolCall(tool="opening_time", args={"day": "Friday"})
    echo["mine"] = agent(call, tools=echo["servers"], name="mine")
    echo.ok("%%loom --agent mine --quiet\nwhen?")
    assert row(echo.ok("%loom tools mine").text, "opening_time").endswith("✓ allowed 1 0 0")
    assert "MCP server desk" in row(echo.ok("%loom tools mine").text, "opening_time")
    assert "day: string" in echo.ok("%loom mcp list").text
    again = echo.run(ADD).error
    assert isinstance(again, ConfigError)
    assert "%loom mcp remove desk" in str(again)
    assert "no MCP servers" in echo.ok("%loom mcp remove desk").text
    assert echo["servers"].server_names == []


def test_a_server_that_does_not_come_up_is_told_with_its_last_words_and_not_kept(echo: Shell) -> None:
    error = echo.run(f"%loom mcp add bad -- {quote(sys.executable)} -c \"raise SystemExit('no database here')\"").error
    assert isinstance(error, MCPError)
    assert "no database here" in str(error)
    missing = echo.run("%loom mcp add bad -- no-such-program-of-ours").error
    assert "no program 'no-such-program-of-ours'" in str(missing)
    assert "no MCP servers" in echo.ok("%loom mcp list").text


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("%loom mcp ad x", "add"),
        ("%loom mcp add", "needs a name"),
        ("%loom mcp add desk", "needs a command after --"),
        ("%loom mcp add desk --", "needs a command after --"),
        ("%loom mcp remove nobody", "there is no MCP server 'nobody'"),
        ("%loom mcp remove", "takes the name of one server"),
        ("%loom mcp list as 3x", "no name for a variable"),
        ("%loom mcp list desk", "takes no 'desk'"),
    ],
)
def test_a_mistake_is_one_sentence_with_the_remedy(echo: Shell, line: str, said: str) -> None:
    error = echo.run(line).error
    assert isinstance(error, ConfigError)
    assert said in str(error)


def test_both_commands_complete(echo: Shell) -> None:
    from loomlab.notebook.commands import COMMANDS

    echo["mine"] = agent()
    notebook = echo.ip.__dict__["_loomlab_notebook"]
    assert list(COMMANDS["tools"].complete(notebook, [])) == ["mine"]
    assert list(COMMANDS["mcp"].complete(notebook, [])) == ["add", "list", "remove"]
    assert list(COMMANDS["mcp"].complete(notebook, ["remove"])) == []
