"""``%loom`` and ``%%loom`` in a shell."""

from typing import Any

import pytest
from ipython_shell import Shell

from loomlab import Agent, RunResult, ScriptedModel, ScriptedTurn, ToolCall, tool
from loomlab.core import ModelChunk, Usage


class _Recorder:
    """A model that remembers what it was sent, and answers with a number."""

    name = "recorder"
    network = False

    def __init__(self) -> None:
        self.sent: list[list[Any]] = []

    async def stream(self, messages: Any, **options: Any) -> Any:
        self.sent.append(list(messages))
        yield ModelChunk(kind="text", text=f"answer {len(self.sent)}")
        yield ModelChunk(kind="finish", finish_reason="stop", usage=Usage(input_tokens=10, output_tokens=5))

    @property
    def texts(self) -> list[str]:
        """What the last call was sent, as texts."""
        return [message.content for message in self.sent[-1]]


@pytest.fixture
def recorder(shell: Shell) -> _Recorder:
    shell["recorder"] = _Recorder()
    shell.ok("%loom model=recorder user=alice")
    found: _Recorder = shell["recorder"]
    return found


def test_a_cell_shows_the_run_and_binds_the_result(echo: Shell) -> None:
    echo["city"] = "Lyon"
    cell = echo.ok("%%loom --out answer\nWhat should I wear in {city} tomorrow?")
    assert isinstance(echo["answer"], RunResult)
    assert echo["answer"] is echo["_loom"]
    assert echo["answer"].output == "Echo: What should I wear in Lyon tomorrow?"
    assert echo["answer"].user_id == "alice"
    assert cell.text.startswith("Echo: What should I wear in Lyon tomorrow?\n\n✓ answered · react · echo")
    assert len(cell.outputs) == 1
    assert "<script" not in cell.html
    assert echo["answer"].run_id not in cell.html + cell.text


def test_raw_leaves_braces_alone(echo: Shell) -> None:
    echo.ok('%%loom --raw --out a\nSay {"city": "Lyon"}')
    assert echo["a"].output == 'Echo: Say {"city": "Lyon"}'


def test_quiet_shows_nothing_and_binds(echo: Shell) -> None:
    cell = echo.ok("%%loom --quiet --out a\nhello")
    assert cell.outputs == []
    assert echo["a"].output == "Echo: hello"


def test_options_are_filled_with_values_too(echo: Shell) -> None:
    echo["who"] = "bob"
    echo.ok("%%loom --user {who} --out a\nhello")
    assert echo["a"].user_id == "bob"


def test_cells_are_one_conversation_until_reset(shell: Shell, recorder: _Recorder) -> None:
    shell.ok("%%loom --out a\nfirst question")
    shell.ok("%%loom --out b\nsecond question")
    assert shell["a"].session_id == shell["b"].session_id
    assert recorder.texts[-3:] == ["first question", "answer 1", "second question"]
    shell.ok("%loom reset")
    shell.ok("%%loom --out c\nthird question")
    assert shell["c"].session_id != shell["a"].session_id
    assert not any("first question" in text for text in recorder.texts)


def test_new_begins_a_conversation_that_later_cells_continue(shell: Shell, recorder: _Recorder) -> None:
    shell.ok("%%loom --out a\nfirst")
    shell.ok("%%loom --new --out b\nsecond")
    shell.ok("%%loom --out c\nthird")
    assert shell["a"].session_id != shell["b"].session_id == shell["c"].session_id


def test_a_session_by_name_is_continued_by_name(shell: Shell, recorder: _Recorder) -> None:
    shell.ok("%%loom --session trip\nfirst")
    shell.ok("%%loom\nelsewhere")
    shell.ok("%%loom --session trip\nagain")
    assert recorder.texts[-3:] == ["first", "answer 1", "again"]


def test_two_users_of_one_notebook_never_see_each_others_words(shell: Shell, recorder: _Recorder) -> None:
    shell.ok("%%loom --user alice\nmy secret is blue")
    shell.ok("%%loom --user bob\nwhat is the secret blue")
    assert not any("my secret is blue" in text for text in recorder.texts)
    shell.ok("%%loom --user alice\nwhat is the secret")
    assert any("my secret is blue" in text for text in recorder.texts)


def test_tools_are_functions_of_the_notebook(shell: Shell) -> None:
    call = ToolCall(tool="get_weather", args={"city": "Lyon"})
    shell["model"] = ScriptedModel([ScriptedTurn(tool_calls=[call]), ScriptedTurn(text="Take a coat.")])

    @tool
    def get_time() -> str:
        """The time."""
        return "noon"

    def get_weather(city: str) -> str:
        """The weather."""
        return f"rain in {city}"

    shell["get_time"], shell["get_weather"] = get_time, get_weather
    shell.ok("%loom model=model")
    cell = shell.ok("%%loom --tools get_weather,get_time --out a\nWhat to wear?")
    assert shell["a"].output == "Take a coat."
    assert 'get_weather(city="Lyon") → rain in Lyon' in cell.text


