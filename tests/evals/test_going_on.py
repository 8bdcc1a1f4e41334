"""Limits that are the same for every arm, replies that are paid for once, and evaluations that go on after a crash."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import anyio
import pytest

from loomlab import Agent, EchoModel, ScriptedModel, ScriptedTurn, ToolCall, Usage, tool
from loomlab.core.errors import ConfigError, TransientModelError
from loomlab.evals import Case, CaseBudget, Dataset, ReplyCache, evaluate, scorers
from loomlab.runlog import RunLog

pytestmark = pytest.mark.anyio


class Counting(EchoModel):
    """Echoes, and counts the calls it was really asked."""

    def __init__(self, **options) -> None:
        super().__init__(**options)
        self.asked = 0

    async def complete(self, messages, **options):
        self.asked += 1
        return await super().complete(messages, **options)


@pytest.fixture
def cache(tmp_path: Path) -> ReplyCache:
    return ReplyCache(tmp_path / "replies.sqlite")


@pytest.fixture
def log(tmp_path: Path) -> RunLog:
    return RunLog.open(tmp_path / "log")


def cases(n: int) -> Dataset:
    return Dataset([Case(id=f"q{i}", input=f"word {i}", target=f"Echo: word {i}") for i in range(n)], name="words")


@tool
def look() -> str:
    """Look."""
    return "nothing"


def looping() -> Agent:
    turns = [
        ScriptedTurn(text="still", tool_calls=[ToolCall(tool="look")], usage=Usage(input_tokens=5, output_tokens=5))
    ]
    return Agent("x", model=ScriptedModel(turns * 200), tools=[look])


@pytest.mark.parametrize(
    ("budget", "stopped", "turns"),
    [(CaseBudget(calls=3), "budget:calls", 3), (CaseBudget(tokens=35), "budget:tokens", 4)],
)
async def test_every_trial_has_the_same_budget_and_is_scored_by_what_it_has(budget, stopped, turns) -> None:
    ev = await evaluate(cases(2), {"a": looping(), "b": looping()}, scorers=scorers.exact(), budget=budget)
    assert {(one.interruption, one.turns, one.ended) for one in ev.trials} == {(stopped, turns, "budget")}
    assert all(one.score("exact") == 0 for one in ev.trials)


async def test_replies_are_kept_apart_by_arm_case_and_epoch_and_serve_the_next_evaluation(tmp_path: Path) -> None:
    model = Counting(cost_per_token=0.01)
    arms = {"a": Agent("x", model=model), "b": Agent("x", model=model)}
    first = await evaluate(cases(3), arms, scorers=scorers.exact(), epochs=2, cache=tmp_path / "replies.sqlite")
    assert model.asked == 12
    again = await evaluate(cases(3), arms, scorers=scorers.exact(), epochs=3, cache=tmp_path / "replies.sqlite")
    assert model.asked == 18
    assert [one.output for one in first.trials] == [one.output for one in again.trials if one.epoch < 3]
    assert {one.cost_usd for one in again.trials} == {one.cost_usd for one in first.trials} != {0.0}


async def test_the_nth_same_request_of_a_trial_gets_its_own_reply(cache: ReplyCache) -> None:
    told = []
    for _ in range(2):
        model = ScriptedModel([ScriptedTurn(text=str(number)) for number in range(4)])

        async def twice(case: Case, model=model) -> str:
            agent = Agent("x", model=model)
            first = await agent.run("same")
            second = await agent.run("same")
            return f"{first.output} {second.output}"

        ev = await evaluate(cases(2), {"a": twice}, scorers=scorers.exact(), cache=cache, max_concurrency=1)
        told.append([one.output for one in ev.trials])
    assert told == [["0 1", "2 3"], ["0 1", "2 3"]]


async def test_errors_and_secrets_are_not_kept(cache: ReplyCache) -> None:
    class Failing(Counting):
        async def complete(self, messages, **options):
            self.asked += 1
            raise TransientModelError("down")

    failing, leaking = Failing(), Counting(prefix="sk-proj-abcdefghijklmnopqrstuvwxyz0123456789 ")
    for _ in range(2):
        await evaluate(
            cases(1),
            {"f": Agent("x", model=failing), "l": Agent("x", model=leaking)},
            scorers=scorers.exact(),
            cache=cache,
        )
    assert (failing.asked, leaking.asked, await anyio.to_thread.run_sync(len, cache)) == (2, 2, 0)


async def test_a_pace_holds_for_all_arms_together(monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []

    async def note(seconds: float) -> None:
        waited.append(seconds)

    monkeypatch.setattr("loomlab.evals.around.anyio.sleep", note)
    arms = {"a": Agent("x", model=EchoModel()), "b": Agent("x", model=EchoModel())}
    await evaluate(cases(5), arms, scorers=scorers.exact(), per_minute=60)
    assert len(waited) == 9
    assert max(waited) == pytest.approx(9, abs=0.5)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"budget": 5}, "CaseBudget"),
        ({"per_minute": 0}, "above 0"),
        ({"resume": True}, "run_log"),
        ({"resume": "eval_gone"}, "run_log"),
    ],
)
async def test_bad_input_is_told_the_remedy(options, says) -> None:
    with pytest.raises(ConfigError, match=says):
        await evaluate(cases(1), {"a": lambda q: q}, scorers=scorers.exact(), **options)


def test_a_budget_that_limits_nothing_is_refused() -> None:
    with pytest.raises(ConfigError, match="limits something"):
        CaseBudget()


WORK = """
import sys, anyio
from pathlib import Path
from loomlab.runlog import RunLog
from loomlab.evals import Case, Dataset, evaluate, scorers

