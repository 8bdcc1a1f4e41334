"""``evaluate``: what runs, how many at a time, and what becomes of what goes wrong."""

import threading
from typing import Any

import anyio
import pytest

from loomlab import Agent, EchoModel, InMemoryMemory, ScriptedModel, ScriptedTurn, ToolCall
from loomlab.core.errors import ConfigError, RateLimitError
from loomlab.core.results import RunResult
from loomlab.evals import Case, Dataset, Evaluation, Progress, Score, Status, Trial, TrialState, evaluate, scorers

pytestmark = pytest.mark.anyio


def numbered(count: int) -> Dataset:
    return Dataset([Case(f"c{i}", f"q{i}", f"q{i}") for i in range(count)], name="numbered")


async def same(question: str) -> str:
    return question


def only(ev: Evaluation) -> Trial:
    (trial,) = ev.trials
    return trial


async def test_every_case_is_asked_of_every_arm_in_every_epoch() -> None:
    asked: list[str] = []

    async def first(question: str) -> str:
        asked.append(f"first {question}")
        return question

    def second(question: str) -> str:
        asked.append(f"second {question}")
        return "no"

    ev = await evaluate(numbered(3), {"first": first, "second": second}, scorers=scorers.exact(), epochs=2)
    assert sorted(asked) == sorted([f"{arm} q{i}" for arm in ("first", "second") for i in range(3)] * 2)
    assert [(t.case_id, t.arm, t.epoch) for t in ev.trials] == [
        (f"c{i}", arm, epoch) for i in range(3) for arm in ("first", "second") for epoch in (1, 2)
    ]
    assert {(t.arm, t.score("exact")) for t in ev.trials} == {("first", 1.0), ("second", 0.0)}
    assert ev.status is Status.DONE


async def test_no_more_than_the_limit_run_at_a_time_and_the_limit_is_reached() -> None:
    running = most = 0
    gate = anyio.Event()

    async def wait(question: str) -> str:
        nonlocal running, most
        running += 1
        most = max(most, running)
        if running == 3:
            gate.set()  # three at once: nobody waits any more
        await gate.wait()
        await anyio.lowlevel.checkpoint()
        running -= 1
        return question

    with anyio.fail_after(20):
        ev = await evaluate(numbered(12), {"a": wait, "b": wait}, scorers=scorers.exact(), max_concurrency=3)
    assert most == 3
    assert len(ev) == 24


async def test_an_agent_is_an_arm_and_its_figures_are_kept() -> None:
    agent = Agent("Repeat.", model=EchoModel(prefix="", cost_per_token=0.5))
    ev = await evaluate(Dataset([Case("a", "two words", "two words")]), {"echo": agent}, scorers=[scorers.exact()])
    trial = only(ev)
    assert trial.score("exact") == 1
    assert (trial.tokens_in, trial.tokens_out, trial.turns) == (3, 2, 1)
    assert trial.cost_usd == 2.5
    assert trial.run_id.startswith("run_")
    assert ev.manifest["echo"]["model"] == "echo"
    assert ev.manifest["echo"]["architecture"] == "react"


async def test_what_is_remembered_of_one_case_reaches_no_other() -> None:
    memory = InMemoryMemory()
    seen: list[str] = []

    class Spy(EchoModel):
        async def complete(self, messages: Any, **options: Any) -> Any:
            seen.append("\n".join(message.content for message in messages))
            return await super().complete(messages, **options)

    agent = Agent("Answer.", model=Spy(), memory=memory)
    dataset = Dataset([Case("a", "the code word is banana"), Case("b", "which code word banana?")])
    await evaluate(dataset, {"one": agent}, scorers=scorers.exact(), max_concurrency=1)
    assert len(seen) == 2
    assert "the code word is" not in seen[1]
    assert memory.snapshot()["episodes"] == []  # nothing stays behind
    seen.clear()
    await evaluate(dataset, {"one": agent}, scorers=scorers.exact(), max_concurrency=1, user_id="alice")
    assert "the code word is" in seen[1]  # shared on purpose
    assert len((await memory.export(user_id="alice")).episodes) == 2
    assert (await memory.export(user_id="bob")).episodes == []


