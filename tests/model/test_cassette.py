"""A model on tape."""

import json
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import anyio
import pytest

from loomlab.core.errors import AuthenticationError, CassetteMiss, ConfigError, TransientModelError
from loomlab.core.messages import Message, ModelChunk, Role, ToolCall, ToolDef, Usage
from loomlab.core.protocols import Completion, Model, Stopwatch
from loomlab.model import CassetteModel, EchoModel, ScriptedModel, ScriptedTurn, joined

pytestmark = pytest.mark.anyio
SECRET = "sk-" + "abcdefghij" * 3


@pytest.fixture
def tape(tmp_path: Path) -> Path:
    return tmp_path / "tapes" / "talk.jsonl"


def said(text: str) -> list[Message]:
    return [Message(role=Role.USER, content=text)]


async def stream(model: Any, text: str, **settings: Any) -> Completion:
    return joined([chunk async for chunk in model.stream(said(text), **settings)])


async def record(tape: Path, replies: list[ScriptedTurn | str], *asked: str) -> None:
    model = CassetteModel(ScriptedModel(replies), tape, mode="record")
    for text in asked:
        await stream(model, text)


def lines(tape: Path) -> list[str]:
    return tape.read_text(encoding="utf-8").split("\n")[:-1]


def made(folder: Path) -> list[Path]:
    return list(folder.iterdir())


def cut(tape: Path, end: int) -> None:
    tape.write_bytes(tape.read_bytes()[:-end])


def replay(tape: Path) -> CassetteModel:
    return CassetteModel(None, tape, mode="replay")


async def test_what_was_recorded_is_replayed_chunk_by_chunk(tape: Path) -> None:
    call = ToolCall(id="c1", tool="look", args={"at": [1, "ä"]})
    broken = ToolCall(id="c2", tool="look", error="broken JSON")
    usage = Usage(input_tokens=5, output_tokens=7, cost_usd=0.25, cached_tokens=2)
    turn = ScriptedTurn("two words\u2028and\nmore", [call, broken], usage)
    live = CassetteModel(ScriptedModel([turn]), tape)
    heard = [chunk async for chunk in live.stream(said("hi"))]
    again = [chunk async for chunk in replay(tape).stream(said("hi"))]
    assert again == heard
    assert again[-1].usage == usage


async def test_streamed_and_whole_replies_share_the_tape(tape: Path) -> None:
    model = CassetteModel(ScriptedModel(["from a stream", "from a whole"]), tape)
    streamed = await stream(model, "a")
    whole = await model.complete(said("b"))
    assert await replay(tape).complete(said("a")) == streamed
    assert await stream(replay(tape), "b") == whole
    assert len([chunk async for chunk in replay(tape).stream(said("b")) if chunk.kind == "text"]) == 3


async def test_an_unknown_cost_stays_unknown(tape: Path) -> None:
    await record(tape, [ScriptedTurn("x", usage=Usage(cost_usd=None))], "a")
    assert (await stream(replay(tape), "a"))[2].cost_usd is None


async def test_the_nth_same_request_gets_the_nth_reply_and_then_it_is_a_miss(tape: Path) -> None:
    await record(tape, ["one", "two"], "a", "a")
    model = replay(tape)
    assert [(await stream(model, "a"))[0] for _ in range(2)] == ["one", "two"]
    with pytest.raises(CassetteMiss, match="rewind"):
        await stream(model, "a")
    model.rewind()
    assert [(await stream(model, "a"))[0] for _ in range(2)] == ["one", "two"]


async def test_a_single_reply_serves_every_time(tape: Path) -> None:
    await record(tape, ["one"], "a")
    for model in (replay(tape), CassetteModel(ScriptedModel(["never asked"]), tape)):
        assert [(await stream(model, "a"))[0] for _ in range(3)] == ["one"] * 3


async def test_recording_asks_anew_for_a_request_it_has_just_heard(tape: Path) -> None:
    model = CassetteModel(ScriptedModel(["one", "two"]), tape)
    assert [(await stream(model, "a"))[0] for _ in range(2)] == ["one", "two"]
    model.rewind()
    assert [(await stream(model, "a"))[0] for _ in range(2)] == ["one", "two"]


