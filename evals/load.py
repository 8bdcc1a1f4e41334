"""Many users on one agent at once, with memory, budget and audit on: what it costs, and whether anything mixes.

``python evals/load.py`` prints turns a second and the time of a turn; ``--record`` keeps them in
``evals/load_baseline.json``. The agent's package can be another one with the same interface (``--module``), run by
that package's Python (``--python``), so that two systems are measured by one program.
"""

import argparse
import json
import platform
import re
import resource
import subprocess
import sys
import time
from importlib import import_module
from pathlib import Path
from typing import Any

BASELINE = Path(__file__).with_name("load_baseline.json")
SECRET = re.compile(r"secret-(\d+)")
TOKENS_IN, TOKENS_OUT = 20, 10


def model(package: Any, mixed: list[str]) -> Any:
    """A model that answers at once and notes each message of one user in the prompt of another."""

    class Watching:
        name = "watching"

        async def complete(self, messages: Any, **_: Any) -> Any:
            text = " ".join(str(one.content) for one in messages)
            asking = SECRET.findall(str(messages[-1].content))[-1]
            mixed.extend(other for other in SECRET.findall(text) if other != asking)
            usage = package.Usage(input_tokens=TOKENS_IN, output_tokens=TOKENS_OUT)
            return f"Noted, secret-{asking} is safe.", [], usage, "stop"

        async def stream(self, messages: Any, **_: Any) -> Any:
            raise RuntimeError("nobody streams here")
            yield

    return Watching()


def load(module: str, users: int, turns: int) -> dict[str, Any]:
    """Run it, and count."""
    import anyio

    package = import_module(module)
    mixed: list[str] = []
    budget = package.StandardBudget(package.BudgetConfig(per_user_max_tokens=10_000_000))
    audit = package.InMemoryAuditLog(secret="key")
    memory = package.InMemoryMemory()
    agent = package.Agent(
        "You keep secrets.", model=model(package, mixed), memory=memory, budget=budget, audit_log=audit
    )
    times: list[float] = []

    async def one(user: int) -> None:
        for turn in range(turns):
            began = time.perf_counter()
            await agent.run(f"Turn {turn}: remember secret-{user}.", user_id=f"user-{user}", session_id=f"s-{user}")
            times.append(time.perf_counter() - began)

    async def everybody() -> int:
        async with anyio.create_task_group() as group:
            for user in range(users):
                group.start_soon(one, user)
        entries = await audit.query(user_id="user-0")
        return len(entries)

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began, cpu = time.perf_counter(), time.process_time()
    audited = anyio.run(everybody)
    wall, used = time.perf_counter() - began, time.process_time() - cpu
    wrong = [
        user
        for user in range(users)
        if budget.usage_for(f"user-{user}")["tokens_total"] != turns * (TOKENS_IN + TOKENS_OUT)
    ]
    times.sort()
    return {
        "module": module,
        "version": package.__version__,
        "users": users,
        "turns": turns,
        "turns_per_s": round(users * turns / wall, 1),
        "cpu_us_per_turn": round(used / (users * turns) * 1e6, 1),
        "p50_ms": round(times[len(times) // 2] * 1000, 1),
        "p99_ms": round(times[int(len(times) * 0.99)] * 1000, 1),
        "rss_growth_mb": round((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024, 1),
        "isolation_violations": len(mixed),
        "budget_mismatches": len(wrong),
        "audit_entries_of_one_user": audited,
    }


def main() -> int:
    """Measure, print, and say by the exit code whether anything mixed."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--users", type=int, default=500)
    arguments.add_argument("--turns", type=int, default=5)
    arguments.add_argument("--module", default="loomlab", help="another package with this interface")
    arguments.add_argument("--python", default=sys.executable, help="the Python that has it")
    arguments.add_argument("--record", action="store_true", help=f"keep the figures in {BASELINE.name}")
    given = arguments.parse_args()
    if given.python != sys.executable:
        passed = ["--users", str(given.users), "--turns", str(given.turns), "--module", given.module]
        return subprocess.run([given.python, __file__, *passed], check=False).returncode
    found = load(given.module, given.users, given.turns)
    print(json.dumps(found, indent=1))
    if given.record:
        kept = {**found, "python": platform.python_version()}
        BASELINE.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
    return 1 if found["isolation_violations"] or found["budget_mismatches"] else 0


if __name__ == "__main__":
    raise SystemExit(main())
