"""Two memories with two users each, runs and evaluations: what the routes of memory and evaluations are asked about."""

import sqlite3
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import anyio

from loomlab import Agent, EchoModel, ScriptedModel
from loomlab.core.remembered import Episode, Fact
from loomlab.evals import Case, Dataset, Evaluation, evaluate, scorers
from loomlab.memory import SqliteMemory
from loomlab.runlog import RunLog, recording


def day(month: int, number: int = 1) -> datetime:
    """An instant of 2026."""
    return datetime(2026, month, number, tzinfo=UTC)


def fact(user: str | None, predicate: str, object_: str, since: datetime, learned: datetime, *sources: str) -> Fact:
    """What was learned of a user, and from when it holds."""
    return Fact(
        id=f"fact_{user}_{predicate}_{object_}".replace(" ", "_"),
        user_id=user,
        subject=user or "someone",
        predicate=predicate,
        object=object_,
        valid_from=since,
        recorded_at=learned,
        sources=list(sources),
    )


async def _remember(path: Path, users: Sequence[str | None]) -> None:
    memory = SqliteMemory(path)
    for user in users:
        for number, said in enumerate(("I live in Paris.", "I moved to Lyon in March."), 1):
            await memory.remember(
                Episode(
                    id=f"ep_{user}_{number}",
                    session_id=f"s{number}",
                    user_id=user,
                    occurred_at=day(number * 2),
                    input=said,
                    output="Noted.",
                )
            )
        await memory.facts.append(fact(user, "lives_in", "Paris", day(1), day(2), f"ep_{user}_1"))
        await memory.facts.append(fact(user, "lives_in", "Lyon", day(3), day(4, 9), f"ep_{user}_2"))
        await memory.update_block("tone", "friendly", user_id=user)
    await memory.aclose()


def elsewhere(work: Any, *args: Any) -> Any:
    """What ``work`` gives in a thread of its own: a browser of the tests holds the event loop of theirs."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(work, *args).result()


def _run(work: Any, *args: Any) -> Any:
    return elsewhere(anyio.run, work, *args)


def fill_memory(path: Path, *users: str | None) -> Path:
    """A memory file in which each user lived in Paris first and then in Lyon."""
    path.parent.mkdir(parents=True, exist_ok=True)
    _run(_remember, path, users)
    return path


def facts_of(path: Path, user: str | None) -> list[str]:
    """What the file says of a user, read by somebody else than the server."""

    async def read() -> list[str]:
        memory = SqliteMemory(path, read_only=True)
        try:
            return [one.object for one in await memory.facts_at(user_id=user)]
        finally:
            await memory.aclose()

    return _run(read)


def rows_of(path: Path, user: str | None) -> list[Any]:
    """Everything stored of a user, byte for byte."""
    owner = "-" if user is None else f"={user}"
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
        return [
            connection.execute(
                f"SELECT n, owner, id, at, seq, topic, label, item, vector FROM {table} WHERE owner = ? ORDER BY n",
                (owner,),
            ).fetchall()
            for table in ("episodes", "working_blocks", "facts")
        ]


def logged_run(log: RunLog, prompt: str, user: str | None) -> str:
    """A run of ``user`` in the log; its id."""

    async def run() -> str:
        with recording(log):
            found = await Agent("Help.", model=EchoModel()).run(prompt, user_id=user)
        return found.run_id

    found = _run(run)
    log.flush()
    return found


CASES = [Case(f"c{number}", f"What is {number} + {number}?", str(2 * number)) for number in range(1, 7)]


def arms() -> dict[str, Agent]:
    """One that is always right, one that never is."""
    right = ScriptedModel([str(case.target) for case in CASES] * 3)
    return {"right": Agent("Add.", model=right), "echo": Agent("Add.", model=EchoModel())}


def logged_evaluation(log: RunLog, name: str = "sums") -> Evaluation:
    """An evaluation of two arms on six cases, in the log."""

    async def run() -> Evaluation:
        with recording(log):
            return await evaluate(
                Dataset(CASES, name=name),
                arms(),
                scorers=[scorers.exact()],
                run_log=log,
                name=name,
                max_concurrency=1,
            )

    return _run(run)