async def test_auto_replays_what_is_there_and_records_what_is_missing(tape: Path) -> None:
    await record(tape, ["one"], "a")
    inner = ScriptedModel(["two"])
    model = CassetteModel(inner, tape)
    assert model.replaying
    assert (await stream(model, "a"))[0] == "one"
    assert model.replaying
    assert (await stream(model, "b"))[0] == "two"
    assert not model.replaying
    assert inner.remaining == 0
    assert [(await stream(replay(tape), text))[0] for text in ("a", "b")] == ["one", "two"]


async def test_record_begins_a_new_tape(tape: Path) -> None:
    await record(tape, ["old"], "a")
    await record(tape, ["new"], "a")
    assert (await stream(replay(tape), "a"))[0] == "new"


async def test_a_miss_shows_the_nearest_request_and_what_differs(tape: Path) -> None:
    await record(tape, ["1", "2"], "What is the capital of France?", "Tell me a story about a whale")
    with pytest.raises(CassetteMiss) as caught:
        await replay(tape).complete(said("What is the capital of Spain?"), temperature=0.5)
    text = str(caught.value)
    assert "-user: What is the capital of France?" in text
    assert "+user: What is the capital of Spain?" in text
    assert "+temperature=0.5" in text
    assert "whale" not in text
    assert "mode='auto'" in text
    assert str(tape) in text


async def test_a_miss_that_cannot_be_recorded_for_want_of_a_key_is_still_told_as_a_miss(tape: Path) -> None:
    await record(tape, ["1"], "What is the capital of France?")
    model = CassetteModel("gpt-4o", tape)
    with pytest.raises(CassetteMiss, match="OPENAI_API_KEY") as caught:
        await stream(model, "What is the capital of Spain?")
    assert "+user: What is the capital of Spain?" in str(caught.value)
    assert isinstance(caught.value.__cause__, AuthenticationError)
    fresh = CassetteModel("gpt-4o", tape.with_name("new.jsonl"))
    with pytest.raises(AuthenticationError):
        await fresh.complete(said("a"))


async def test_a_miss_in_a_long_text_shows_the_place(tape: Path) -> None:
    long = "lorem ipsum dolor sit amet " * 200
    await record(tape, ["1"], long + "end")
    with pytest.raises(CassetteMiss) as caught:
        await replay(tape).complete(said(long + "END"))
    assert "END" in str(caught.value)
    assert len(str(caught.value)) < 1500


async def test_tools_schema_and_settings_are_part_of_the_request(tape: Path) -> None:
    await record(tape, ["1"], "a")
    tool = ToolDef(name="look", description="d")
    for settings in ({"tools": [tool]}, {"max_tokens": 5}, {"temperature": 0.0}, {"output_schema": Usage}):
        with pytest.raises(CassetteMiss):
            await replay(tape).complete(said("a"), **settings)
    assert (await replay(tape).complete(said("a"), tools=[], temperature=1))[0] == "1"


async def test_clock_times_ids_and_call_ids_do_not_matter(tape: Path) -> None:
    def talk(moment: str, ulid: str, call_id: str) -> list[Message]:
        call = ToolCall(id=call_id, tool="look", args={"episode": f"ep_{ulid}"})
        return [
            Message(role=Role.SYSTEM, content=f"now is {moment}; session sess_{ulid}"),
            Message(role=Role.ASSISTANT, content="", tool_calls=(call,)),
            Message(role=Role.TOOL, content=f"[{moment}] found {ulid}", tool_call_id=call_id),
        ]

    model = CassetteModel(ScriptedModel(["1"]), tape)
    await model.complete(talk("2026-01-02T03:04:05.678+00:00", "01JZZZZZZZZZZZZZZZZZZZZZZZ", "tcall_1"))
    again = talk("2027-11-12 13:14", "01KAAAAAAAAAAAAAAAAAAAAAAA", "call_xyz")
    assert (await replay(tape).complete(again))[0] == "1"
    with pytest.raises(CassetteMiss):
        await replay(tape).complete([*again, *said("more")])


