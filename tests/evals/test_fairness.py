"""What stands behind a score besides the arm's way of thinking: it is found, counted, and said on the card."""

from pathlib import Path

import pytest
from anyio import to_thread

from loomlab import Agent, EchoModel, ScriptedModel, ScriptedTurn, tool
from loomlab.core.messages import Message, Role, ToolCall
from loomlab.evals import Case, CaseBudget, Comparison, Dataset, Evaluation, compare, evaluate, scorers
from loomlab.evals.decision import decision_card
from loomlab.runlog import RunLog

pytestmark = pytest.mark.anyio


@tool
def look_up(name: str) -> str:
    """Look a name up."""
    return name


@tool
def weigh(thing: str) -> str:
    """Weigh a thing."""
    return thing


class Blind:
    """A way of thinking that forgets to tell the model of the tools."""

    name = "blind"

    def declared_workers(self):
        return {}

    def __init__(self, says: str = "") -> None:
        self.says = says

    async def run(self, session, deps, prompt):
        told = [Message(role=Role.SYSTEM, content=self.says)] if self.says else []
        said = await deps.ask(session, [*told, *session.messages], role="planner")
        session.output = said.text
        return
        yield


def questions(n: int = 6) -> Dataset:
    return Dataset(Case(id=f"q{i}", input=f"question {i}", target="yes") for i in range(n))


async def tried(arms, **options) -> Evaluation:
    return await evaluate(options.pop("dataset", questions()), arms, scorers=scorers.exact(), **options)


def agent(**changes) -> Agent:
    return Agent(**{"instructions": "Answer.", "model": EchoModel(), "tools": [look_up], **changes})


def fair(found: Comparison) -> str:
    return " ".join(decision_card(found).fair)


async def test_an_arm_whose_planner_never_saw_the_tools_is_told_apart(tmp_path: Path) -> None:
    log = await to_thread.run_sync(RunLog.open, tmp_path)
    ev = await tried({"sees": agent(), "blind": agent(architecture=Blind())}, run_log=log)
    found = compare(ev, "sees", "blind")
    assert (found.confounds["sees"].blind, found.confounds["blind"].blind) == (0, 6)
    assert "blind: 6 never told the model of the tools." in fair(found)
    assert "sees:" not in fair(found)
    from loomlab.evals import rescore

    again = await rescore(log, ev.id, scorers.includes(), dataset=ev.dataset)
    assert compare(again, "sees", "blind").confounds["blind"].blind == 6


async def test_tools_named_in_the_prompt_are_seen_and_an_agent_without_tools_is_not_blind() -> None:
    arms = {
        "text": agent(architecture=Blind("You may call look_up.")),
        "none": agent(architecture=Blind(), tools=None),
        "function": lambda question: "yes",
    }
    ev = await tried(arms)
    assert [trial.told_of_tools for trial in ev.trials[:3]] == [True, None, None]
    assert compare(ev, "text", "none").confounds["text"].blind == 0


async def test_the_tools_of_a_case_count_too() -> None:
    case = Case(
        id="q", input="?", target="yes", metadata={"tools": [{"name": "book", "parameters": {"type": "object"}}]}
    )
    other = Case(id="p", input="?", target="yes")
    arms = {"sees": agent(tools=None), "blind": agent(tools=None, architecture=Blind())}
    ev = await tried(arms, dataset=Dataset([case, other]))
    assert compare(ev, "sees", "blind").confounds["blind"].blind == 1


@pytest.mark.parametrize("name", ["rewoo", "plan-and-execute", "react", "reflexion", "self-refine"])
async def test_our_own_ways_of_thinking_tell_the_model_of_the_tools(name: str) -> None:
    ev = await tried({name: agent(architecture=name)}, dataset=questions(1))
    assert all(trial.told_of_tools for trial in ev.trials)


async def test_a_way_of_thinking_that_uses_no_tools_is_said_to_be_blind_to_them() -> None:
    ev = await tried({"react": agent(), "tot": agent(architecture="tree-of-thoughts")}, dataset=questions(2))
    assert "2 never told the model of the tools." in fair(compare(ev, "react", "tot"))


async def test_two_factors_that_differ_are_named_and_the_difference_is_laid_to_neither() -> None:
    ev = await tried({"a": agent(), "b": agent(instructions="Answer well.", tools=[look_up, weigh])})
    found = compare(ev, "a", "b")
    assert found.factors == ("instructions", "tools")
    assert "2 factors differ (instructions, tools), so the difference can't be laid to any one of them." in fair(found)
    assert "One factor differs: instructions." in fair(
        compare(await tried({"a": agent(), "b": agent(instructions="x")}), "a", "b")
    )


