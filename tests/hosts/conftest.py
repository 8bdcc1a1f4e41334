"""One set of values that people look at, with their faces, for every host."""

from pathlib import Path
from typing import Any

import anyio
import pytest

from loomlab import Agent, EchoModel, ScriptedModel, ScriptedTurn, ToolCall, tool
from loomlab.evals import Case, Dataset, compare, evaluate, scorers
from loomlab.memory import InMemoryMemory
from loomlab.notebook.face import Face
from loomlab.notebook.faces import face_of
from loomlab.runlog import RunLog, recording


@tool
def look(where: str) -> str:
    """Look somewhere."""
    return f"seven rings at {where}"


def turns() -> list[ScriptedTurn]:
    asked = [ToolCall(id="c", tool="look", args={"where": "Saturn"})]
    return [ScriptedTurn("Let me look.", tool_calls=asked), ScriptedTurn("It has **seven** rings:\n\n1. one\n2. two")]


async def _asked(log: RunLog) -> dict[str, Any]:
    memory = InMemoryMemory()
    agent = Agent("Look well.", model=ScriptedModel(turns()), tools=[look], name="watcher", memory=memory)
    data = Dataset([Case(f"q{i}", f"word {i}", f"Echo: word {i}") for i in range(6)], name="words")
    with recording(log):
        result = await agent.run("How many rings has Saturn?", user_id="ana")
        await Agent("x", model=EchoModel(), memory=memory).run("How many rings has Saturn?", user_id="ben")
        arms = {"echo": Agent("x", model=EchoModel()), "loud": lambda question: question.upper()}
        evaluation = await evaluate(data, arms, scorers=[scorers.exact()])
    explained = await memory.explain("rings", user_id="ana")
    return {"result": result, "agent": agent, "evaluation": evaluation, "explained": explained}


def _values(folder: Path) -> dict[str, Any]:
    log = RunLog.open(folder / "log")
    found = anyio.run(_asked, log)
    ana, ben = (log.run(-1, user_id=user) for user in ("ana", "ben"))
    evaluation = found["evaluation"]
    return {
        **found,
        "run": ana,
        "decision": compare(evaluation, a="loud", b="echo"),
        "aligned": log.align(ana.run_id, ben.run_id),
        "pareto": evaluation.pareto(against="latency_ms"),
    }


@pytest.fixture(scope="session")
def faces(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Face]:
    folder = tmp_path_factory.mktemp("seen")
    found = {name: face_of(value) for name, value in _values(folder).items()}
    return {name: face for name, face in found.items() if face is not None}
