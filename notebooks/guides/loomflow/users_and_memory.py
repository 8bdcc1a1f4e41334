import asyncio
import os
from datetime import UTC, datetime

from loomflow import Agent, Fact

EXPORT = os.environ.get("EXPORT_TO")


async def main() -> None:
    agent = Agent("You are the desk of a furniture shop.", model="gpt-4.1-mini", memory="sqlite:./shop.db")

    for user, text in [
        ("alice", "I am Alice, and I furnish a small flat."),
        ("alice", "Do you know my name?"),
        ("bob", "Do you know my name?"),
    ]:
        result = await agent.run(text, user_id=user, session_id=f"{user}-1")
        print(f"{user}: {result.output}")

    since = {"valid_from": datetime(2025, 3, 1, tzinfo=UTC), "recorded_at": datetime(2025, 3, 2, tzinfo=UTC)}
    lives = Fact(user_id="alice", subject="alice", predicate="lives_in", object="Lyon", **since)
    await agent.memory.facts.append(lives)
    for user in ("alice", "bob"):
        facts = await agent.memory.recall_facts("Where does alice live?", user_id=user)
        profile = await agent.memory.profile(user_id=user)
        print(user, [fact.object for fact in facts], profile.episode_count, "episodes")

    if EXPORT:
        export = await agent.memory.export(user_id="alice")
        with open(EXPORT, "w", encoding="utf-8") as file:
            file.write(export.model_dump_json(indent=1, exclude={"episodes": {"__all__": {"embedding"}}}))

    await agent.memory.forget(user_id="alice")
    print((await agent.memory.profile(user_id="alice")).episode_count, "episodes of alice")
    print((await agent.memory.profile(user_id="bob")).episode_count, "episodes of bob")


asyncio.run(main())
