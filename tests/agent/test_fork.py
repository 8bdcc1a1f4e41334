"""Another end of a run: the beginning from the journal, the rest done differently, both side by side."""

from typing import Any

import pytest

from loomlab import Agent, ConfigError, Message, ScriptedModel, ScriptedTurn, ToolCall, tool
from loomlab.core.messages import Role
from loomlab.core.observers import observing
from loomlab.notebook.faces import face_of
from loomlab.runtime import JournaledRuntime, SqliteRuntime

pytestmark = pytest.mark.anyio


class Scene:
    """A run of three model calls and two tool calls, for alice."""

    def __init__(self, runtime: Any = None) -> None:
        self.done: list[str] = []

        @tool
        async def look(where: str) -> str:
            """Look somewhere."""
            self.done.append(where)
            return f"nothing {where}"

        turns = [self.wish("here"), self.wish("there"), "it is gone"]
        self.model = ScriptedModel(turns)
        self.runtime = runtime or JournaledRuntime()
        self.agent = Agent("Look.", model=self.model, tools=[look], runtime=self.runtime)

    @staticmethod
    def wish(where: str) -> ScriptedTurn:
        return ScriptedTurn(tool_calls=[ToolCall(tool="look", args={"where": where})])

    async def run(self) -> str:
        result = await self.agent.run("where is it?", session_id="s", user_id="alice")
        assert result.output == "it is gone" and self.done == ["here", "there"]
        return result.run_id


async def test_from_a_model_call_on_another_model_answers_and_nothing_before_is_done_again(tmp_path: Any) -> None:
    scene = Scene(SqliteRuntime(tmp_path / "journal.db"))
    run_id = await scene.run()
    other = ScriptedModel([scene.wish("under the bed"), "found it"])
    fork = await scene.agent.fork(run_id, 2, model=other)
    assert fork.output == "found it" and scene.done == ["here", "there", "under the bed"]
    assert len(other.requests) == 2 and len(scene.model.requests) == 3
    assert [one.content for one in other.requests[0].messages if one.role is Role.TOOL] == ["nothing here"]
    assert fork.result.user_id == "alice" and fork.at == "model_call_2"
    again = await scene.agent.resume("s", "where is it?", user_id="alice")
    assert again.output == "it is gone", "the run itself is as it was"
    assert (await scene.agent.resume(fork.session_id, "where is it?", user_id="alice")).output == "found it"
    await scene.runtime.aclose()


async def test_both_ends_stand_side_by_side_with_what_they_share() -> None:
    scene = Scene()
    fork = await scene.agent.fork(await scene.run(), "model_call_2", model=ScriptedModel(["never mind"]))
    alignment = fork.alignment
    assert alignment.names == ("original", "fork")
    shared = alignment.divergence
    assert shared is not None and [row.cells[0].name for row in alignment.rows[:shared] if row.cells[0]] == [
        "task",
        "agent",
        "look",
    ]
    face = face_of(fork)
    assert face is not None and "never mind" in face.text and "it is gone" in face.text and "<script" not in face.html


async def test_the_model_may_be_asked_something_else_from_there_on() -> None:
    scene = Scene()
    run_id = await scene.run()
    hint = Message(role=Role.USER, content="look in the garden")
    other = ScriptedModel([scene.wish("in the garden"), "there it is"])
    fork = await scene.agent.fork(run_id, "model_call_2", model=other, messages=lambda messages: [*messages, hint])
    assert fork.output == "there it is"
    assert other.requests[0].messages[-1] == hint and hint in other.requests[1].messages
    fork = await scene.agent.fork(run_id, 3, model=ScriptedModel(["short"]), messages=[hint])
    assert fork.output == "short"


async def test_another_architecture_goes_on_with_what_was_said() -> None:
    scene = Scene()
    run_id = await scene.run()
    other = ScriptedModel(["a draft", "DONE", "a draft"])
    fork = await scene.agent.fork(run_id, 3, architecture="self-refine", model=other)
    assert fork.result.architecture == "self-refine" and scene.done == ["here", "there"]
    seen = [one.content for one in other.requests[0].messages]
    assert "nothing here" in seen and "nothing there" in seen and "where is it?" in seen


async def test_an_event_says_where_and_what_has_no_place_is_refused_in_words() -> None:
    scene = Scene()
    run_id = await scene.run()
    fork = await scene.agent.fork(run_id, 3, model=ScriptedModel(["x"]))
    second = [one for one in fork.original if one.kind == "tool_call"][1]
    again = await scene.agent.fork(run_id, second, model=ScriptedModel(["y"]))
    assert again.at == "tool_call_2_0" and again.output == "y" and scene.done == ["here", "there", "there"]
    with pytest.raises(ConfigError, match="started is no step"):
        await scene.agent.fork(run_id, fork.original[0])
    with pytest.raises(ConfigError, match="no step 'model_cal_2'; did you mean 'model_call_2'"):
        await scene.agent.fork(run_id, "model_cal_2")
    with pytest.raises(ConfigError, match="no run 'run_x'"):
        await scene.agent.fork("run_x", 1)
    with pytest.raises(ConfigError, match="runtime=SqliteRuntime"):
        await Agent("x", model="echo").fork(run_id, 1)


async def test_those_who_watch_see_the_fork_and_not_the_run_told_again() -> None:
    class Watcher:
        wants_chunks = False

        def __init__(self) -> None:
            self.runs: list[str] = []

        def on_event(self, event: Any) -> None:
            if event.kind == "started":
                self.runs.append(event.session_id)

    scene, watcher = Scene(), Watcher()
    run_id = await scene.run()
    with observing(watcher):
        fork = await scene.agent.fork(run_id, 2, model=ScriptedModel(["x"]), architecture="self-refine")
    assert watcher.runs == [fork.session_id]
    store: Any = scene.runtime.store
    assert {session for session, _ in store.step_keys()} == {"s", fork.session_id}, "no copy is left behind"
