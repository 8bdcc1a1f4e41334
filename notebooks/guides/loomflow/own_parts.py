import asyncio

from loomflow import Agent, RunContext, ScriptedModel, ScriptedTurn, ToolCall, set_run_context, tool
from loomflow.core import ModelChunk, Usage


class Backwards:
    """A model of our own."""

    name = "backwards"

    async def stream(self, messages, *, tools=None, **settings):
        yield ModelChunk(kind="text", text=messages[-1].content[::-1])
        yield ModelChunk(kind="finish", finish_reason="stop", usage=Usage(input_tokens=1, output_tokens=1))


@tool
async def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


async def main() -> None:
    print((await Agent("Speak.", model=Backwards()).run("lamp")).output)

    turns = [ScriptedTurn(tool_calls=[ToolCall(tool="add", args={"a": 2, "b": 3})]), ScriptedTurn(text="It is 5.")]
    agent = Agent("Add.", model=ScriptedModel(turns), tools=[add])
    async with set_run_context(RunContext(user_id="alice")):
        print((await agent.run("2 + 3?")).output)
    print(await agent.tools_list())


asyncio.run(main())
