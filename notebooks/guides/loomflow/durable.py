import asyncio

from loomflow import Agent, tool
from loomflow.runtime import SqliteRuntime

paid = []


@tool
async def refund(order: int, euros: int) -> str:
    """Pay money back."""
    paid.append(order)
    return f"{euros} € paid back for order {order}"


def cashier() -> Agent:
    runtime = SqliteRuntime("journal.db")
    return Agent(
        "You are the desk of a furniture shop.",
        model="gpt-4.1-mini",
        tools=[refund],
        runtime=runtime,
        auto_extract=False,
    )


async def main() -> None:
    await cashier().run("Refund order 1042, please.", session_id="r1")
    result = await cashier().resume("r1", "Refund order 1042, please.")
    print(result.output)
    print("paid back", len(paid), "time")


asyncio.run(main())