folder = Path(sys.argv[1])

async def answer(question):
    with (folder / "asked").open("a", encoding="utf-8") as file:
        file.write(question + "\\n")
    if question == "6" and sys.argv[2] == "die":
        print("AT SIX", flush=True)
        await anyio.sleep_forever()
    if question == "2":
        raise RuntimeError("no")
    return "yes" if int(question) % 2 else "no"

async def main():
    dataset = Dataset([Case(id=f"q{i}", input=str(i), target="yes") for i in range(12)], name="numbers")
    with_log = RunLog.open(folder / "log")
    ev = await evaluate(
        dataset, {"a": answer}, scorers=scorers.exact(), run_log=with_log, max_concurrency=1, resume=True, name="kill"
    )
    frame = ev.frame()
    print(frame[["case", "arm", "epoch", "score", "state", "error"]].to_csv(index=False), end="")

anyio.run(main)
"""


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_after_kill_9_no_finished_case_runs_again_and_the_table_is_that_of_an_undisturbed_run(tmp_path: Path) -> None:
    script = tmp_path / "work.py"
    script.write_text(WORK, encoding="utf-8")

    def run(folder: Path, how: str) -> str:
        command = [sys.executable, str(script), str(folder), how]
        done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=True, timeout=50)
        return done.stdout

    (tmp_path / "killed").mkdir()
    (tmp_path / "calm").mkdir()
    command = [sys.executable, str(script), str(tmp_path / "killed"), "die"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, encoding="utf-8") as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "AT SIX\n"
        child.send_signal(signal.SIGKILL)
    assert run(tmp_path / "killed", "live") == run(tmp_path / "calm", "live")
    asked = (tmp_path / "killed" / "asked").read_text(encoding="utf-8").split()
    assert asked == [str(i) for i in range(7)] + [str(i) for i in range(6, 12)]


async def test_another_dataset_is_another_evaluation_and_a_named_one_must_be_the_same(log: RunLog) -> None:
    asked = []

    async def hangs(question: str) -> str:
        asked.append(question)
        if question == "word 2":
            await anyio.sleep_forever()
        return question

    with anyio.move_on_after(1) as scope:
        await evaluate(cases(4), {"a": hangs}, scorers=scorers.exact(), run_log=log, max_concurrency=1)
    assert scope.cancelled_caught
    (row,) = (await anyio.to_thread.run_sync(log.evaluations)).to_dict("records")
    with pytest.raises(ConfigError, match="another dataset"):
        await evaluate(
            cases(5), {"a": hangs}, scorers=scorers.exact(), run_log=log, resume=row["evaluation_id"], name="words"
        )
    with pytest.raises(ConfigError, match="no evaluation"):
        await evaluate(cases(4), {"a": hangs}, scorers=scorers.exact(), run_log=log, resume="eval_gone")
    other = await evaluate(cases(1), {"a": hangs}, scorers=scorers.exact(), run_log=log, resume=True)
    assert other.id != row["evaluation_id"]
    assert asked == ["word 0", "word 1", "word 2", "word 0"]
