import asyncio

from loomflow import END, START, Agent, Workflow, step


@step
async def tidy(text: str) -> str:
    return " ".join(text.split())


async def shout(text: str) -> str:
    return text.upper()


async def main() -> None:
    writer = Agent("You write.", model="gpt-4.1-mini")
    chain = Workflow.chain([tidy, writer, shout], name="window")
    result = await chain.run("  Two short sentences   for the shop window. ")
    print(result.output)
    print(len(result.visited), "steps")

    both = await Workflow.parallel([tidy, shout]).run(" a  lamp ")
    print(both.output)

    loop = Workflow("countdown")
    loop.add_node("less", lambda number: number - 1)
    loop.add_edge(START, "less")
    loop.add_router("less", lambda number: "done" if number == 0 else "again", {"done": END, "again": "less"})
    print((await loop.run(3)).output)

    print(chain.as_tool(name="window").name)


asyncio.run(main())
