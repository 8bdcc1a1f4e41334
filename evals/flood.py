"""A flood of one-shot users on one agent: does what the process keeps of them stay bounded?

``python evals/flood.py --users 20000`` runs each user once, with everything that lives in the process switched on
(memory, budget, permissions, hooks, telemetry, an audit log in a file), and prints what was kept along the way.
"""

import argparse
import gc
import json
import sys
import tempfile
import tracemalloc
from collections.abc import Callable
from functools import partial
from pathlib import Path
from time import perf_counter

import anyio

from loomlab import Agent, BudgetConfig, HookRegistry, InMemoryMemory, StandardBudget, StandardPermissions, ToolCall
from loomlab.core import Message, Usage
from loomlab.memory import PatternConsolidator
from loomlab.observability import InMemoryTelemetry
from loomlab.security import FileAuditLog
from loomlab.tools import tool


class OneTool:
    """Calls the tool once, then answers; the same for everybody, and keeps nothing."""

    name = "one-tool"

    async def complete(self, messages: list[Message], **_: object) -> tuple[str, list[ToolCall], Usage, str]:
        usage = Usage(input_tokens=20, output_tokens=5, cost_usd=0.0001)
        if messages[-1].role == "tool":
            return f"noted: {messages[-1].content}", [], usage, "stop"
        return "", [ToolCall(tool="note", args={"text": messages[-1].content[:40]})], usage, "tool_use"

    async def stream(self, messages: list[Message], **_: object) -> object:
        raise RuntimeError("nobody streams here")


@tool
async def note(text: str) -> str:
    """Note something."""
    return text


def flooded(users: int, kept_users: int, *, folder: Path, every: int, say: Callable[[dict[str, float]], None]) -> None:
    """Run ``users`` users once each, telling after each ``every`` what is kept."""
    agent = Agent(
        "You note things.",
        model=OneTool(),  # type: ignore[arg-type]  # it has no stream that anybody calls
        tools=[note],
        memory=InMemoryMemory(max_users=kept_users, consolidator=PatternConsolidator()),
        budget=StandardBudget(
            BudgetConfig(max_tokens=10**12, per_user_max_tokens=10**6, per_user_max_cost_usd=10.0), max_users=kept_users
        ),
        permissions=StandardPermissions(),
        hooks=HookRegistry(),
        telemetry=InMemoryTelemetry(keep=kept_users),
        audit_log=FileAuditLog(folder / "audit.jsonl", secret="flood"),
        auto_consolidate=True,
    )

    async def one(user: str) -> None:
        await agent.run(f"user {user} says something that nobody else says", user_id=user, session_id=f"s-{user}")

    async def part(start: int, count: int) -> None:
        for first in range(start, start + count, 100):
            async with anyio.create_task_group() as group:
                for number in range(first, min(first + 100, start + count)):
                    group.start_soon(partial(one, f"user{number:09d}"))

    async def all_of_them() -> None:
        began = perf_counter()
        for start in range(0, users, every):
            count = min(every, users - start)
            await part(start, count)
            gc.collect()
            say(
                {
                    "users": start + count,
                    "kept_mb": round(tracemalloc.get_traced_memory()[0] / 1e6, 3),
                    "runs_per_s": round((start + count) / (perf_counter() - began), 1),
                }
            )

    anyio.run(all_of_them)


def main() -> int:
    """Flood, print one line of JSON a stretch, and say whether it stayed bounded."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--users", type=int, default=20_000)
    parser.add_argument("--kept", type=int, default=1_000, help="users that memory and budget may keep")
    given = parser.parse_args()
    told: list[dict[str, float]] = []

    def say(found: dict[str, float]) -> None:
        told.append(found)
        print(json.dumps(found), flush=True)

    tracemalloc.start()
    with tempfile.TemporaryDirectory() as folder:
        flooded(given.users, given.kept, folder=Path(folder), every=max(1, given.users // 10), say=say)
    growth = told[-1]["kept_mb"] - told[len(told) // 2 - 1]["kept_mb"]
    print(json.dumps({"growth_in_the_second_half_mb": round(growth, 3), "bounded": growth < 2.0}))
    return 0 if growth < 2.0 else 1


if __name__ == "__main__":
    sys.exit(main())
