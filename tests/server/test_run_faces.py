"""One run, runs side by side, a cell that goes on with one; and texts that try to break out of all of them."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anyio
import pytest
from hostile import PAYLOADS
from safe import wrong
from served import Server

from loomlab import Agent, EchoModel, ScriptedModel
from loomlab.display import RunTrace, run_html, run_text
from loomlab.runlog import RunLog, recording
from loomlab.runlog.home import Home
from loomlab.runtime import SqliteRuntime
from loomlab.testing.events import sample_run

NAMES = list(PAYLOADS)


def hostile_run(number: int) -> list[Any]:
    text = PAYLOADS[NAMES[number]]
    everywhere: dict[str, Any] = dict.fromkeys(("hostile", "user_id", "agent", "architecture", "model"), text)
    run_id = f"run_hostile_{number:03d}"
    return sample_run(run_id=run_id, denied=True, failing=True, nested=True, memory=True, **everywhere)


@pytest.fixture(scope="module")
def told(server: Server) -> Iterator[Server]:
    """A few plain runs, and one for every hostile text, in a notebook with such a name."""
    log = RunLog(Home.find(server.home))
    for event in [
        *sample_run(run_id="run_a", user_id="alice"),
        *sample_run(run_id="run_b", user_id="bob", tools=2, answer="Sunshine."),
        *sample_run(run_id="run_going_on", ending="running"),
        *sample_run(run_id="run_user", user_id="it's {__import__('os')}", prompt="hello"),
    ]:
        log.on_event(event)
    log.flush()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JPY_SESSION_NAME", str(server.root / "<script>alert(1)</script>.ipynb"))
        hostile = RunLog(Home.find(server.home))
        for number in range(len(NAMES)):
            for event in hostile_run(number):
                hostile.on_event(event)
        hostile.flush()
    yield server
    log.close()
    hostile.close()


def test_a_run_is_shown_by_the_face_of_the_displays(told: Server) -> None:
    found = told.get("run", run_id="run_a").json
    trace = RunTrace(sample_run(run_id="run_a", user_id="alice"))
    assert found["text"] == run_text(trace)
    folds = re.compile(r"<details><summary>Raw events.*", re.DOTALL)  # the log keeps a streamed text in one piece
    assert folds.sub("", found["html"]) == folds.sub("", run_html(trace))
    assert (found["live"], found["row"]["user_id"]) == (False, "alice")
    assert set(found["row"]) == set(told.get("runs", user="alice").json["rows"][0])


def test_a_run_that_goes_on_is_live_and_shown_as_far_as_it_is(told: Server) -> None:
    found = told.get("run", run_id="run_going_on").json
    assert found["live"]
    assert found["row"]["status"] == "running"
    assert "get_weather" in found["html"]


def test_runs_stand_side_by_side(told: Server) -> None:
    found = told.get("run/align", run_id=["run_a", "run_b"]).json
    assert found["ids"] == ["run_a", "run_b"]
    assert "The runs part at step" in found["text"]
    assert wrong(found["html"]) == []


@pytest.mark.parametrize(
    ("ids", "status", "said"),
    [
        ([], 400, "run_id must be given"),
        (["run_a"], 400, "run_id takes 2 to 8 values"),
        (["run_a", "run_a"], 400, "two different runs stand side by side"),
        (["run_a"] * 9, 400, "run_id takes 2 to 8 values"),
        (["run_a", "run_zzz"], 404, "no such run 'run_zzz'"),
    ],
)
def test_an_alignment_needs_two_runs_that_there_are(told: Server, ids: list[str], status: int, said: str) -> None:
    reply = told.get("run/align", run_id=ids)
    assert reply.status == status
    assert reply.message.startswith(said)


@pytest.mark.parametrize("run_id", ["run_zzz", "last", "run_hostile", "-1", "SAMPLE", "a"])
@pytest.mark.parametrize("path", ["run", "run/fork"])
def test_only_a_whole_id_names_a_run(told: Server, path: str, run_id: str) -> None:
    assert told.get(path, run_id=run_id).status == 404


def test_a_run_without_a_journal_is_asked_again_for_the_same_user(told: Server) -> None:
    cell = told.get("run/fork", run_id="run_a").json
    assert cell == {
        "source": "%%loom --raw --arch=react --user=alice\nWhat should I wear in Lyon tomorrow?",
        "kind": "again",
    }


def test_a_user_whose_name_could_be_read_as_code_is_asked_for_in_python(told: Server) -> None:
    source = told.get("run/fork", run_id="run_user").json["source"]
    assert source.splitlines()[0] == "from loomlab import Agent"
    assert literals(source) >= {"hello", "it's {__import__('os')}", "react"}


def literals(source: str) -> set[Any]:
    tree = ast.parse(source)
    calls = {ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    assert calls <= {"Agent", "agent.run", "agent.fork"}
    return {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)}


def test_a_run_with_a_journal_is_forked_by_a_cell_that_runs(told: Server, tmp_path: Path) -> None:
    model = ScriptedModel(["first", "second"])

    async def asked() -> str:
        agent = Agent("Answer.", model=model, runtime=SqliteRuntime(tmp_path / "journal.db"))
        with recording(told.home):
            run_id = (await agent.run("a question", user_id="alice")).run_id
        cell = told.get("run/fork", run_id=run_id).json
        assert cell["kind"] == "fork"
        space: dict[str, Any] = {"agent": agent}
        code = compile(cell["source"], "cell", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        await eval(code, space)
        await agent.runtime.aclose()
        return str(space["fork"].output)

    assert anyio.run(asked) == "second"


@pytest.mark.parametrize("number", range(len(NAMES)), ids=NAMES)
def test_hostile_text_in_a_run_is_inert(told: Server, number: int) -> None:
    run_id = f"run_hostile_{number:03d}"
    reply = told.get("run", run_id=run_id)
    assert reply.headers["Content-Type"].startswith("application/json")
    assert reply.headers["X-Content-Type-Options"] == "nosniff"
    assert wrong(reply.json["html"]) == []
    source = told.get("run/fork", run_id=run_id).json["source"]
    first = source.partition("\n")[0]
    assert re.fullmatch(r"%%loom --raw( --\w+=[\w@/][\w.@:/+-]*)*", first) or literals(source)


def test_hostile_text_side_by_side_and_in_lists_is_inert(told: Server) -> None:
    for start in range(0, len(NAMES) - 3, 4):
        aligned = told.get("run/align", run_id=[f"run_hostile_{number:03d}" for number in range(start, start + 4)])
        assert wrong(aligned.json["html"]) == []
    page = told.get("runs", limit=200)
    assert page.headers["Content-Type"].startswith("application/json")
    assert {row["run_id"] for row in page.json["rows"]} >= {f"run_hostile_{number:03d}" for number in range(len(NAMES))}
    assert told.get("runs/facets").json["notebooks"][0]["value"] == "<script>alert(1)</script>.ipynb"


def test_a_model_that_needs_nothing_but_its_name_is_asked_again(told: Server) -> None:
    async def asked() -> str:
        with recording(told.home):
            return (await Agent("Answer.", model=EchoModel()).run("say {this}")).run_id

    cell = told.get("run/fork", run_id=anyio.run(asked)).json
    assert cell["source"] == "%%loom --raw --arch=react --model=echo\nsay {this}"
