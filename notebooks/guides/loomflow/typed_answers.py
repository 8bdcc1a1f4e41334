import asyncio

from loomflow import Agent, OutputValidationError
from pydantic import BaseModel


class Complaint(BaseModel):
    order: int
    problem: str
    wish: str


class Praise(BaseModel):
    order: int
    stars: int


async def main() -> None:
    agent = Agent("Extract.", model="gpt-4.1-mini", output_schema=Complaint)
    letter = "The drawer of my walnut table, order 1043, arrived cracked. Please send a new one!"
    complaint = (await agent.run(letter)).parsed
    print(complaint.order, "·", complaint.wish)

    try:
        await agent.run(letter, output_schema=Praise, output_validation_retries=0)
    except OutputValidationError as error:
        print(type(error.cause).__name__, "stars" in str(error.cause))


asyncio.run(main())
