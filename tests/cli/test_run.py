"""``loomlab run``: an agent from a file, its answer on standard output, and what it refuses."""

import json
import os
import re
import signal
import subprocess
import sys
import time
import tomllib
from pathlib import Path
from typing import Any

import pytest

from loomlab.agent import config
from loomlab.cli import main
from loomlab.runlog import RunLog

ECHO = 'instructions = "Say it again."\nmodel = "echo"\n'
SLOW = 'instructions = "x"\nmodel = { name = "echo", options = { chunk_delay_s = 0.3 } }\n'
HALTING = """
from pathlib import Path
import anyio
from loomlab.core.messages import ModelChunk

class Model:
    name = "halting"

    async def stream(self, messages, **options):
        for word in ("The ", "half ", "of ", "it"):
            yield ModelChunk(kind="text", text=word)
        Path("said").touch()
        await anyio.sleep_forever()
"""
BROKEN = """
class Broken:
    name = "broken"

    async def stream(self, messages, **options):
        raise RuntimeError("cut")
        yield
"""
TEAM = '[architecture]\nname = "supervisor"\n'
# A shell that runs the tests in the background has its children ignore Ctrl-C.
RUN = (
    "import signal, sys; from loomlab.cli import main; signal.signal(signal.SIGINT, signal.default_int_handler); "
    "signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT]) if hasattr(signal, 'pthread_sigmask') else None; "
    "sys.exit(main(sys.argv[1:]))"
)


@pytest.fixture
def agent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "agent.toml"
    path.write_text(ECHO, encoding="utf-8")
    return path


def start(*arguments: str, **options: Any) -> "subprocess.Popen[str]":
    pipe = subprocess.PIPE
    options = {"stdin": subprocess.DEVNULL, "stdout": pipe, "stderr": pipe, "text": True, "encoding": "utf-8"} | options
    return subprocess.Popen([sys.executable, "-c", RUN, "run", *arguments], **options)


def test_a_clean_folder_a_file_and_a_prompt_are_enough(agent: Path) -> None:
    process = start("agent.toml", "hi", cwd=agent.parent)
    out, err = process.communicate(timeout=50)
    assert (process.returncode, out, err) == (0, "Echo: hi\n", "")
    assert [one.name for one in agent.parent.iterdir()] == ["agent.toml"]