def test_a_tool_that_raises_is_a_result_and_the_cell_goes_on(shell: Shell) -> None:
    turns = [ScriptedTurn(tool_calls=[ToolCall(tool="explode", args={})]), ScriptedTurn(text="It broke.")]
    shell["model"] = ScriptedModel(turns)
    shell.ok("def explode():\n    '''Explode.'''\n    raise ValueError('boom')")
    shell.ok("%loom model=model tools=explode")
    cell = shell.ok("%%loom --out a\nTry it")
    assert shell["a"].output == "It broke."
    assert "boom" in cell.text


def test_a_schema_gives_a_typed_answer(shell: Shell) -> None:
    shell["model"] = ScriptedModel([ScriptedTurn(text='{"name": "Lyon", "rivers": 2}')])
    shell.ok("from pydantic import BaseModel\nclass City(BaseModel):\n    name: str\n    rivers: int")
    shell.ok("%loom model=model")
    shell.ok("%%loom --schema City --out city\nLyon?")
    assert shell["city"].parsed == shell["City"](name="Lyon", rivers=2)


def test_a_union_of_schemas_takes_either(shell: Shell) -> None:
    shell["model"] = ScriptedModel([ScriptedTurn(text='{"reason": "no idea"}')])
    shell.ok(
        "from pydantic import BaseModel\nclass Yes(BaseModel):\n    name: str\nclass No(BaseModel):\n    reason: str"
    )
    shell.ok("%loom model=model")
    shell.ok("%%loom --schema 'Yes | No' --out city\nLyon?")
    assert shell["city"].parsed == shell["No"](reason="no idea")


def test_an_agent_of_the_users_own_runs_as_it_is(echo: Shell) -> None:
    echo["mine"] = Agent("Be brief.", model=ScriptedModel([ScriptedTurn(text="mine")]), name="mine")
    cell = echo.ok("%%loom --agent mine --out a\nhello")
    assert (echo["a"].output, echo["a"].agent) == ("mine", "mine")
    assert "mine" in cell.text


@pytest.mark.parametrize("extra", ["--arch react", "--model echo", "--budget 1"])
def test_an_agent_is_not_given_what_it_brings_itself(echo: Shell, extra: str) -> None:
    echo["mine"] = Agent("Be brief.", model="echo")
    cell = echo.run(f"%%loom --agent mine {extra}\nhello")
    assert "--agent runs an agent as it is" in cell.text


def test_a_way_of_thinking_for_one_cell(shell: Shell) -> None:
    shell["model"] = ScriptedModel([ScriptedTurn(text="draft"), ScriptedTurn(text="no issues")])
    shell.ok("%loom model=model")
    cell = shell.ok("%%loom --arch self-refine --out a\nhello")
    assert shell["a"].architecture == "self-refine"
    assert "critic" in cell.text


def test_a_cells_budget_stops_the_run_and_the_result_says_so(shell: Shell) -> None:
    turns = [ScriptedTurn(tool_calls=[ToolCall(tool="look", args={})], usage=Usage(input_tokens=50, output_tokens=9))]
    shell["model"] = ScriptedModel([*turns, ScriptedTurn(text="never")])
    shell.ok("def look():\n    '''Look.'''\n    return 'seen'")
    shell.ok("%loom model=model tools=look")
    cell = shell.ok("%%loom --budget 20tokens --out a\nLook")
    assert shell["a"].interrupted
    assert "budget" in cell.text


def test_the_notebooks_budget_counts_over_all_cells_until_reset(shell: Shell, recorder: _Recorder) -> None:
    shell.ok("%loom budget=20tokens")
    shell.ok("%%loom --out a\none")
    shell.ok("%%loom --out b\ntwo")
    assert not shell["b"].interrupted
    shell.ok("%%loom --out c\nthree")
    assert shell["c"].interrupted
    shell.ok("%loom reset")
    shell.ok("%%loom --out d\nfour")
    assert not shell["d"].interrupted


def test_loom_alone_shows_the_settings(echo: Shell) -> None:
    text = echo.ok("%loom").text
    assert "model         echo" in text
    assert "user          alice" in text
    assert "arch          react" in text
    assert "%loom name=value" in text


def test_an_empty_value_goes_back_to_the_default(echo: Shell) -> None:
    echo.ok("%loom user= arch=self-refine")
    assert "user          not set" in echo.ok("%loom").text
    echo.ok("%loom arch=")
    assert "arch          react" in echo.ok("%loom").text


def test_of_several_settings_all_hold_or_none(echo: Shell) -> None:
    assert "did you mean 'self-refine'?" in echo.run("%loom user=bob arch=self-refin").text
    assert "user          alice" in echo.ok("%loom").text


