"""Real servers in real processes: what they offer, and what becomes of one that breaks its word."""

import sys
from pathlib import Path
from typing import Any

import anyio
import pytest

from loomlab import Agent, ScriptedModel, ScriptedTurn, StandardPermissions, ToolCall
from loomlab.core import MCPError, Role, ToolHost
from loomlab.mcp import MCPClient, MCPRegistry, MCPServerSpec

pytestmark = pytest.mark.anyio


async def test_all_pages_of_tools_are_listed_and_called(shop: MCPServerSpec) -> None:
    async with MCPRegistry([shop]) as servers:
        assert isinstance(servers, ToolHost)
        listed = {one.name: one for one in await servers.list_tools()}
        assert len(listed) == 13
        assert {one.server for one in listed.values()} == {"shop"}
        assert [one.name for one in await servers.list_tools(query="TWO NUM")] == ["add"]
        assert [name for name, one in listed.items() if one.destructive] == ["wipe"]
        result = await servers.call("add", {"a": 1, "b": 2}, call_id="c")
        assert (result.call_id, result.ok, result.output) == ("c", True, 3)


async def test_what_goes_wrong_is_an_error_that_says_so(shop: MCPServerSpec) -> None:
    async with MCPRegistry([shop]) as servers:
        failed = await servers.call("fails", {})
        assert (failed.ok, failed.error) == (False, "no such thing")
        assert "did you mean 'add'" in str((await servers.call("addd", {})).error)
        lied = await servers.call("liar", {})
        assert not lied.ok
        assert "not of type 'number'" in str(lied.error)
        assert (await servers.call("picture", {})).output == "[image/png, 6 bytes]"


async def test_a_call_that_hangs_is_stopped_and_the_next_one_goes_on(shop: MCPServerSpec) -> None:
    async with MCPClient(shop, timeout=1) as client:
        assert "longer than 1 s" in str((await client.call_tool("hang", {})).error)
        assert (await client.call_tool("add", {"a": 1, "b": 1})).output == 2


async def test_a_cancelled_call_leaves_the_connection_usable(shop: MCPServerSpec) -> None:
    async with MCPClient(shop) as client:
        with anyio.move_on_after(0.5) as clock:
            await client.call_tool("hang", {})
        assert clock.cancelled_caught
        assert (await client.call_tool("add", {"a": 1, "b": 1})).output == 2


async def test_a_server_that_crashes_says_its_last_words_and_comes_up_again(shop: MCPServerSpec) -> None:
    async with MCPRegistry([shop]) as servers:
        crashed = await servers.call("crash", {})
        assert "went away" in str(crashed.error)
        assert "the shop is on fire" in str(crashed.error)
        assert "may or may not have been done" in str(crashed.error)
        assert not servers.client("shop").is_connected
        assert (await servers.call("add", {"a": 2, "b": 2})).output == 4


async def test_a_flood_is_cut_and_does_not_stop_the_server(shop: MCPServerSpec) -> None:
    async with MCPRegistry([shop]) as servers:
        output = str((await servers.call("flood", {})).output)
        assert len(output) < 210_000
        assert output.endswith("more characters]")
        assert (await servers.call("add", {"a": 2, "b": 2})).output == 4


async def test_a_tool_that_is_renamed_meanwhile_is_known_by_its_new_name(shop: MCPServerSpec) -> None:
    async with MCPRegistry([shop]) as servers:
        assert (await servers.call("old_name", {})).output == "old_name done"
        heard: list[tuple[str, str]] = []
        await servers.call("rename", {})
        with anyio.fail_after(20):
            while "new_name" not in {one.name for one in await servers.list_tools()}:  # noqa: ASYNC110
                await anyio.sleep(0.01)
        assert "did you mean 'new_name'" in str((await servers.call("old_name", {})).error)
        assert (await servers.call("new_name", {})).output == "new_name done"
        assert heard == []


