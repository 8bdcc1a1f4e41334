import asyncio

from loomflow import Agent, tool


@tool
async def find_order(number: int) -> str:
    """Look up an order."""
    return {1042: "desk lamp, 39 €, arrives on Tuesday"}.get(number, "no such order")


async def main() -> None:
    agent = Agent("You are the desk of a furniture shop.", model="gpt-4.1-mini", tools=[find_order])
    result = await agent.run("Where is order 1042?")
    print(result.output)
    print(result.turns, "turns")

    kinds = [event.kind.value async for event in agent.stream("Where is order 1042?")]
    print(kinds[0], *sorted({kind for kind in kinds if "tool" in kind}), kinds[-1])


asyncio.run(main())
