"""Two people of nearly one name use one assembled agent at the same time, over every backend, and never meet."""

from itertools import count
from pathlib import Path
from typing import Any

import anyio
import pytest

from loomlab import Agent, EchoModel
from loomlab.core import EventKind, Fact, MemoryStoreError

pytestmark = pytest.mark.anyio

BACKENDS = ["inmemory", "vector", "sqlite", "chroma", "postgres", "redis", "redis with search"]
_places = count()


@pytest.fixture
def spec(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, Any]:
    place = f"agents {next(_places)}"
    named = request.param
    if named == "sqlite":
        return {"backend": "sqlite", "path": tmp_path / "bot.db", "embedder": "hash"}
    if named == "chroma":
        return {"backend": "chroma", "path": tmp_path / "chroma", "embedder": "hash"}
    if named == "postgres":
        url = request.getfixturevalue("postgres_dsn")
        return {"backend": "postgres", "url": url, "namespace": place, "embedder": "hash"}
    if named.startswith("redis"):
        server = request.getfixturevalue("search_server_" if "search" in named else "redis_server")
        return {"backend": "redis", "url": server.url, "key_prefix": place, "index_name": place, "embedder": "hash"}
    return {"backend": named, "embedder": "hash"}


@pytest.mark.parametrize("spec", BACKENDS, indirect=True)
async def test_no_text_of_one_reaches_the_other(spec: dict[str, Any]) -> None:
    agent = Agent("You remember.", model=EchoModel(), memory=spec)
    said: dict[str, list[str]] = {"al": [], "Al": []}

    async def talk(user: str) -> None:
        await agent.memory.facts.append(Fact(user_id=user, subject=user, predicate="likes", object=f"secret <{user}>"))
        await agent.memory.update_block("human", f"block <{user}>", user_id=user)
        for number in range(4):
            async for event in agent.stream(f"secret {number} of <{user}>", user_id=user, session_id=f"s{number % 2}"):
                said[user].append(event.model_dump_json())

    async with anyio.create_task_group() as group:
        for user in said:
            group.start_soon(talk, user)
    for user, other in (("al", "Al"), ("Al", "al")):
        text = "".join(said[user])
        assert f"<{user}>" in text
        assert f"<{other}>" not in text
        recalled = await agent.recall("secret", user_id=user, limit=99)
        assert len(recalled) == 4
        assert {one.user_id for one in recalled} == {user}
        assert f"<{other}>" not in (await agent.memory.frame(user_id=user)).to_string()
    assert await agent.memory.forget(user_id="al") == 6
    assert (await agent.memory.profile(user_id="Al")).episode_count == 4
    assert await agent.recall("secret", user_id="al") == []
    await agent.memory.aclose()


class StopsTheServer(EchoModel):
    """Answers, and the server of the memory is gone."""

    server: Any = None

    async def complete(self, *args: Any, **kwargs: Any) -> Any:
        if self.server is not None:
            await anyio.to_thread.run_sync(self.server.stop)
        return await super().complete(*args, **kwargs)

    async def stream(self, *args: Any, **kwargs: Any) -> Any:
        if self.server is not None:
            await anyio.to_thread.run_sync(self.server.stop)
        async for chunk in super().stream(*args, **kwargs):
            yield chunk


async def test_an_answer_is_not_lost_with_the_server_and_a_later_run_recovers(
    new_redis: Any, caplog: pytest.LogCaptureFixture
) -> None:
    server, model = new_redis(), StopsTheServer()
    agent = Agent("You remember.", model=model, memory={"backend": "redis", "url": server.url, "embedder": "hash"})
    assert "tea" in (await agent.run("tea", user_id="u")).output
    model.server = server
    events = [event async for event in agent.stream("coffee", user_id="u")]
    assert "coffee" in str(events[-1].payload["result"]["output"])
    (error,) = [event for event in events if event.kind == EventKind.ERROR]
    assert "memory in Redis" in error.payload["message"]
    assert "is the server running" in caplog.text
    model.server = None
    with pytest.raises(MemoryStoreError, match=r"memory in Redis.*is the server running"):
        await agent.run("juice", user_id="u")
    await anyio.to_thread.run_sync(server.start)
    assert "milk" in (await agent.run("milk", user_id="u")).output
    assert [one.input for one in await agent.recall("milk", user_id="u")] == ["milk"]
    await agent.memory.aclose()