async def test_no_key_of_this_process_reaches_a_server(shop: MCPServerSpec, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    with_city = MCPServerSpec.stdio("shop", str(shop.command), shop.args, {"CITY": "Lyon"})
    async with MCPClient(with_city) as client:
        output = str((await client.call_tool("environment", {})).output).split()
    assert "OPENAI_API_KEY" not in output
    assert "CITY" in output


async def test_progress_is_heard(shop: MCPServerSpec) -> None:
    heard: list[tuple[Any, ...]] = []
    async with MCPClient(shop, on_progress=lambda *told: heard.append(told)) as client:
        assert (await client.call_tool("slow", {})).output == "done"
    assert heard == [("slow", float(step), 3.0, f"step {step}") for step in range(3)]


async def test_what_cannot_be_started_or_reached_is_told(tmp_path: Path) -> None:
    for spec, told in (
        (MCPServerSpec.stdio("a", "no-such-program"), "there is no program 'no-such-program'"),
        (MCPServerSpec.stdio("b", sys.executable, ["-c", "raise SystemExit('no config')"]), "it said last: no config"),
        (MCPServerSpec.http("c", "http://127.0.0.1:9/mcp"), "at http://127.0.0.1:9/mcp can't be reached"),
    ):
        with pytest.raises(MCPError, match=told):
            await MCPClient(spec).connect()
    for spec in (MCPServerSpec("d", "stdio"), MCPServerSpec("e", "http")):
        with pytest.raises(MCPError, match="has no"):
            MCPClient(spec)


async def test_a_server_that_never_answers_is_given_up(shop: MCPServerSpec) -> None:
    silent = MCPServerSpec.stdio("silent", str(shop.command), [*shop.args, "--silent"])
    with pytest.raises(MCPError, match="did not answer within 1 s"):
        await MCPClient(silent, connect_timeout=1).connect()


async def test_noise_on_the_output_does_no_harm(shop: MCPServerSpec) -> None:
    noisy = MCPServerSpec.stdio("noisy", str(shop.command), [*shop.args, "--noise"])
    async with MCPClient(noisy) as client:
        assert (await client.call_tool("add", {"a": 2, "b": 2})).output == 4


async def test_a_name_that_two_servers_have_says_whose_it_is(shop: MCPServerSpec, web: str) -> None:
    async with MCPRegistry([shop, MCPServerSpec.http("web", web)]) as servers:
        names = [one.name for one in await servers.list_tools()]
        assert {"shop.add", "web.add", "wipe"} <= set(names)
        assert "add" not in names
        assert (await servers.call("web.add", {"a": 2, "b": 3})).output == 5
        assert (await servers.call("shop.add", {"a": 2, "b": 4})).output == 6
        with pytest.raises(MCPError, match="two MCP servers are named 'web'"):
            servers.add(MCPServerSpec.http("web", web))
        with pytest.raises(MCPError, match="did you mean 'shop'"):
            servers.client("shoop")


async def test_resources_and_prompts_of_a_server_over_http(web: str) -> None:
    async with MCPClient(MCPServerSpec.http("web", web)) as client:
        assert [str(one.uri) for one in await client.list_resources()] == ["page://home"]
        assert await client.read_resource("note://milk") == ["the note milk"]
        assert [one.name for one in await client.list_prompts()] == ["greet"]
        (message,) = await client.get_prompt("greet", {"name": "Ada"})
        assert (message.role, message.content) == (Role.USER, "Greet Ada.")
        with pytest.raises(MCPError, match="failed"):
            await client.get_prompt("nobody")


async def test_one_server_that_is_down_takes_no_other_with_it(shop: MCPServerSpec) -> None:
    servers = MCPRegistry([MCPServerSpec.stdio("down", "no-such-program"), shop])
    assert len(await servers.list_tools()) == 13
    assert list(servers.failures) == ["down"]
    assert "no program" in str((await servers.call("its_tool", {})).error)
    with pytest.raises(MCPError, match="no program"):
        await servers.connect()
    await servers.aclose()


async def test_a_server_of_a_public_package() -> None:
    program = str(Path(sys.executable).parent / "mcp-server-time")
    async with MCPRegistry([MCPServerSpec.stdio("time", program, ["--local-timezone=UTC"])]) as servers:
        asked = {"source_timezone": "Europe/Paris", "time": "12:00", "target_timezone": "Asia/Tokyo"}
        output = (await servers.call("convert_time", asked)).output
        assert "T20:00:00+09:00" in str(output) or "T19:00:00+09:00" in str(output)


# ------------------------------------------------------------------------------------------------- on an agent


async def test_the_gate_sees_every_call_of_an_agent_with_two_servers(shop: MCPServerSpec, web: str) -> None:
    asked: list[tuple[str, str | None]] = []

    async def decide(call: ToolCall, user_id: str | None) -> bool:
        asked.append((call.tool, user_id))
        return user_id == "alice"

    async with MCPRegistry([shop, MCPServerSpec.http("web", web)]) as servers:
        for user in ("alice", "bob"):
            steps = [ToolCall(tool=name, args=args) for name, args in (("web.add", {"a": 1, "b": 2}), ("wipe", {}))]
            model = ScriptedModel([ScriptedTurn(tool_calls=steps), "Done."])
            agent = Agent(
                "You count.", model=model, tools=servers, permissions=StandardPermissions(), approval_handler=decide
            )
            await agent.run("Count.", user_id=user)
            told = [one.content for one in model.requests[1].messages if one.role is Role.TOOL]
            assert told[0] == "3"
            assert (told[1] == "wipe done") is (user == "alice")
            assert told[1].startswith("DENIED") is (user == "bob")
    assert asked == [("wipe", "alice"), ("wipe", "bob")]


async def test_a_hostile_description_stays_a_description(shop: MCPServerSpec) -> None:
    async with MCPRegistry([shop]) as servers:
        model = ScriptedModel(["Hello."])
        await Agent("You help.", model=model, tools=servers).run("Hi")
    (request,) = model.requests
    assert "Ignore all" not in "".join(one.content for one in request.messages)
    (hostile,) = [one for one in request.tools or () if one.name == "hostile"]
    assert "Ignore all" in hostile.description


async def test_one_connection_serves_many_runs_at_once(shop: MCPServerSpec) -> None:
    async with MCPRegistry([shop]) as servers:
        results: list[Any] = []

        async def add(number: int) -> None:
            results.append((number, (await servers.call("add", {"a": number, "b": 1})).output))

        async with anyio.create_task_group() as group:
            for number in range(40):
                group.start_soon(add, number)
    assert sorted(results) == [(number, number + 1) for number in range(40)]


def test_a_registry_outlives_the_event_loop_it_was_made_in(shop: MCPServerSpec) -> None:
    servers = MCPRegistry([shop])

    async def add() -> Any:
        return (await servers.call("add", {"a": 1, "b": 1})).output

    assert [anyio.run(add), anyio.run(add)] == [2, 2]
    anyio.run(servers.aclose)


def test_secrets_are_not_shown() -> None:
    spec = MCPServerSpec.stdio("x", "run", env={"API_TOKEN": "geheim", "CITY": "Lyon"})
    assert "geheim" not in repr(spec)
    assert "Lyon" in repr(spec)
    assert spec.env == (("API_TOKEN", "geheim"), ("CITY", "Lyon"))
    with pytest.raises(TypeError, match="MCPServerSpec and MCPClient"):
        MCPRegistry(["shop"])  # type: ignore[list-item]
