"""``loomlab eval``: from a file to a table and a report, whatever happens on the way."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from loomlab import EchoModel
from loomlab.cli import main
from loomlab.model import local_weights
from loomlab.runlog import RunLog

SUITE = """
[suite]
name = "Toy <b>suite</b>"
dataset = "toy.jsonl"
scorers = ["includes"]

[defaults]
model = "echo"

[[arm]]
name = "react"

[[arm]]
name = "self-refine"
architecture = "self-refine"
options = { max_rounds = 1 }
"""
HOSTILE = "<img src=x onerror=alert(1)> \x1b[31mred"
COMMAND = [sys.executable, "-c", "import sys; from loomlab.cli import main; sys.exit(main())"]


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    lines = [f'{{"id": "c{i}", "input": "case {i}", "target": "case {i % 2}"}}\n' for i in range(4)]
    (tmp_path / "toy.jsonl").write_text("".join(lines), encoding="utf-8")
    path = tmp_path / "toy.toml"
    path.write_text(SUITE, encoding="utf-8")
    return path


def reports(home: Path) -> list[Path]:
    return sorted((home / "reports").glob("*.html"))


def test_a_suite_ends_with_a_table_a_report_and_rows_in_the_log(
    suite: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = tmp_path / "my home"
    assert main(["eval", str(suite), "--home", str(home)]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert "react, self-refine on 4 cases of toy; model echo" in out
    assert "8/8" in out
    lines = {line.split()[0]: line.split() for line in out.splitlines() if line.startswith(("react ", "self-refine "))}
    assert lines["react"][1:3] == ["4", "0.500"]
    assert lines["react"][3:6] == ["0.150", "–", "0.850"]  # Wilson, 2 of 4
    (report,) = reports(home)
    assert f"report: {report}" in out
    log = RunLog.open(home)
    (evaluation,) = log.evaluations().to_dict("records")
    assert (evaluation["status"], evaluation["report"]) == ("done", str(report))
    assert sorted(log.trials()["arm"].value_counts().to_dict().items()) == [("react", 4), ("self-refine", 4)]
    assert log.scores()["value"].sum() == 4
    runs = log.runs()
    assert set(log.trials()["run_id"]) == set(runs["run_id"])
    assert runs["user_id"].nunique() == 8  # each trial a user of its own


def test_the_report_is_whole_and_loads_nothing(suite: Path, tmp_path: Path) -> None:
    (tmp_path / "toy.jsonl").write_text(
        '{"id": "a", "input": "<script>alert(1)</script> my key is sk-abcdefghijklmnopqrstuvwx", "target": "x"}\n',
        encoding="utf-8",
    )
    assert main(["eval", str(suite), "--home", str(tmp_path / "home")]) == 0
    html = reports(tmp_path / "home")[0].read_text(encoding="utf-8")
    assert "<script" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert "sk-abcdefghijklmnopqrstuvwx" not in html
    assert "src=" not in html and "@import" not in html and "<link" not in html
    assert "default-src &#x27;none&#x27;" in html
    assert "Toy &lt;b&gt;suite&lt;/b&gt;" in html
    for said in ("react", "self-refine", "includes", "How it was done"):
        assert said in html


def test_a_model_that_fails_sometimes_is_told_and_the_rest_counts(
    suite: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    original = EchoModel.complete

    async def shaky(self: EchoModel, messages: object, **options: object) -> object:
        if "case 1" in str(messages):
            raise RuntimeError(HOSTILE)
        return await original(self, messages, **options)  # type: ignore[arg-type]  # passed on as it came

    monkeypatch.setattr(EchoModel, "complete", shaky)
    assert main(["eval", str(suite), "--home", str(tmp_path / "home")]) == 0
    out = capsys.readouterr().out
    assert "1 RuntimeError" in out
    assert "Trials without a score are not in the mean: 1 of react, 1 of self-refine." in out
    html = reports(tmp_path / "home")[0].read_text(encoding="utf-8")
    assert "<img" not in html and "\x1b" not in html
    assert "&lt;img src=x onerror=alert(1)&gt;" in html


def test_a_model_that_always_fails_is_a_failure(
    suite: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async def broken(self: EchoModel, messages: object, **options: object) -> object:
        raise RuntimeError(f"no {HOSTILE}")

    monkeypatch.setattr(EchoModel, "complete", broken)
    assert main(["eval", str(suite), "--home", str(tmp_path / "home")]) == 1
    out, err = capsys.readouterr()
    assert "unknown" in out  # the score, not 0
    assert err.startswith("loomlab: the arm 'react' has no score in 4 trials: no <img")
    assert "\x1b" not in err


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["eval", "nowhere.toml"], "there is no suite file nowhere.toml"),
        (["eval", "{suite}", "--model", "eccho"], "unknown model 'eccho'"),
        (["eval", "{suite}", "--sample", "0"], "Invalid value for "),
        (["eval"], "Missing argument"),
        (["evl"], "No such command 'evl'"),
        (["eval", "{suite}", "--home", "{suite}"], "is a file, not a run log"),
        (["fetch", "locl"], "there is nothing called 'locl' to fetch; did you mean 'local'?"),
        (["runs", "--home", "{suite}"], "is a file, not a run log"),
    ],
)
def test_bad_input_is_one_sentence_and_exit_code_2(
    arguments: list[str], sentence: str, suite: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main([one.format(suite=suite) for one in arguments])
    out, err = capsys.readouterr()
    assert code == 2
    assert sentence.lower() in err.lower()
    assert "Traceback" not in out + err


def test_without_the_local_model_one_sentence_says_why_and_what_to_do_instead(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pytestconfig: pytest.Config, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(local_weights.OWN_FILE, str(tmp_path / "missing.gguf"))
    assert main(["eval", str(pytestconfig.rootpath / "evals/quickstart.toml"), "--home", str(tmp_path / "home")]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("loomlab: ") and "missing.gguf" in err and len(err.splitlines()) == 1
    assert not (tmp_path / "home").exists()  # nothing had begun


def test_the_quickstart_runs_on_the_echo_model(
    tmp_path: Path, pytestconfig: pytest.Config, capsys: pytest.CaptureFixture[str]
) -> None:
    suite = pytestconfig.rootpath / "evals/quickstart.toml"
    assert main(["eval", str(suite), "--model", "echo", "--home", str(tmp_path / "home")]) == 0
    out = capsys.readouterr().out
    assert "quickstart: react, self-refine on 40 cases of capitals; model echo" in out
    assert "80/80" in out


@pytest.mark.skipif(os.name == "nt", reason="signals of a terminal")
@pytest.mark.timeout(180)
def test_ctrl_c_keeps_what_is_done_and_says_so(tmp_path: Path, suite: Path) -> None:
    (tmp_path / "slow.py").write_text(
        "import faulthandler, signal, sys, anyio\n"
        "from loomlab import EchoModel\n"
        "from loomlab.cli import main\n"
        # A shell that runs the tests in the background has its children ignore Ctrl-C.
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT])\n"
        # Should it hang, its stacks say where.
        "faulthandler.dump_traceback_later(120, exit=True)\n"
        "original = EchoModel.complete\n"
        "async def slow(self, messages, **options):\n"
        "    if 'case 2' in str(messages):\n"
        "        print('WAITING', flush=True)\n"
        "        await anyio.sleep_forever()\n"
        "    return await original(self, messages, **options)\n"
        "EchoModel.complete = slow\n"
        "sys.exit(main())\n",
        encoding="utf-8",
    )
    command = [sys.executable, str(tmp_path / "slow.py"), "eval", str(suite), "--concurrency", "1"]
    home = tmp_path / "home"
    child = subprocess.Popen(
        [*command, "--home", str(home)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )
    try:
        seen = ""
        assert child.stdout is not None
        for line in child.stdout:
            seen += line
            if "WAITING" in line:
                child.send_signal(signal.SIGINT)
                break
        rest, err = child.communicate(timeout=150)
    finally:
        child.kill()
        child.communicate()
    assert child.returncode == 130, seen + rest + err
    assert "loomlab: stopped; the 4 trials that were done are kept" in err
    assert "Traceback" not in err
    assert "Stopped early: 4 of 8 trials were done." in rest
    (evaluation,) = RunLog.open(home).evaluations().to_dict("records")
    assert (evaluation["status"], bool(evaluation["report"])) == ("cancelled", True)
    assert len(RunLog.open(home).trials()) == 4


@pytest.mark.skipif(os.name == "nt", reason="pseudo-terminals")
def test_a_terminal_shows_a_bar_and_then_the_table(tmp_path: Path, suite: Path) -> None:
    import pty

    ours, theirs = pty.openpty()
    env = {name: value for name, value in os.environ.items() if name != "CI"} | {"TERM": "xterm", "COLUMNS": "100"}
    command = [*COMMAND, "eval", str(suite), "--home", str(tmp_path / "home")]
    child = subprocess.Popen(command, stdout=theirs, stderr=theirs, env=env)
    os.close(theirs)
    shown = b""
    while True:
        try:
            piece = os.read(ours, 65536)
        except OSError:  # the child has gone, as Linux says it
            break
        if not piece:
            break
        shown += piece
    os.close(ours)
    assert child.wait(timeout=60) == 0
    text = shown.decode()
    assert "━" in text  # the bar
    assert "4/8" not in text.replace("\x1b[2K", "").split("report:")[1]
    assert "0.500" in text and "report:" in text
