"""Agents and workflows as tools of other agents: one text in, the output out, for the caller's user."""

from typing import Any

import pytest

from loomlab import Agent, BudgetConfig, ConfigError, ScriptedModel, ScriptedTurn, StandardBudget, ToolCall, Workflow
from loomlab import get_run_context as context

pytestmark = pytest.mark.anyio


def caller(name: str, args: dict[str, Any], tools: Any) -> tuple[Agent, ScriptedModel]:
    model = ScriptedModel([ScriptedTurn(tool_calls=[ToolCall(id="c1", tool=name, args=args)]), ScriptedTurn(text="ok")])
    return Agent("boss", model=model, tools=tools), model


async def answer(name: str, args: dict[str, Any], tools: Any, **options: Any) -> str:
    agent, model = caller(name, args, tools)
    await agent.run("go", **options)
    return model.requests[1].messages[-1].content


async def whose(text: str) -> str:
    return f"{text} for {context().user_id} in {context().session_id}"


async def test_a_workflow_runs_for_the_callers_user_in_the_callers_conversation() -> None:
    tool = Workflow.chain([whose], name="look", description="Looks it up.").as_tool()
    assert (tool.name, tool.description) == ("look", "Looks it up.")
    assert tool.input_schema["properties"] == {"input": {"type": "string"}} and tool.input_schema["required"] == [
        "input"
    ]
    for user in ("alice", "bob"):
        said = await answer("look", {"input": "it"}, [tool], user_id=user, session_id=f"s_{user}")
        assert said == f"it for {user} in s_{user}"


async def test_name_description_and_argument_can_be_chosen_and_the_argument_is_needed() -> None:
    tool = Workflow.chain([whose], name="two words").as_tool(name="find", description="Finds.", input_arg="query")
    assert (tool.name, tool.description) == ("find", "Finds.")
    assert (await answer("find", {"query": "it"}, [tool], user_id="alice", session_id="s")).startswith("it for alice")
    assert "query" in await answer("find", {}, [tool])
    with pytest.raises(ConfigError, match="no name for a tool"):
        Workflow.chain([whose], name="two words").as_tool()
    with pytest.raises(ConfigError, match="input_arg"):
        Workflow.chain([whose]).as_tool(input_arg="two words")


async def test_a_description_is_made_of_the_steps_where_there_is_none() -> None:
    assert "whose" in Workflow.chain([whose], name="look").as_tool().description


async def test_an_output_that_is_no_text_reaches_the_model_as_json() -> None:
    tool = Workflow.chain([lambda text: {"found": [text]}], name="look").as_tool()
    assert await answer("look", {"input": "it"}, [tool]) == '{"found":["it"]}'


async def test_an_error_inside_is_an_error_of_the_tool_and_the_agent_goes_on() -> None:
    tool = Workflow.chain([lambda text: 1 // 0], name="look").as_tool()
    assert "ERROR" in await answer("look", {"input": "it"}, [tool])


async def test_an_agent_is_a_tool_for_another_and_its_costs_are_the_callers() -> None:
    expert = Agent("You know birds.\nAll of them.", model="echo", name="birds")
    tool = expert.as_tool()
    assert (tool.name, tool.description) == ("birds", "You know birds.")
    agent, model = caller("birds", {"input": "a wren?"}, [tool])
    result = await agent.run("go", user_id="alice")
    assert model.requests[1].messages[-1].content == "Echo: a wren?"
    assert result.turns == 3 and result.tokens_out == 3
    assert [one.input for one in await expert.recall("wren", user_id="alice")] == ["a wren?"]
    assert await expert.recall("wren", user_id="bob") == []


async def test_one_that_could_not_finish_says_so_to_the_model() -> None:
    spent = StandardBudget(BudgetConfig(max_tokens=1))
    expert = Agent("hi", model="echo", name="expert", budget=spent)
    await expert.run("spend it")
    for tool in (expert.as_tool(), Workflow.chain([expert], name="expert").as_tool()):
        said = await answer("expert", {"input": "it"}, [tool])
        assert "ERROR" in said and "did not finish" in said and "budget:max_tokens" in said