async def test_a_failing_arm_is_a_state_of_its_trials_and_the_rest_goes_on() -> None:
    async def every_third(question: str) -> str:
        if int(question[1:]) % 3 == 0:
            raise RateLimitError("slow down", retry_after=1)
        return question

    ev = await evaluate(numbered(9), {"shaky": every_third, "sound": same}, scorers=scorers.exact())
    assert len(ev) == 18
    failed = [t for t in ev.trials if t.state is TrialState.ERROR]
    assert [(t.case_id, t.arm) for t in failed] == [("c0", "shaky"), ("c3", "shaky"), ("c6", "shaky")]
    assert {(t.error_type, t.error, t.score("exact")) for t in failed} == {("RateLimitError", "slow down", None)}
    assert ev.status is Status.DONE


async def test_a_failing_scorer_is_a_state_beside_the_scores_of_the_others() -> None:
    def broken(result: RunResult, case: Case) -> float:
        raise KeyError(case.id)

    async def patient(result: RunResult, case: Case) -> Score:
        await anyio.lowlevel.checkpoint()
        return Score(0.5, "half")

    ev = await evaluate(numbered(2), {"same": same}, scorers=[broken, patient, scorers.exact()])
    for trial in ev.trials:
        assert trial.state_for("broken") == "scorer failed"
        assert trial.scores["broken"].reason == f"KeyError: '{trial.case_id}'"
        assert trial.score("broken") is None
        assert (trial.score("patient"), trial.score("exact")) == (0.5, 1.0)


async def test_an_arm_that_hangs_runs_out_of_time_and_the_rest_goes_on() -> None:
    async def hang(question: str) -> str:
        if question == "q1":
            await anyio.sleep_forever()
        return question

    with anyio.fail_after(20):
        ev = await evaluate(numbered(3), {"hang": hang}, scorers=scorers.exact(), timeout=0.05)
    assert [t.state for t in ev.trials] == [TrialState.ANSWERED, TrialState.TIMEOUT, TrialState.ANSWERED]
    assert ev.trials[1].error == "no answer within 0.05 s"


async def test_a_thread_that_hangs_does_not_hold_up_the_rest() -> None:
    release = threading.Event()

    def hang(question: str) -> str:
        if question == "q0":
            release.wait(20)
        return question

    try:
        with anyio.fail_after(20):
            ev = await evaluate(numbered(3), {"hang": hang}, scorers=scorers.exact(), timeout=0.05, max_concurrency=2)
    finally:
        release.set()
    assert [t.state for t in ev.trials] == [TrialState.TIMEOUT, TrialState.ANSWERED, TrialState.ANSWERED]


async def test_a_timeout_of_the_arms_own_is_an_error_and_not_ours() -> None:
    async def slow(question: str) -> str:
        raise TimeoutError("the database is slow")

    trial = only(await evaluate(numbered(1), {"slow": slow}, scorers=scorers.exact(), timeout=10))
    assert (trial.state, trial.error_type) == (TrialState.ERROR, "TimeoutError")


async def test_a_cancelled_error_out_of_an_arm_loses_no_trial() -> None:
    cancelled = anyio.get_cancelled_exc_class()

    async def lost(question: str) -> str:
        raise cancelled("a task of mine was cancelled")

    ev = await evaluate(numbered(3), {"lost": lost, "same": same}, scorers=scorers.exact(), max_concurrency=1)
    assert len(ev) == 6
    assert {t.state for t in ev.trials if t.arm == "lost"} == {TrialState.ERROR}


async def test_a_limit_that_stopped_a_run_is_told_beside_its_score() -> None:
    calls = [ScriptedTurn(text=f"t{i}", tool_calls=[ToolCall(tool="missing")]) for i in range(3)]
    agent = Agent("Loop.", model=ScriptedModel(calls), max_turns=2)
    trial = only(await evaluate(numbered(1), {"loop": agent}, scorers=scorers.exact()))
    assert trial.interruption == "max_turns_exceeded"
    assert (trial.score("exact"), trial.cause("exact")) == (0.0, "max_turns_exceeded")