async def test_secrets_do_not_reach_the_tape_even_in_pieces(tape: Path) -> None:
    class Leaky:
        name = "leaky"

        async def stream(self, messages: Any, **_: Any) -> AsyncIterator[ModelChunk]:
            for piece in ("the key is ", SECRET[:8], SECRET[8:], " ok"):
                yield ModelChunk(kind="text", text=piece)
            yield ModelChunk(kind="tool_call", tool_call=ToolCall(tool="t", args={"k": SECRET, "password": "hunter22"}))
            yield ModelChunk(kind="finish", finish_reason="stop", usage=Usage())

    live = CassetteModel(Leaky(), tape)  # type: ignore[arg-type]
    assert SECRET in (await stream(live, f"use {SECRET}"))[0]
    written = "".join(lines(tape))
    assert SECRET[:12] not in written
    assert SECRET[8:] not in written
    assert "hunter22" not in written
    assert (await stream(replay(tape), f"use {SECRET}"))[0] == "the key is [REDACTED] ok"


async def test_failures_and_abandoned_streams_are_not_recorded(tape: Path, tmp_path: Path) -> None:
    model = CassetteModel(ScriptedModel([ScriptedTurn("ha", error=TransientModelError("x")), "half way", "fine"]), tape)
    with pytest.raises(TransientModelError):
        await stream(model, "a")
    chunks = model.stream(said("a"))
    await anext(chunks)
    await chunks.aclose()  # type: ignore[attr-defined]
    assert not made(tmp_path)
    await stream(model, "a")
    assert (await stream(replay(tape), "a"))[0] == "fine"


async def test_leaving_at_the_finish_counts_as_heard(tape: Path) -> None:
    model = CassetteModel(ScriptedModel(["done"]), tape)
    async for chunk in model.stream(said("a")):
        if chunk.kind == "finish":
            break
    assert (await stream(replay(tape), "a"))[0] == "done"


async def test_each_reply_is_on_disk_as_soon_as_it_is_heard(tape: Path) -> None:
    model = CassetteModel(ScriptedModel(["one", "two"]), tape)
    await stream(model, "a")
    assert len(lines(tape)) == 2
    await stream(model, "b")
    assert len(lines(tape)) == 3


async def test_a_line_that_a_crash_left_unfinished_is_dropped_and_the_rest_kept(tape: Path) -> None:
    await record(tape, ["one", "two"], "a", "b")
    cut(tape, 20)
    model = CassetteModel(ScriptedModel(["two again"]), tape)
    assert (await stream(model, "a"))[0] == "one"
    assert (await stream(model, "b"))[0] == "two again"
    assert len([json.loads(line) for line in lines(tape)]) == 3
    assert (await stream(replay(tape), "b"))[0] == "two again"


async def test_figures_are_kept_while_recording_and_repeated_on_replay(tape: Path) -> None:
    live = CassetteModel(ScriptedModel(["one"]), tape)
    assert isinstance(live, Stopwatch)
    shown = [live.measure("before", 12.3456789), live.measure("latency", 100.0)]
    await stream(live, "a")
    shown += [live.measure("latency", 0.123456789), live.measure("after", 5)]
    model = replay(tape)
    repeated = [model.measure(key, -1.0) for key in ("before", "latency", "latency", "after")]
    assert repeated == shown
    assert shown == [12.3457, 100.0, 0.123457, 5.0]
    assert model.measure("latency", -1.0) == 0.123457
    assert model.measure("never measured", 7.0) == 7.0
    model.rewind()
    assert model.measure("latency", -1.0) == 100.0


async def test_figures_of_a_run_added_to_an_old_tape_are_kept_from_its_very_start(tape: Path) -> None:
    old = CassetteModel(EchoModel(), tape)
    await old.complete(said("one"))
    added = CassetteModel(EchoModel(), tape)
    before = added.measure("recall of two", 1.5)
    await added.complete(said("two"))
    after = added.measure("run of two", 2.5)
    again = CassetteModel(None, tape)
    assert (again.measure("recall of two", 9.0), again.measure("run of two", 9.0)) == (before, after) == (1.5, 2.5)


async def test_figures_of_a_pass_that_recorded_nothing_leave_nothing_behind(tape: Path) -> None:
    await CassetteModel(EchoModel(), tape).complete(said("one"))
    written = lines(tape)
    idle = CassetteModel(EchoModel(), tape)
    assert idle.measure("recall of two", 1.5) == 1.5
    idle.rewind()
    assert idle.measure("recall of two", 2.5) == 2.5
    assert lines(tape) == written