def test_the_result_comes_as_json_for_a_user_in_a_session(agent: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", str(agent), "hi", "--user", "alice", "--session", "s1", "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert (result["output"], result["session_id"], result["turns"]) == ("Echo: hi", "s1", 1)


def test_a_run_is_recorded_where_it_is_asked_for(agent: Path, tmp_path: Path) -> None:
    assert main(["run", str(agent), "hi", "--user", "alice", "--home", str(tmp_path / "log")]) == 0
    assert list(RunLog.open(tmp_path / "log").runs()["user_id"]) == ["alice"]


def test_the_prompt_may_be_piped_in(agent: Path) -> None:
    process = start("agent.toml", cwd=agent.parent, stdin=subprocess.PIPE)
    assert process.communicate("from a pipe\n", timeout=50)[0] == "Echo: from a pipe\n"


def test_another_model_answers(agent: Path, capsys: pytest.CaptureFixture[str]) -> None:
    agent.write_text('instructions = "x"\nmodel = "gpt-4.1"\n', encoding="utf-8")
    assert main(["run", str(agent), "hi", "--model", "echo"]) == 0
    assert capsys.readouterr().out == "Echo: hi\n"


def test_a_mistake_in_the_file_is_two_and_one_sentence(agent: Path, capsys: pytest.CaptureFixture[str]) -> None:
    agent.write_text(ECHO + "max_turn = 3\n", encoding="utf-8")
    assert main(["run", str(agent), "hi"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err == f"loomlab: {agent}, line 3: the config has an unknown key 'max_turn': did you mean 'max_turns'?\n"


def test_a_run_that_is_stopped_by_a_cap_is_one(agent: Path, capsys: pytest.CaptureFixture[str]) -> None:
    agent.write_text(ECHO + "[budget]\nmax_tokens = 0\n", encoding="utf-8")
    assert main(["run", str(agent), "hi"]) == 1
    assert "the run was stopped: budget:max_tokens" in capsys.readouterr().err


def test_a_model_that_fails_is_one_and_no_traceback(agent: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (agent.parent / "broken_model_of_a_test.py").write_text(BROKEN, encoding="utf-8")
    agent.write_text('instructions = "x"\nmodel = { object = "broken_model_of_a_test:Broken" }\n', encoding="utf-8")
    assert main(["run", str(agent), "hi"]) == 1
    assert capsys.readouterr().err == "loomlab: RuntimeError: cut\n"


def test_without_a_terminal_a_tool_that_needs_approval_is_denied_with_the_reason(
    agent: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = """
from loomlab import ScriptedModel, ScriptedTurn, ToolCall, tool

@tool(destructive=True)
def wipe(path: str) -> str:
    \"\"\"Wipe a file.\"\"\"
    raise AssertionError("it ran")

class Model(ScriptedModel):
    def __init__(self):
        super().__init__([ScriptedTurn(tool_calls=[ToolCall(tool="wipe", args={"path": "a"})]), "done"])
    def _next(self, request):
        if len(self.requests) == 1:
            told = request.messages[-1].content
            assert "DENIED" in told and "approval" in told, told
        return super()._next(request)
"""
    (agent.parent / "wiping_of_a_test.py").write_text(code, encoding="utf-8")
    text = 'instructions = "x"\nmodel = { object = "wiping_of_a_test:Model" }\ntools = ["wiping_of_a_test:wipe"]\n'
    agent.write_text(text + "permissions = {}\n", encoding="utf-8")
    assert main(["run", str(agent), "Wipe it"]) == 0
    assert capsys.readouterr().out == "done\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('tools = ["os:system"]', "line 3, tools imports os:system, which is not beside the file"),
        ('tools = ["builtin:bash"]', "line 3, tools number 1 lets the model run builtin:bash"),
        ('tools = [{ builtin = "python" }]', "lets the model run python"),
        ('tools = [{ builtin = "read", workdir = "/etc" }]', "gives the model the folder /etc"),
        ('budget = { object = "builtins:dict" }', "imports builtins:dict"),
        ('[[mcp]]\nname = "x"\ncommand = "rm"', "starts the program rm"),
        ('skills = [".."]', "takes skills from .., which is outside of its folder"),
        (TEAM + 'workers.a = { file = "in/a.toml" }', "a.toml, line 3, tools imports os:popen"),
        (TEAM + 'workers.a = { file = "../out.toml" }', "reads ../out.toml, which is outside"),
    ],
)  # fmt: skip
def test_what_lies_beyond_the_folder_needs_trust(
    agent: Path, text: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (agent.parent / "in").mkdir()
    (agent.parent / "in" / "a.toml").write_text('instructions = "x"\n\ntools = ["os:popen"]\n', encoding="utf-8")
    (agent.parent.parent / "out.toml").write_text('instructions = "x"\n', encoding="utf-8")
    agent.write_text(ECHO + text + "\n", encoding="utf-8")
    assert main(["run", str(agent), "hi"]) == 2
    err = capsys.readouterr().err
    assert said in err and "then add --trust" in err


def test_instructions_from_elsewhere_are_not_sent_without_trust(
    agent: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (agent.parent.parent / "private.txt").write_text("my diary", encoding="utf-8")
    agent.write_text('instructions = { file = "../private.txt" }\nmodel = "echo"\n', encoding="utf-8")
    assert main(["run", str(agent), "hi"]) == 2
    assert "reads ../private.txt, which is outside of its folder" in capsys.readouterr().err
    assert main(["run", str(agent), "hi", "--trust"]) == 0


def test_a_module_elsewhere_is_imported_with_trust(agent: Path, capsys: pytest.CaptureFixture[str]) -> None:
    agent.write_text(ECHO + 'approval_handler = "textwrap:dedent"\n', encoding="utf-8")
    assert main(["run", str(agent), "hi"]) == 2
    assert "imports textwrap:dedent" in capsys.readouterr().err
    assert main(["run", str(agent), "hi", "--trust"]) == 0
    assert capsys.readouterr().out == "Echo: hi\n"


def test_the_schema_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "--schema"]) == 0
    schema = json.loads(capsys.readouterr().out)
    assert schema == config.config_schema()
    agent = schema["$defs"]["AgentTable"]
    assert "max_turns" in agent["properties"] and agent["additionalProperties"] is False


def test_the_schema_says_yes_and_no_as_the_reader_does() -> None:
    jsonschema = pytest.importorskip("jsonschema")
    check = jsonschema.Draft202012Validator(config.config_schema())
    example = re.search(r"```toml\n(.*?)```", config.__doc__ or "", flags=re.DOTALL)
    assert example is not None
    assert check.is_valid(tomllib.loads(example[1]))
    for wrong in ({}, {"instructions": "x", "modle": "echo"}, {"instructions": "x", "max_turns": 0}):
        assert not check.is_valid(wrong)


def test_without_file_or_prompt_it_says_what_to_type(agent: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run"]) == 2
    assert 'loomlab run agent.toml "What is a loom?"' in capsys.readouterr().err
    assert main(["run", str(agent), " "]) == 2
    assert "the prompt is empty" in capsys.readouterr().err


@pytest.mark.skipif(os.name == "nt", reason="Ctrl-C is another thing there")
def test_ctrl_c_leaves_what_was_said_so_far(agent: Path) -> None:
    (agent.parent / "halting.py").write_text(HALTING, encoding="utf-8")
    agent.write_text('instructions = "x"\nmodel = { object = "halting:Model" }\n', encoding="utf-8")
    process = start("agent.toml", "hi", cwd=agent.parent)
    while not (agent.parent / "said").exists():
        assert process.poll() is None, process.communicate()
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out, err) == (130, "The half of it\n", "loomlab: stopped\n")


@pytest.mark.skipif(os.name == "nt", reason="there are no pseudo-terminals")
def test_a_person_at_a_terminal_sees_the_words_as_they_come(agent: Path) -> None:
    import pty

    agent.write_text(SLOW, encoding="utf-8")
    ours, theirs = pty.openpty()
    environment = {**os.environ, "TERM": "xterm"}
    environment.pop("CI", None)
    words = " ".join(f"word{n}" for n in range(200))
    process = start("agent.toml", words, cwd=agent.parent, stdout=theirs, env=environment)
    os.close(theirs)
    seen = b""
    while b"word2 " not in seen:
        seen += os.read(ours, 1024)
    process.send_signal(signal.SIGINT)
    err = process.communicate(timeout=30)[1]
    os.close(ours)
    assert process.returncode == 130 and b"word199" not in seen
    assert err == "loomlab: stopped\n"
