"""Kill runs at random moments, resume them, and see whether every finished step was done once.

    python -m loomlab.testing.crash_series --trials 200
    python -m loomlab.testing.crash_series --trials 200 --dsn postgresql://…

Each trial is a process that makes a run of ten steps and more, with tools that leave a trace outside of it. It is
killed (``SIGKILL``) at a random moment, sometimes more than once; then another process resumes the run. What is looked
at: the answer is that of a run which nobody killed; each call of a tool left its trace under a key of its own, and no
other; what stood in the journal when the process died was not done again.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio

from loomlab import Agent, Workflow, tool
from loomlab.architecture import PlanAndExecute, ReWOO
from loomlab.core.steps import idempotency_key
from loomlab.runtime import JournaledRuntime, PostgresRuntime, SqliteRuntime
from loomlab.runtime.journal.store import Place
from loomlab.runtime.lanes import Lane
from loomlab.team import Team
from loomlab.testing.dutiful import DutifulModel

PROMPT, SESSION, USER = "do the work", "crash", "alice"
PAUSE = 0.003
"""Seconds that a tool takes, so that kills hit it in the middle."""

MOMENTS = 100
"""Of an undisturbed run's time, in how many parts a kill may fall."""


class Traces:
    """A file to which tools append what they do; it outlives them."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def leave(self, what: str, key: str) -> None:
        """One line, written at once."""
        file = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        os.write(file, f"{what} {key}\n".encode())
        os.close(file)

    def read(self) -> list[tuple[str, str]]:
        """What and key of each line."""
        text = self.path.read_text(encoding="utf-8") if self.path.exists() else ""
        return [(line.split()[0], line.split()[1]) for line in text.splitlines()]


def _react(runtime: JournaledRuntime, tools: list[Any], _: Any) -> Any:
    return Agent("work", model=DutifulModel(rounds=10), tools=tools, runtime=runtime)


def _plan(runtime: JournaledRuntime, tools: list[Any], _: Any) -> Any:
    model = DutifulModel(fill={"steps": [f"step {number}" for number in range(10)]})
    return Agent("work", model=model, tools=tools, runtime=runtime, architecture=PlanAndExecute(max_steps=10))


def _rewoo(runtime: JournaledRuntime, tools: list[Any], _: Any) -> Any:
    steps = [
        {"id": f"E{n}", "tool": "work", "args": {"what": f"#E{n - 1}" if n % 3 == 0 else "x"}} for n in range(1, 11)
    ]
    model = DutifulModel(fill={"steps": steps})
    return Agent("work", model=model, tools=tools, runtime=runtime, architecture=ReWOO(max_steps=10))


def _team(runtime: JournaledRuntime, tools: list[Any], _: Any) -> Any:
    worker = Agent("a worker", model=DutifulModel(rounds=3), tools=tools)
    model = DutifulModel(rounds=4, ignore=["forward_message"], fill={"worker": "ana"})
    return Team.supervisor(workers={"ana": worker, "bob": worker}, model=model, instructions="lead", runtime=runtime)


def _workflow(runtime: JournaledRuntime, tools: list[Any], do: Callable[[str, str], Any]) -> Any:
    async def act(value: str) -> str:
        await do(value, idempotency_key())
        return f"{value}."

    agent = Agent("work", model=DutifulModel(rounds=2), tools=tools, name="inner")
    fan = Workflow.parallel(
        [act, agent, act, Workflow.chain([act, act])], merge=lambda parts: parts[0], runtime=runtime
    )
    return Workflow.chain([act, act, fan, agent, act, act], runtime=runtime)


def _tools(runtime: JournaledRuntime, tools: list[Any], _: Any) -> Any:
    helpers = [Agent("help", model=DutifulModel(rounds=3), tools=tools).as_tool(name=name) for name in ("ana", "bob")]
    return Agent("lead", model=DutifulModel(rounds=2), tools=helpers, runtime=runtime)


SCENARIOS: dict[str, Callable[[JournaledRuntime, list[Any], Any], Any]] = {
    "react": _react,
    "plan-and-execute": _plan,
    "rewoo": _rewoo,
    "team": _team,
    "workflow": _workflow,
    "agents-as-tools": _tools,
}


class Series:
    """Trials of one scenario over one journal; ``place`` is a folder, ``dsn`` a PostgreSQL database instead."""

    def __init__(self, scenario: str, place: Path, *, dsn: str | None = None, seed: int = 1) -> None:
        self.scenario = scenario
        self.place = place
        self.dsn = dsn
        self.random = random.Random(seed)
        self.kills = 0
        self.replayed = 0

    def run(self, trials: int) -> list[str]:
        """Do the trials; what was wrong, as sentences."""
        expected, span = self._undisturbed()
        faults = []
        for trial in range(trials):
            faults += [f"{self.scenario} {trial}: {one}" for one in self._trial(f"t{trial}", expected, span)]
        return faults

    def _undisturbed(self) -> tuple[tuple[str, int], float]:
        began = time.perf_counter()
        self._wait(self._start("undisturbed"))
        span = time.perf_counter() - began
        keys = [key for what, key in Traces(self.place / "undisturbed.traces").read() if what == "done"]
        if len(keys) < 10 or len(set(keys)) != len(keys):
            raise RuntimeError(f"{self.scenario}: an undisturbed run left {len(keys)} traces, {len(set(keys))} keys")
        return (self._answer("undisturbed"), len(keys)), span

    def _trial(self, name: str, expected: tuple[str, int], span: float) -> list[str]:
        traces = Traces(self.place / f"{name}.traces")
        finished: Counter[str] = Counter()
        for _ in range(self.random.choice((1, 1, 2, 3))):
            child = self._start(name)
            time.sleep(span * self.random.randrange(MOMENTS) / MOMENTS)
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            self.kills += 1
            begun = Counter(key for what, key in traces.read() if what == "begin")
            finished = Counter({key: begun[key] for key in anyio.run(self._finished, name) if key in begun})
            self.replayed += len(finished)
            again = self._again(finished, traces)
            if again:
                return again
        self._wait(self._start(name))
        done = [key for what, key in traces.read() if what == "done"]
        faults = self._again(finished, traces)
        if self._answer(name) != expected[0]:
            faults.append(f"the answer is {self._answer(name)!r}, not {expected[0]!r}")
        if len(set(done)) != expected[1]:
            faults.append(f"{len(set(done))} keys left a trace, not {expected[1]}")
        return faults

    @staticmethod
    def _again(finished: Counter[str], traces: Traces) -> list[str]:
        now = Counter(key for what, key in traces.read() if what == "begin")
        more = [key for key, times in finished.items() if now[key] > times]
        return [f"{len(more)} finished steps were done again"] if more else []

    def _answer(self, name: str) -> str:
        path = self.place / f"{name}.answer"
        return path.read_text(encoding="utf-8") if path.exists() else "(none)"

    def _start(self, name: str) -> int:
        child = os.fork()
        if child:
            return child
        try:
            anyio.run(self._work, name)
            os._exit(0)
        except BaseException:
            sys.excepthook(*sys.exc_info())
            os._exit(1)

    def _wait(self, child: int) -> None:
        if os.waitpid(child, 0)[1] != 0:
            raise RuntimeError(f"{self.scenario}: a run that nobody killed failed; its traceback is above")

    async def _runtime(self, name: str) -> JournaledRuntime:
        if self.dsn is None:
            return SqliteRuntime(self.place / f"{name}.db")
        runtime = await PostgresRuntime.connect(self.dsn, min_size=1, max_size=2)
        await runtime.init_schema()
        return runtime

    def _session(self, name: str) -> str:
        return SESSION if self.dsn is None else f"{self.place.name}-{self.scenario}-{name}"

    async def _work(self, name: str) -> None:
        traces = Traces(self.place / f"{name}.traces")

        async def do(what: str, key: str) -> str:
            traces.leave("begin", key)
            await anyio.sleep(PAUSE)
            traces.leave("done", key)
            return what

        @tool
        async def work(what: str, idempotency_key: str) -> str:
            """Do a piece of work."""
            return await do(what, idempotency_key)

        runtime = await self._runtime(name)
        thing = SCENARIOS[self.scenario](runtime, [work], do)
        result = await thing.resume(self._session(name), PROMPT, user_id=USER)
        (self.place / f"{name}.answer").write_text(str(result.output), encoding="utf-8")
        await runtime.aclose()

    async def _finished(self, name: str) -> set[str]:
        """The keys of the steps that the journal holds."""
        runtime = await self._runtime(name)
        place = Place(self._session(name), USER, 1, "", "")
        rows = await runtime.durable.rows(place)
        await runtime.aclose()

        class Held:
            session_id, user_key, epoch = place.session_id, f"u:{USER}", 1

        class Session:
            held = Held

        return {Lane(Session, f"{row.name}/").key() for row in rows if row.kind == "step" and row.text is not None}


def main() -> int:
    """Run the series from the command line; the exit code says whether something was wrong."""
    parser = argparse.ArgumentParser(description="Kill durable runs at random moments and resume them.")
    parser.add_argument("--trials", type=int, default=200, help="of all scenarios together")
    parser.add_argument("--scenario", choices=[*SCENARIOS, "all"], default="all")
    parser.add_argument("--dsn", help="a PostgreSQL database; a SQLite file a trial without")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    chosen = list(SCENARIOS) if given.scenario == "all" else [given.scenario]
    wrong = 0
    for scenario in chosen:
        with tempfile.TemporaryDirectory(prefix="crash-") as folder:
            series = Series(scenario, Path(folder), dsn=given.dsn, seed=given.seed)
            began = time.perf_counter()
            faults = series.run(max(1, given.trials // len(chosen)))
            seconds = time.perf_counter() - began
            line = (
                f"{scenario:18} {given.trials // len(chosen)} trials, {series.kills} kills, {series.replayed} finished "
                f"steps met again, {len(faults)} faults, {seconds:.0f} s"
            )
            sys.stdout.write("\n  ".join([line, *faults]) + "\n")
            sys.stdout.flush()
            wrong += len(faults)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