async def test_a_figures_key_holds_no_secret_and_no_clock_time(tape: Path) -> None:
    live = CassetteModel(ScriptedModel(["one"]), tape)
    live.measure(f"tool fetch {{'key': '{SECRET}'}} at 2026-01-02T03:04:05", 5.0)
    await stream(live, "a")
    assert SECRET not in "".join(lines(tape))
    assert replay(tape).measure(f"tool fetch {{'key': '{SECRET}'}} at 2027-01-02T03:04:05", 9.0) == 5.0


async def test_the_tape_tells_what_the_model_was(tape: Path) -> None:
    class Inner(EchoModel):
        name = "acme-1"
        network = True
        native_schema = True

    live = CassetteModel(Inner(), tape)
    assert (live.name, live.network, live.native_schema, live.replaying) == ("acme-1", True, True, False)
    await stream(live, "a")
    model = replay(tape)
    assert (model.name, model.network, model.native_schema, model.replaying) == ("acme-1", True, True, True)
    assert isinstance(model, Model)


async def test_another_model_over_an_old_tape_is_told(tape: Path) -> None:
    await record(tape, ["one"], "a")
    with pytest.warns(UserWarning, match="recorded from scripted, not echo"):
        CassetteModel(EchoModel(), tape)


def test_a_model_by_name_is_not_made_while_the_tape_has_the_answer(tape: Path) -> None:
    anyio.run(record, tape, ["one"], "a")
    code = (
        "import sys, anyio\n"
        "from loomlab.core import Message\nfrom loomlab.model import CassetteModel\n"
        f"model = CassetteModel('gpt-4o', {str(tape)!r})\n"
        "print(anyio.run(model.complete, [Message(role='user', content='a')])[0], model.name)\n"
        "print([name for name in ('openai', 'httpx') if name in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.split("\n")[:2] == ["one scripted", "[]"]


def test_figures_measured_last_are_on_the_tape_when_the_process_ends(tape: Path) -> None:
    code = (
        "import anyio\nfrom loomlab.core import Message\nfrom loomlab.model import CassetteModel, EchoModel\n"
        f"model = CassetteModel(EchoModel(), {str(tape)!r})\n"
        "anyio.run(model.complete, [Message(role='user', content='a')])\n"
        "model.measure('total', 42.0)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    assert replay(tape).measure("total", 1.0) == 42.0


async def test_many_users_at_once_get_each_their_own_replies(tape: Path) -> None:
    names = [f"user {number}" for number in range(20)]
    live = CassetteModel(EchoModel(chunk_delay_s=0.0005), tape)

    async def ask(model: CassetteModel, name: str, into: dict[str, str]) -> None:
        into[name] = (await stream(model, f"I am {name}"))[0]

    heard: dict[str, str] = {}
    async with anyio.create_task_group() as tasks:
        for name in names:
            tasks.start_soon(ask, live, name, heard)
    assert heard == {name: f"Echo: I am {name}" for name in names}
    model, again = replay(tape), dict[str, str]()
    async with anyio.create_task_group() as tasks:
        for name in reversed(names):
            tasks.start_soon(ask, model, name, again)
    assert again == heard


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('{"hello": 1}\n', "not a cassette"),
        ("[]\n", "not a cassette"),
        ('{"loomlab_cassette": 99, "model": "x"}\n', "format 99"),
        ('{"loomlab_cassette": 1, "model": "x"}\nnonsense\n{"measure": "a", "value": 1}\n', "line 2"),
        ('{"loomlab_cassette": 1, "model": "x"}\n{"request": {}}\n', "line 2"),
    ],
)
def test_a_file_that_is_no_good_tape_is_refused_with_a_remedy(tape: Path, text: str, says: str) -> None:
    tape.parent.mkdir(parents=True)
    tape.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=says):
        replay(tape)


@pytest.mark.parametrize(("inner", "mode"), [(None, "replay"), (None, "auto"), ("gpt-4o", "replay"), (None, "record")])
def test_nothing_to_replay_and_nothing_to_record_from_is_told_at_once(tape: Path, inner: Any, mode: Any) -> None:
    with pytest.raises(ConfigError, match="there is no tape"):
        CassetteModel(inner, tape, mode=mode)


def test_an_unknown_mode_is_refused(tape: Path) -> None:
    with pytest.raises(ConfigError, match="auto, record, replay"):
        CassetteModel(EchoModel(), tape, mode="rewind")  # type: ignore[arg-type]
