import asyncio

from loomflow import Agent
from loomflow.architecture import RouterRoute
from loomflow.team import Team


async def main() -> None:
    billing = Agent("You handle bills.", model="gpt-4.1-mini")
    delivery = Agent("You handle deliveries.", model="gpt-4.1-mini")
    team = Team.router(
        routes=[
            RouterRoute(name="billing", agent=billing, description="money"),
            RouterRoute(name="delivery", agent=delivery, description="parcels"),
        ],
        instructions="The front desk.",
        model="gpt-4.1-mini",
    )
    print((await team.run("I was charged twice for order 1042.")).output)

    mermaid = await team.generate_graph()
    print(mermaid.splitlines()[0], "classify" in mermaid)


asyncio.run(main())