@pytest.mark.parametrize(
    ("changes", "factor"),
    [
        ({"model": EchoModel(prefix="Oh: ")}, None),
        ({"max_turns": 3}, "max_turns"),
        ({"architecture": "self-refine"}, "architecture"),
        ({"instructions": "Answer!"}, "instructions"),
        ({"tools": [weigh]}, "tools"),
    ],
)
async def test_each_factor_is_told_apart(changes: dict, factor: str | None) -> None:
    ev = await tried({"a": agent(), "b": agent(**changes)}, dataset=questions(3))
    assert compare(ev, "a", "b").factors == (() if factor is None else (factor,))


async def test_a_tool_with_another_schema_or_description_is_another_tool() -> None:
    def described(text: str):
        def look_up(name: str) -> str:
            return name

        look_up.__doc__ = text
        return tool(look_up)

    ev = await tried({"a": agent(tools=[described("One.")]), "b": agent(tools=[described("Two.")])})
    assert compare(ev, "a", "b").factors == ("tools",)


async def test_an_arm_that_met_a_limit_says_so_and_is_scored_by_what_it_has() -> None:
    def loops() -> Agent:
        turns = [ScriptedTurn(text="yes", tool_calls=[ToolCall(tool="look_up", args={"name": "x"})])] * 200
        return agent(model=ScriptedModel(turns))

    ev = await tried({"stops": agent(), "loops": loops()}, budget=CaseBudget(calls=2), max_concurrency=1)
    found = compare(ev, "stops", "loops")
    assert found.confounds["loops"].limit == 6
    assert "loops: 6 met a limit." in fair(found)
    assert set(ev.failures()["cause"]) == {"budget:calls"}
    assert set(ev.failures()["arm"]) == {"loops"}


async def test_turn_caps_and_timeouts_are_limits() -> None:
    import anyio

    async def slow(question: str) -> str:
        await anyio.sleep(5)
        return "yes"

    def loops() -> Agent:
        turns = [ScriptedTurn(tool_calls=[ToolCall(tool="look_up", args={"name": "x"})])] * 200
        return agent(model=ScriptedModel(turns), max_turns=2)

    ev = await tried({"capped": loops(), "slow": slow, "fine": lambda q: "yes"}, timeout=0.2)
    assert compare(ev, "capped", "fine").confounds["capped"].limit == 6
    assert set(ev.failures()["cause"]) == {"timeout", "max_turns_exceeded"}
    from loomlab.evals.confounds import confounds

    assert confounds([trial for trial in ev.trials if trial.arm == "slow"], "exact").limit == 6


async def test_answers_forced_out_and_answers_not_read_are_counted() -> None:
    class Ends:
        """Ends its runs for a reason."""

        def __init__(self, why: str) -> None:
            self.name = f"ends-{why}"
            self.why = why

        def declared_workers(self):
            return {}

        async def run(self, session, deps, prompt):
            from loomlab.core.results import EndReason

            said = await deps.ask(session, session.messages, role="planner")
            session.output, session.ended = said.text, EndReason(self.why)
            return
            yield

    arms = {why: agent(tools=None, architecture=Ends(why)) for why in ("forced_answer", "parse_failure")}
    found = compare(await tried(arms), "forced_answer", "parse_failure")
    assert (found.confounds["forced_answer"].forced, found.confounds["parse_failure"].unread) == (6, 6)
    assert "forced_answer: 6 had the answer forced out." in fair(found)
    assert "parse_failure: 6 could not be read." in fair(found)


async def test_every_failure_is_in_the_ledger_by_its_cause_and_in_no_mean() -> None:
    def fails(question: str) -> str:
        number = int(question.split()[1])
        if number == 0:
            raise ValueError("no")
        if number == 1:
            raise RuntimeError("never")
        return "yes"

    def judge(result, case):
        if case.id == "q2":
            raise KeyError("the scorer broke")
        if case.id == "q3":
            return None
        return float("nan") if case.id == "q4" else True

    ev = await evaluate(questions(), {"a": fails}, scorers=judge)
    ledger = ev.failures()
    assert sorted(ledger["cause"]) == ["RuntimeError", "ValueError", "scorer failed", "scorer failed", "unscored"]
    assert len(ledger["detail"].dropna()) == 5
    assert ev.summary()["score"].tolist() == [1.0]
    assert ev.summary()["scored"].tolist() == [1]
