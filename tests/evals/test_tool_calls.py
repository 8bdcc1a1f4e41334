"""Tool calls: what a case offers is offered, what is called is judged."""

from datetime import UTC, datetime
from typing import Any

import pytest

from loomlab import Agent, ScriptedModel, ScriptedTurn, ToolCall
from loomlab.core.results import RunResult
from loomlab.evals import Case, Dataset, ScoreState, evaluate, scorers

NOW = datetime.now(UTC)
RESULT = RunResult(session_id="s", output="", turns=1, started_at=NOW, finished_at=NOW)
AREA = {"name": "area", "arguments": {"base": [10], "unit": ["cm", "centimetre"]}, "optional": ["unit"]}


def judge(target: Any, *calls: ToolCall, **options: Any) -> Any:
    return scorers.tool_calls(**options)(RESULT, Case("c", "q", target), list(calls))


def call(tool: str, **args: Any) -> ToolCall:
    return ToolCall(tool=tool, args=args)


@pytest.mark.parametrize(
    ("target", "calls", "value"),
    [
        ([AREA], [call("area", base=10)], 1),
        ([AREA], [call("area", base=10.0, unit="CM")], 1),
        ([AREA], [call("area", base=10, unit="inch")], 0),
        ([AREA], [call("area", unit="cm")], 0),
        ([AREA], [call("area", base=10, colour="red")], 0),
        ([AREA], [call("aria", base=10)], 0),
        ([AREA], [], 0),
        ([AREA], [call("area", base=10), call("area", base=10)], 0),
        ([AREA], [ToolCall(tool="area", args={"base": 10}, error="broken JSON")], 0),
        ([], [], 1),
        ([], [call("area", base=10)], 0),
        ([{"name": "f", "arguments": {"on": [True]}}], [call("f", on=1)], 0),
        ([{"name": "f", "arguments": {"xs": [[1, 2]]}}], [call("f", xs=[1, 2])], 1),
        ([{"name": "f", "arguments": {"xs": [[1, 2]]}}], [call("f", xs=[2, 1])], 0),
        ([{"name": "f", "arguments": {"o": [{"w": [20], "h": [12, ""]}]}}], [call("f", o={"w": 20})], 1),
        ([{"name": "f", "arguments": {"o": [{"w": [20], "h": [12]}]}}], [call("f", o={"w": 20})], 0),
        ([{"name": "f", "arguments": {"t": ["New York, NY"]}}], [call("f", t="new york NY")], 1),
    ],
)
def test_calls_are_right_or_wrong(target: Any, calls: list[ToolCall], value: float) -> None:
    assert judge(target, *calls).value == value


def test_order_counts_where_it_is_asked_for() -> None:
    two = [{"name": "f", "arguments": {"x": [1]}}, {"name": "f", "arguments": {"x": [2]}}]
    swapped = (call("f", x=2), call("f", x=1))
    assert judge(two, *swapped).value == 1
    assert judge(two, *swapped, ordered=True).value == 0


def test_strict_text_is_compared_as_it_is() -> None:
    target = [{"name": "f", "arguments": {"t": ["New York"]}}]
    assert judge(target, call("f", t="new york"), loose_text=False).value == 0


def test_a_wrong_call_says_what_is_wrong_with_it() -> None:
    assert judge([AREA], call("area", base=9)).reason == "area: base is 9, expected 10"
    assert judge([AREA], call("area")).reason == "area: the argument 'base' is missing"
    assert judge("area").state is ScoreState.UNSCORED


@pytest.mark.anyio
async def test_an_agent_is_offered_the_tools_of_the_case_and_its_calls_are_judged() -> None:
    shown: list[list[str]] = []

    class Spy(ScriptedModel):
        async def complete(self, messages: Any, **options: Any) -> Any:
            shown.append([one.name for one in options.get("tools") or ()])
            return await super().complete(messages, **options)

    schema = {"type": "object", "properties": {"base": {"type": "integer"}}, "required": ["base"]}
    tools = [{"name": "geometry.area", "description": "Area.", "parameters": schema}]
    target = [{"name": "geometry.area", "arguments": {"base": [10]}}]
    dataset = Dataset([Case(name, "q", target, metadata={"tools": tools}) for name in ("right", "wrong")])
    calls = [ToolCall(tool="geometry.area", args={"base": base}) for base in (10, 9)]
    turns = [ScriptedTurn(tool_calls=[calls[0]]), ScriptedTurn(text="ok")]
    turns += [ScriptedTurn(tool_calls=[calls[1]]), ScriptedTurn(text="ok")]
    agent = Agent("Call.", model=Spy(turns))
    judges = [scorers.tool_calls(), scorers.exact()]
    ev = await evaluate(dataset, {"a": agent}, scorers=judges, max_concurrency=1)
    assert [t.score("tool_calls") for t in ev.trials] == [1.0, 0.0]
    assert all(names == ["geometry.area"] for names in shown)
    assert await agent.tools_list() == []  # the agent's own tools are as they were


@pytest.mark.anyio
async def test_a_case_with_tools_that_are_none_is_an_error_of_that_case() -> None:
    agent = Agent("Call.", model=ScriptedModel([ScriptedTurn(text="x")]))
    dataset = Dataset([Case("a", "q", "x", metadata={"tools": "hammer"}), Case("b", "q", "x")])
    first, second = (await evaluate(dataset, {"a": agent}, scorers=scorers.exact(), max_concurrency=1)).trials
    assert first.error is not None and "the case 'a' has metadata 'tools'" in first.error
    assert second.score("exact") == 1
