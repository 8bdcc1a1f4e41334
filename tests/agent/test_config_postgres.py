"""A durable runtime by its address: connected when it is first used, tables and all."""

import anyio
import pytest

from loomlab import Agent


def test_an_address_is_a_journal_that_connects_when_it_is_used(
    postgres_dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JOURNAL_URL", postgres_dsn)
    runtime = {"backend": "postgres", "url": {"env": "JOURNAL_URL"}, "on_unknown": "stop"}
    cfg = {"instructions": "x", "model": "echo", "runtime": runtime}
    agent, other = Agent.from_dict(cfg), Agent.from_dict(cfg)
    assert agent.to_config() == cfg

    async def run(one: Agent, verb: str) -> str:
        try:
            if verb == "resume":
                return (await one.resume("s1", "hi", user_id="alice")).output
            return (await one.run("hi", session_id="s1", user_id="alice")).output
        finally:
            await one.runtime.store.aclose()  # type: ignore[attr-defined]

    assert anyio.run(run, agent, "run") == "Echo: hi"
    assert anyio.run(run, other, "resume") == "Echo: hi"
    assert anyio.run(run, agent, "resume") == "Echo: hi"


def test_a_server_that_is_not_there_is_told_of_at_the_first_run() -> None:
    pytest.importorskip("asyncpg")
    from loomlab.core.errors import RuntimeJournalError

    agent = Agent.from_dict({"instructions": "x", "model": "echo", "runtime": "postgres://127.0.0.1:9/none"})
    with pytest.raises(RuntimeJournalError, match="is the server running"):
        anyio.run(agent.run, "hi")
