"""The full-cost ledger: every call is in it once, whatever it was for and whatever became of it."""

from pathlib import Path

import anyio
import pytest

from loomlab import Agent, EchoModel, ScriptedModel, ScriptedTurn, Usage
from loomlab.architecture import SelfRefine
from loomlab.core.errors import PermanentModelError, RateLimitError
from loomlab.evals import Case, Dataset, Score, Spent, compare, evaluate, scorers
from loomlab.evals.decision import decision_card
from loomlab.evals.ledger import Entry, arm_ledger, ledger_line, merged, total, trial_entries
from loomlab.evals.report import report_html
from loomlab.governance import RetryPolicy
from loomlab.memory import InMemoryMemory
from loomlab.runlog import RunLog
from loomlab.team import Team

pytestmark = pytest.mark.anyio


def cases(n: int) -> Dataset:
    return Dataset([Case(id=f"q{i}", input=f"word {i}", target=f"Echo: word {i}") for i in range(n)], name="words")


def priced(prefix: str = "Echo: ") -> EchoModel:
    return EchoModel(prefix=prefix, cost_per_token=0.001)


async def test_the_parts_of_an_arm_add_up_to_what_its_trials_report() -> None:
    arms = {
        "react": Agent("x", model=priced()),
        "self-refine": Agent("x", model=priced(), architecture=SelfRefine(max_rounds=1)),
        "critic": Team.actor_critic(
            Agent("write", model=priced(), name="actor"), Agent("check", model=priced(), name="critic"), model=priced()
        ),
    }
    ev = await evaluate(cases(3), arms, scorers=scorers.exact(), epochs=2)
    for arm in arms:
        trials = [one for one in ev.trials if one.arm == arm]
        whole = total(arm_ledger(ev, arm))
        assert whole.calls == sum(one.turns or 0 for one in trials)
        assert (whole.tokens_in, whole.tokens_out) == (
            sum(one.tokens_in or 0 for one in trials),
            sum(one.tokens_out or 0 for one in trials),
        )
        assert whole.cost_usd == pytest.approx(sum(one.cost_usd or 0 for one in trials))
    assert {one.part for one in arm_ledger(ev, "self-refine")} == {"agent", "critic"}
    assert {(one.part, one.role) for one in arm_ledger(ev, "critic")} == {("agent", "actor"), ("critic", "critic")}


async def test_the_frame_has_a_total_for_each_arm_that_is_the_sum_of_its_rows() -> None:
    ev = await evaluate(
        cases(2),
        {"a": Agent("x", model=priced(), architecture=SelfRefine(max_rounds=1)), "b": Agent("x", model=priced())},
        scorers=scorers.exact(),
    )
    frame = ev.ledger()
    for arm, rows in frame.groupby("arm"):
        parts, whole = rows[rows["part"] != "total"], rows[rows["part"] == "total"]
        assert len(whole) == 1, arm
        for column in ("calls", "tokens_in", "tokens_out", "known_usd", "cost_usd"):
            assert parts[column].sum() == pytest.approx(whole[column].item())
    assert ev.summary().set_index("arm")["full_cost_usd"]["a"] == pytest.approx(ev.summary()["cost_usd"][0])


async def test_what_the_scorers_asked_is_in_the_full_cost_and_in_no_other() -> None:
    def judge(result, case) -> Score:
        return Score(1.0, spent=Spent("judge-1", calls=2, tokens_in=10, tokens_out=5, cost_usd=0.5))

    ev = await evaluate(cases(2), {"a": Agent("x", model=priced())}, scorers=judge)
    (summary,) = ev.arm_summaries()
    (scoring,) = [one for one in arm_ledger(ev, "a") if one.part == "scoring"]
    assert (scoring.calls, scoring.tokens_in, scoring.known_usd, scoring.model) == (4, 20, 1.0, "judge-1")
    assert summary.full_cost_usd == pytest.approx((summary.cost_usd or 0) + 1.0)