def test_instructions_reach_the_model(shell: Shell, recorder: _Recorder) -> None:
    shell.ok('%loom instructions="Speak like a pirate."')
    shell.ok("%%loom\nhello")
    assert recorder.texts[0] == "Speak like a pirate."


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("%loom modl=echo", "there is no setting 'modl': did you mean 'model'?"),
        ("%loom model=ech", "did you mean 'echo'?"),
        ("%loom arch=reakt", "did you mean 'react'?"),
        ("%loom loop=kernl", "did you mean 'kernel'?"),
        ("%loom budget=lots", "write dollars as 0.05"),
        ("%loom tools=get_wether", "there is no tool 'get_wether'"),
        ("%loom cassette=tape.txt", "ends in .jsonl"),
        ("%loom cassette=tape.jsonl model=", "say which model to record"),
        ("%loom user=a user=b", "user is set twice"),
        ("%loom user=a bob", "'bob' sets nothing"),
        ("%loom shw 1", "did you mean 'show'?"),
        ("%loom model echo", "model is a setting; write %loom model=…"),
        ("%loom reset all", "takes nothing more"),
        ("%loom sql", "%loom sql needs a query"),
        ("%loom sql SELEC 1", "SELEC"),
        ("%loom sql SELECT nope FROM runs", "nope"),
        ("%loom sql SELECT $nobody", "$nobody stands for a variable"),
        ("%loom show 7", "there is no run in this notebook yet"),
        ("%loom show run_zzz", "no such run"),
        ("%loom runs --al", "did you mean '--all'?"),
        ("%loom cost --by colour", "can't be grouped by 'colour'"),
        ("%%loom\n   ", "this cell asks nothing"),
        ("%%loom --out 1st\nhi", "is no name for a variable"),
        ("%%loom --out class\nhi", "is no name for a variable"),
        ("%%loom --agent nobody\nhi", "there is no agent 'nobody'"),
        ("%%loom --agent text\nhi", "'text' is a str and not an agent"),
        ("%%loom --schema text\nhi", "'text' is a str and not a pydantic model"),
        ("%%loom --tools ,\nhi", "names no tool"),
        ("%%loom --arch reakt\nhi", "did you mean 'react'?"),
        ("%%loom --model ech\nhi", "did you mean 'echo'?"),
        ("%%loom --user {nobody}\nhi", "{nobody} has no value"),
        ("%%loom\nhi {nobody}", "{nobody} has no value"),
    ],
)
def test_bad_input_is_one_card_that_helps_and_the_cell_has_failed(
    echo: Shell, capsys: pytest.CaptureFixture[str], code: str, said: str
) -> None:
    echo["text"] = "a text"
    cell = echo.run(code)
    assert said in " ".join(cell.text.split())
    assert cell.error is not None
    assert cell.text.startswith("✕ ")
    assert len(cell.outputs) == 1
    assert 'class="note bad"' in cell.html
    printed = capsys.readouterr()
    assert "Traceback" not in cell.text + printed.out + printed.err


def test_without_a_model_the_first_cell_says_what_to_type(shell: Shell) -> None:
    cell = shell.run("%%loom\nhello")
    assert "this notebook has no model yet" in cell.text
    assert "%loom model=local" in cell.text


def test_a_tape_is_recorded_once_and_replayed_with_its_figures(shell: Shell, recorder: _Recorder) -> None:
    shell.ok("%loom model=recorder cassette=tape.jsonl")
    first = shell.ok("%%loom\nhello")
    shell.ok("%unload_ext loomlab")
    shell.ok("%load_ext loomlab")
    shell.ok("%loom cassette=tape.jsonl user=alice")
    again = shell.ok("%%loom\nhello")
    assert len(recorder.sent) == 1
    assert again.html == first.html
    assert again.text == first.text


def test_running_the_cells_again_in_the_same_kernel_replays_them_too(shell: Shell, recorder: _Recorder) -> None:
    cells = ["%loom model=recorder cassette=tape.jsonl", "%%loom\nhello", "%%loom\nand then?"]
    first = [shell.ok(cell).html for cell in cells]
    assert [shell.ok(cell).html for cell in cells] == first
    assert len(recorder.sent) == 2


def test_loading_twice_and_unloading_leave_the_shell_as_it_was(bare_shell: Shell) -> None:
    handlers = bare_shell.ip.custom_exceptions
    matchers = list(bare_shell.ip.Completer.custom_matchers)
    bare_shell.ok("%load_ext loomlab")
    bare_shell.ok("%reload_ext loomlab")
    bare_shell.ok("%unload_ext loomlab")
    assert bare_shell.ip.custom_exceptions == handlers
    assert list(bare_shell.ip.Completer.custom_matchers) == matchers
    assert "loom" not in bare_shell.ip.magics_manager.magics["cell"]
    bare_shell.ok("%load_ext loomlab")
    assert "Echo: hello" in bare_shell.ok("%loom model=echo").text + bare_shell.ok("%%loom\nhello").text


def test_a_log_that_cant_be_written_is_told_once_and_runs_go_on(
    bare_shell: Shell, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder", encoding="utf-8")
    monkeypatch.setenv("LOOMLAB_HOME", str(blocked))
    cell = bare_shell.ok("%load_ext loomlab")
    assert "Runs are not being recorded" in cell.text
    bare_shell.ok("%loom model=echo")
    assert "Echo: hello" in bare_shell.ok("%%loom\nhello").text
    assert "runs are not being recorded" in bare_shell.run("%loom runs").text
