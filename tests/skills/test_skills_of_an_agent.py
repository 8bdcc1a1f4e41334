"""An agent with skills: a line each at rest, the rest when the model asks, its tools from then on."""

from collections.abc import Callable
from pathlib import Path

import pytest

from loomlab import Agent, ScriptedModel, ScriptedTurn, StandardPermissions, ToolCall, tool
from loomlab.skills import Skill, SkillError, SkillRegistry, SkillSource, make_load_skill_tool
from loomlab.tools import InProcessToolHost

pytestmark = pytest.mark.anyio
Write = Callable[..., Path]

HEAD = "tools:\n  add:\n    script: add.py\n    args: {a: integer, b: integer}\n"
ADD = {"add.py": "import sys\nprint(int(sys.argv[1]) + int(sys.argv[2]))\n"}


def calls(*steps: tuple[str, dict[str, object]]) -> list[ScriptedTurn | str]:
    return [*(ScriptedTurn(tool_calls=[ToolCall(tool=name, args=dict(args))]) for name, args in steps), "Done."]


async def test_the_model_reads_a_skill_and_then_calls_its_tool(write: Write) -> None:
    write("calc", "Arithmetic.", body="Use calc__add.", head=HEAD, files=ADD)
    model = ScriptedModel(calls(("load_skill", {"name": "calc"}), ("calc__add", {"a": 2, "b": 3})))
    agent = Agent("You count.", model=model, skills=[write("other").parent])
    assert "  - calc [+1 tool]: Arithmetic." in agent.instructions
    await agent.run("What is 2 + 3?")
    offered = [[one.name for one in request.tools or ()] for request in model.requests]
    assert offered == [["load_skill"], ["load_skill", "calc__add"], ["load_skill", "calc__add"]]
    assert "Use calc__add." in model.requests[1].messages[-1].content
    assert "Use calc__add." not in model.requests[0].messages[0].content
    assert model.requests[2].messages[-1].content == "5"


async def test_fifty_skills_cost_a_line_each_at_rest(write: Write) -> None:
    for number in range(50):
        write(f"skill-{number}", "Does one thing well, and says when to use it.", body="long text " * 500)
    agent = Agent("You help.", model="echo", skills=[write("last").parent])
    words = len(agent.instructions.split())
    assert words < 51 * 20


def test_the_later_layer_wins(write: Write) -> None:
    base = write("style", "The base.", body="base", under="base").parent
    mine = write("style", "Mine.", body="mine", under="project").parent
    registry = SkillRegistry([base, (mine, "Project")])
    assert registry.names() == ["style"]
    assert registry.load("style") == "mine"
    assert registry.get("style").metadata.to_catalog_line() == "  - style [Project]: Mine."


def test_a_source_is_searched_at_any_depth_and_links_that_turn_back_end(write: Write, tmp_path: Path) -> None:
    folder = write("deep", under="top/a/b")
    (folder.parent / "loop").symlink_to(tmp_path / "top")
    (tmp_path / "linked").symlink_to(tmp_path / "top")
    assert [one.name for one in SkillSource.coerce(tmp_path / "linked").discover()] == ["deep"]
    with pytest.raises(SkillError, match="does not exist"):
        SkillRegistry([tmp_path / "nowhere"])
    with pytest.raises(TypeError, match="path or"):
        SkillSource.coerce(3)  # type: ignore[arg-type]
    (tmp_path / "empty").mkdir()
    with pytest.warns(UserWarning, match="no skill"):
        SkillRegistry([tmp_path / "empty"])


def test_tools_come_the_first_time_only(write: Write) -> None:
    registry = SkillRegistry([write("calc", head=HEAD, files=ADD)])
    assert not registry.is_loaded("calc")
    assert [one.name for one in registry.load_with_tools("calc")[1]] == ["calc__add"]
    assert registry.is_loaded("calc")
    assert registry.load_with_tools("calc")[1] == []
    with pytest.raises(SkillError, match="did you mean 'calc'"):
        registry.load("calk")


async def test_two_hosts_that_share_a_registry_both_get_the_tools(write: Write) -> None:
    registry = SkillRegistry([write("calc", head=HEAD, files=ADD)])
    hosts = InProcessToolHost(), InProcessToolHost()
    for host in hosts:
        host.register(make_load_skill_tool(registry, host=host))
        await host.call("load_skill", {"name": "calc"})
        assert (await host.call("calc__add", {"a": 1, "b": 1})).output == "2"


async def test_a_skill_added_later_can_be_asked_for(write: Write) -> None:
    agent = Agent("You help.", model="echo", skills=[write("one")])
    assert agent.skills is not None
    agent.skills.add(Skill.from_text("---\nname: two\ndescription: Second.\n---\nHello"))
    assert "  - two: Second." in agent.instructions
    (definition,) = await agent.tool_host.list_tools()
    assert definition.input_schema["properties"]["name"]["enum"] == ["one", "two"]
    assert (await agent.tool_host.call("load_skill", {"name": "two"})).output == "Hello"
    assert agent.skills.remove("two")
    assert "Second." not in agent.instructions


async def test_a_host_that_was_given_stays_as_it_is(write: Write) -> None:
    @tool
    def look() -> str:
        """Look."""
        return "seen"

    host = InProcessToolHost([look])
    agent = Agent("You help.", model="echo", tools=host, skills=[write("calc", head=HEAD, files=ADD)])
    await agent.tool_host.call("load_skill", {"name": "calc"})
    assert await agent.tools_list() == ["look", "load_skill", "calc__add"]
    assert [one.name for one in await host.list_tools()] == ["look"]
    agent.add_tool(Agent("A friend.", model="echo").as_tool(name="friend"))
    assert "friend" in await agent.tools_list()


async def test_a_tool_of_a_skill_passes_the_gate_like_any_other(write: Write) -> None:
    head = HEAD.replace("    script: add.py", "    script: add.py\n    destructive: true")
    steps = calls(("load_skill", {"name": "calc"}), ("calc__add", {"a": 1, "b": 2}))
    for user, allowed in (("alice", True), ("bob", False)):
        model = ScriptedModel(list(steps))
        asked: list[str] = []

        async def decide(call: ToolCall, user_id: str | None, asked: list[str] = asked) -> bool:
            asked.append(call.tool)
            return user_id == "alice"

        agent = Agent(
            "You count.",
            model=model,
            skills=[write("calc", head=head, files=ADD)],
            permissions=StandardPermissions(),
            approval_handler=decide,
        )
        await agent.run("1 + 2", user_id=user)
        told = model.requests[-1].messages[-1].content
        assert asked == ["calc__add"]
        assert (told == "3") is allowed
        assert told.startswith("DENIED") is not allowed


async def test_a_file_of_a_skill_is_read_when_asked_for(write: Write) -> None:
    agent = Agent("You help.", model="echo", skills=[write("docs", files={"refs/api.md": "the api"})])
    read = await agent.tool_host.call("load_skill", {"name": "docs"})
    assert "refs/api.md" in str(read.output)
    assert (await agent.tool_host.call("load_skill", {"name": "docs", "file": "refs/api.md"})).output == "the api"
    outside = await agent.tool_host.call("load_skill", {"name": "docs", "file": "../x"})
    assert str(outside.output).startswith("ERROR")