async def test_an_unknown_price_is_unknown_and_the_rest_is_a_lower_bound() -> None:
    unpriced = ScriptedModel([ScriptedTurn(text="x", usage=Usage(input_tokens=3, output_tokens=4, cost_usd=None))] * 2)

    def judge(result, case) -> Score:
        return Score(1.0, spent=Spent("judge-1", calls=1, tokens_in=10, tokens_out=5, cost_usd=0.25))

    ev = await evaluate(cases(2), {"a": Agent("x", model=unpriced)}, scorers=judge)
    whole = total(arm_ledger(ev, "a"))
    assert (whole.cost_usd, whole.known_usd, whole.unknown) == (None, 0.5, 2)
    assert ev.arm_summaries()[0].full_cost_usd is None
    assert "at least $0.500, 2 calls unknown" in ledger_line(ev)


async def test_a_plain_function_is_unknown_and_an_agent_inside_it_is_seen() -> None:
    inner = Agent("x", model=priced())

    async def wrapped(question: str) -> str:
        return (await inner.run(question)).output

    ev = await evaluate(cases(2), {"plain": lambda question: question, "wrapped": wrapped}, scorers=scorers.exact())
    assert [one.part for one in arm_ledger(ev, "plain")] == ["unknown"]
    assert ev.arm_summaries()[0].full_cost_usd is None
    seen = total(arm_ledger(ev, "wrapped"))
    assert (seen.calls, seen.cost_usd) == (2, pytest.approx(seen.known_usd))
    assert seen.known_usd > 0


class Flaky(EchoModel):
    """Fails each third call, for the time being or for good."""

    def __init__(self, error: type[Exception], **options) -> None:
        super().__init__(**options)
        self.error, self.asked = error, 0

    async def complete(self, messages, **options):
        self.asked += 1
        if self.asked % 3 == 0:
            raise self.error("no")
        return await super().complete(messages, **options)


async def test_attempts_that_failed_are_retries_of_unknown_cost() -> None:
    model = Flaky(RateLimitError, cost_per_token=0.001)
    agent = Agent("x", model=model, retry_policy=RetryPolicy(max_attempts=3, initial_delay_s=0, jitter=0))
    ev = await evaluate(cases(6), {"a": agent}, scorers=scorers.exact(), max_concurrency=1)
    found = {one.part: one for one in arm_ledger(ev, "a")}
    assert found["agent"].calls == 6
    assert (found["retries"].calls, found["retries"].cost_usd) == (model.asked - 6, None)
    assert model.asked > 6


async def test_a_trial_that_failed_is_abandoned_work_and_its_known_calls_are_counted() -> None:
    model = Flaky(PermanentModelError, cost_per_token=0.001)
    agent = Agent("x", model=model, architecture=SelfRefine(max_rounds=1), retry_policy=RetryPolicy(max_attempts=1))
    ev = await evaluate(cases(3), {"a": agent}, scorers=scorers.exact(), max_concurrency=1)
    failed = [one for one in ev.trials if one.state.value == "error"]
    assert failed
    assert all({one.part for one in trial.spent} == {"abandoned"} for trial in failed)
    assert total(one for trial in ev.trials for one in trial.spent).calls == model.asked
    assert all(trial.tokens_in is None and trial.cost_usd is None for trial in failed)


async def test_a_hanging_arm_is_cut_off_and_what_it_began_is_counted() -> None:
    class Hanging(EchoModel):
        async def complete(self, messages, **options):
            if "word 1" in str(messages[-1].content):
                await anyio.sleep_forever()
            return await super().complete(messages, **options)

    arms = {"hangs": Agent("x", model=Hanging(cost_per_token=0.001)), "fine": Agent("x", model=priced())}
    ev = await evaluate(cases(3), arms, scorers=scorers.exact(), timeout=0.5)
    assert [one.state.value for one in ev.trials if one.arm == "hangs"] == ["answered", "timeout", "answered"]
    assert [one.score("exact") for one in ev.trials if one.arm == "fine"] == [1.0, 1.0, 1.0]
    (lost,) = [one for one in arm_ledger(ev, "hangs") if one.part == "abandoned"]
    assert (lost.calls, lost.unknown) == (1, 1)
    assert "abandoned 1 call" in ledger_line(ev)