async def test_cancelling_keeps_what_is_done_and_leaves_nothing_running() -> None:
    latest: list[Progress] = []
    stopped: list[str] = []

    async def slow(question: str) -> str:
        if question != "q0":
            try:
                await anyio.sleep_forever()
            finally:
                stopped.append(question)
        return question

    def watch(step: Progress) -> None:
        latest.append(step)
        if step.done:
            scope.cancel()

    with anyio.fail_after(20), anyio.CancelScope() as scope:
        await evaluate(numbered(5), {"slow": slow}, scorers=scorers.exact(), max_concurrency=3, on_progress=watch)
    assert scope.cancelled_caught
    ev = latest[-1].evaluation
    assert ev.status is Status.CANCELLED
    assert [t.case_id for t in ev.trials] == ["c0"]
    assert {"q1", "q2"} <= set(stopped)  # their clean-up has run
    assert "q4" not in stopped  # never begun
    assert len(ev.frame()) == 1


async def test_an_arm_that_never_waits_can_still_be_cancelled() -> None:
    count = 0

    async def busy(question: str) -> str:
        nonlocal count
        count += 1
        deadline = anyio.current_time() + 0.0005
        while anyio.current_time() < deadline:
            pass
        return question

    with anyio.move_on_after(0.2) as scope:
        await evaluate(numbered(200_000), {"busy": busy}, scorers=scorers.exact(), max_concurrency=1)
    assert scope.cancelled_caught
    assert 0 < count < 200_000


async def test_progress_counts_and_a_watcher_that_raises_ends_it_with_its_own_error() -> None:
    steps: list[tuple[int, int, int]] = []

    def watch(step: Progress) -> None:
        steps.append((step.done, step.total, step.failed))
        if step.done == 0:
            assert step.remaining_s is None
        if step.done == 3:
            raise RuntimeError("no more paper")

    async def fails_once(question: str) -> str:
        return question if question != "q1" else str(1 / 0)

    with pytest.raises(RuntimeError, match="no more paper"):
        await evaluate(numbered(4), {"a": fails_once}, scorers=scorers.exact(), max_concurrency=1, on_progress=watch)
    assert steps == [(0, 4, 0), (1, 4, 0), (2, 4, 1), (3, 4, 1)]


async def test_a_seed_shuffles_the_order_of_the_work_and_not_of_the_results() -> None:
    async def order(seed: int | None) -> list[str]:
        asked: list[str] = []

        async def note(question: str) -> str:
            asked.append(question)
            return question

        ev = await evaluate(numbered(30), {"a": note}, scorers=scorers.exact(), seed=seed, max_concurrency=1)
        assert [t.case_id for t in ev.trials] == [f"c{i}" for i in range(30)]
        return asked

    plain = await order(None)
    assert plain == [f"q{i}" for i in range(30)]
    assert await order(1) == await order(1) != plain
    assert await order(2) != await order(1)


async def test_a_function_may_ask_for_the_whole_case_and_answer_anything() -> None:
    def by_name(case) -> dict[str, Any]:  # type: ignore[no-untyped-def]
        return {"id": case.id}

    async def by_type(thing: Case) -> None:
        return None

    judge = scorers.json_match()
    ev = await evaluate(Dataset([Case("a", "q", {"id": "a"})]), {"n": by_name, "t": by_type}, scorers=judge)
    named, typed = ev.trials
    assert (named.output, named.score("json_match")) == ('{"id":"a"}', 1.0)
    assert (typed.output, typed.score("json_match")) == ("null", 0.0)
    assert (named.tokens_in, named.cost_usd) == (None, None)  # nobody knows


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"arms": {}}, "there is no arm"),
        ({"arms": [same]}, "a mapping of names"),
        ({"arms": {"a": 3}}, "the arm 'a' is int"),
        ({"scorers": []}, "there is no scorer"),
        ({"scorers": ["exact"]}, "a scorer is a function"),
        ({"scorers": [scorers.exact(), scorers.exact(ignore_case=True)]}, "two scorers are named 'exact'"),
        ({"epochs": 0}, "whole numbers from 1"),
        ({"max_concurrency": 0}, "whole numbers from 1"),
        ({"timeout": 0}, "timeout is a number of seconds"),
        ({"dataset": Dataset([], name="void")}, "the dataset 'void' has no case"),
    ],
)
async def test_arguments_that_make_no_sense_are_refused_before_anything_runs(
    change: dict[str, Any], sentence: str
) -> None:
    given: dict[str, Any] = {"dataset": numbered(1), "arms": {"a": same}, "scorers": scorers.exact(), **change}
    with pytest.raises(ConfigError, match=sentence):
        await evaluate(given.pop("dataset"), given.pop("arms"), **given)
