import asyncio
from pathlib import Path

from loomflow import Agent, ConfigError


async def main() -> None:
    agent = Agent.from_config(Path(__file__).with_name("agent.toml"))
    print((await agent.run("Do you know my name?")).output)
    try:
        Agent.from_dict({"model": "echo"})
    except ConfigError as error:
        print("instructions" in str(error))


asyncio.run(main())