async def test_a_cached_call_counts_as_what_it_would_have_cost(tmp_path: Path) -> None:
    agent = Agent("x", model=priced())
    first, again = [
        await evaluate(cases(2), {"a": agent}, scorers=scorers.exact(), cache=tmp_path / "replies.sqlite")
        for _ in range(2)
    ]
    one, other = total(arm_ledger(first, "a")), total(arm_ledger(again, "a"))
    assert (one.cached, other.cached, other.calls) == (0, 2, 2)
    assert one.cost_usd == other.cost_usd != 0
    assert "2 calls came from a cache" in ledger_line(again)


async def test_memory_and_embedding_calls_have_parts_of_their_own() -> None:
    class Summing(EchoModel):
        name = "echo"

    async def consolidating(case: Case) -> str:
        agent = Agent("x", model=priced(), memory=InMemoryMemory())
        return (await agent.run(case.input)).output

    ev = await evaluate(cases(1), {"a": consolidating}, scorers=scorers.exact())
    assert {one.part for one in arm_ledger(ev, "a")} == {"agent"}
    from loomlab.evals.ledger import Meter

    meter = Meter()
    for role in ("consolidator", "embedder", "judge", "planner", "evaluator"):
        meter.book(role, "m", Usage(input_tokens=1, output_tokens=1, cost_usd=0.1))
    assert [(one.part, one.role) for one in merged(meter.entries())] == [
        ("agent", "planner"),
        ("critic", "evaluator"),
        ("judge", "judge"),
        ("memory", "consolidator"),
        ("embedding", "embedder"),
    ]


async def test_the_ledger_survives_the_log_and_work_that_was_cut_off_is_found_there(tmp_path: Path) -> None:
    log = await anyio.to_thread.run_sync(RunLog.open, tmp_path / "log")

    class Hanging(EchoModel):
        hangs = True

        async def complete(self, messages, **options):
            if self.hangs and "review" in str(messages[0].content).lower() and "word 1" in str(messages):
                await anyio.sleep_forever()
            return await super().complete(messages, **options)

    model = Hanging(cost_per_token=0.001)
    arms = {"a": Agent("x", model=model, architecture=SelfRefine(max_rounds=1))}
    with anyio.move_on_after(1) as scope:
        await evaluate(cases(3), arms, scorers=scorers.exact(), run_log=log, max_concurrency=1)
    assert scope.cancelled_caught
    model.hangs = False
    ev = await evaluate(cases(3), arms, scorers=scorers.exact(), run_log=log, max_concurrency=1, resume=True)
    calm = await evaluate(cases(3), {"a": arms["a"]}, scorers=scorers.exact())
    done = [[one.as_row() for one in trial_entries(trial)] for trial in ev.trials]
    assert done == [[one.as_row() for one in trial_entries(trial)] for trial in calm.trials]
    lost = [one for one in arm_ledger(ev, "a") if one.part == "abandoned"]
    assert sum(one.calls for one in lost) >= 1
    assert total(arm_ledger(ev, "a")).tokens_in > total(arm_ledger(calm, "a")).tokens_in


async def test_the_report_and_the_card_tell_what_the_calls_were_for() -> None:
    arms = {"a": Agent("x", model=priced()), "b": Agent("x", model=priced(), architecture=SelfRefine(max_rounds=1))}
    ev = await evaluate(cases(3), arms, scorers=scorers.exact())
    html = report_html(ev, ev.arm_summaries())
    assert "What it cost" in html and "<td>critic</td>" in html.replace(' class="k"', "")
    facts = dict(decision_card(compare(ev, "a", "b")).facts)
    assert "b spends" in facts and "critic" in facts["b spends"] and facts["b spends"].endswith("of its cost")
    assert "a spends" not in facts


def test_entries_add_and_come_back_from_a_log() -> None:
    one = Entry("agent", "planner", "m", 2, 10, 5, 0.25, 1, 1)
    assert Entry.of_row(one.as_row()) == one
    assert (one + one).calls == 4 and (one + one).cost_usd is None
    assert Entry("agent", "x", "m", 1, known_usd=0.5).cost_usd == 0.5
