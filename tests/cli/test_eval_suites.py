"""``loomlab eval`` on suites with several datasets and models: cards, expectations, exit codes, and going on."""

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from loomlab.cli import main
from loomlab.evals.recorded import load_evaluation
from loomlab.runlog import RunLog
from loomlab.testing.wire import Failure, OpenAIWire, Reply, WireRequest

MATRIX = """
[suite]
name = "matrix"
max_concurrency = 1
EXTRA

[budget]
calls = 4

[[dataset]]
dataset = "easy.jsonl"
scorers = ["includes"]

[[dataset]]
dataset = "hard.jsonl"
scorers = ["exact"]
where = { level = 1 }

[[model]]
name = "plain"
model = "MODEL"

[[model]]
name = "short"
model = "MODEL"
max_tokens = 40

[[arm]]
name = "react"

[[arm]]
name = "self-refine"
architecture = "self-refine"
options = { max_rounds = 1 }

[[compare]]
a = "react"
b = "*"
margin = 0.2
"""
COMMAND = [sys.executable, "-c", "import sys; from loomlab.cli import main; sys.exit(main())"]


def written(folder: Path, extra: str = "", model: str = "echo") -> Path:
    folder.mkdir(exist_ok=True)
    for name in ("easy", "hard"):
        rows = [
            {"id": f"{name}-{i}", "input": f"{name} {i}", "target": f"{name} {i}", "metadata": {"level": 1 + i // 4}}
            for i in range(6)
        ]
        (folder / f"{name}.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    path = folder / "suite.toml"
    path.write_text(MATRIX.replace("EXTRA", extra).replace("MODEL", model), encoding="utf-8")
    return path


def test_every_dataset_is_evaluated_with_tables_cards_and_the_full_cost(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    suite, home = written(tmp_path / "s"), tmp_path / "home"
    assert main(["eval", str(suite), "--home", str(home), "--save", str(tmp_path / "kept")]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert "matrix: easy: react/plain, react/short, self-refine/plain, self-refine/short on 6 cases of easy" in out
    assert "on 4 cases of hard" in out  # of level 1
    assert out.count("Full cost: ") == 2
    assert out.count("p after Holm (2 pairs)") == 4  # two cards a dataset, like against like
    assert "react/plain and self-refine/short" not in out
    assert len(list((home / "reports").glob("*.html"))) == 2
    kept = {path.name: load_evaluation(path) for path in (tmp_path / "kept").iterdir()}
    assert sorted(kept) == ["matrix-easy.jsonl", "matrix-hard.jsonl"]
    log = RunLog.open(home)
    for ev in kept.values():
        again = {
            row["trial_id"]: json.loads(row["output"]) for row in log.trials(evaluation_id=ev.id).to_dict("records")
        }
        assert {one.id: one.output for one in ev.trials} == again


def test_one_dataset_may_be_chosen_and_an_unknown_one_names_the_nearest(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    suite = written(tmp_path / "s")
    assert main(["eval", str(suite), "--home", str(tmp_path / "home"), "--only", "hard"]) == 0
    assert "easy" not in capsys.readouterr().out.replace("easy.jsonl", "")
    assert main(["eval", str(suite), "--home", str(tmp_path / "home"), "--only", "hart"]) == 2
    assert "no dataset 'hart'; did you mean 'hard'?" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("expect", "code", "said"),
    [
        ("includes(react/plain) >= 0.9", 0, "Met: "),
        ("includes(react/plain) <= 0.5", 1, "Not met: "),
        ("includes(react/plain) >= 0.99 @99%", 1, "Not decided: "),
        ("accuracy(reakt/plain) >= 0.9", 2, "no arm 'reakt/plain'; did you mean 'react/plain'?"),
        ("accuracy(react/plain) is good", 2, "expect"),
    ],
)
def test_expectations_set_the_exit_code(
    expect: str, code: int, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    suite = written(tmp_path / "s")
    text = suite.read_text(encoding="utf-8")
    suite.write_text(
        text.replace('scorers = ["includes"]', f'scorers = ["includes"]\nexpect = ["{expect}"]'), encoding="utf-8"
    )
    assert main(["eval", str(suite), "--home", str(tmp_path / "home")]) == code
    out, err = capsys.readouterr()
    assert said in (err if code == 2 else out)
    if code == 2:
        assert out == ""  # found before the first case
    else:
        assert "on 4 cases of hard" in out  # an expectation that is not met does not stop the rest


def test_a_wrong_file_in_the_last_part_is_found_before_the_first_case(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    suite = written(tmp_path / "s")
    double = '{"id": "x", "input": "a"}\n{"id": "x", "input": "b"}\n'
    (tmp_path / "s" / "hard.jsonl").write_text(double, encoding="utf-8")
    assert main(["eval", str(suite), "--home", str(tmp_path / "home")]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "hard.jsonl, line 2 has the id 'x' of" in err and "line 1; ids must be unique" in err
    (tmp_path / "s" / "hard.jsonl").unlink()
    assert main(["eval", str(suite), "--home", str(tmp_path / "home")]) == 2
    assert "there is no dataset" in capsys.readouterr().err


class Answering(OpenAIWire):
    """Answers each question the same way every time; holds the answer to one request until it is let go."""

    def __init__(self, hold_at: int | None = None) -> None:
        super().__init__([])
        self.hold_at = hold_at
        self.held, self.go_on = threading.Event(), threading.Event()
        self.answered: list[str] = []
        self.broken = 0

    def take(self, request: WireRequest) -> Reply | Failure:
        text = json.dumps(request.body, sort_keys=True)
        with self._lock:
            self.requests.append(request)
            number = len(self.requests)
        if self.broken and number % self.broken == 0:
            return Failure(400, "no")
        if number == self.hold_at:
            self.held.set()
            self.go_on.wait(60)
            return Failure(500, "it is over")
        with self._lock:
            self.answered.append(text)
        question = str(request.body["messages"][-1]["content"])
        return Reply(question[-60:] if len(text) % 3 else "something else")


def environment(wire: OpenAIWire) -> dict[str, str]:
    return {**os.environ, "OPENAI_BASE_URL": wire.base_url, "OPENAI_API_KEY": "none"}


def table(folder: Path) -> list[dict[str, Any]]:
    """What was saved, without what no two runs share."""
    rows = []
    for path in sorted(folder.glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            if row["recorded"] == "trial":
                spent = [{k: v for k, v in one.items() if k != "cached"} for one in row["spent"]]
                rows.append({**{k: v for k, v in row.items() if k not in ("latency_ms", "run_id")}, "spent": spent})
    return rows


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_after_kill_9_the_same_command_goes_on_and_nothing_is_paid_twice(tmp_path: Path) -> None:
    # 3 cases x 4 arms on each dataset; request 45 is inside a trial of the second.
    extra = 'resume = true\ncache = "replies.sqlite"'
    suite, home, kept = written(tmp_path / "s", extra, "gpt-4.1-mini"), tmp_path / "home", tmp_path / "kept"
    with Answering(hold_at=45) as wire:
        command = [*COMMAND, "eval", str(suite), "--sample", "3", "--home", str(home)]
        with subprocess.Popen(command, env=environment(wire), stdout=subprocess.DEVNULL) as child:
            assert wire.held.wait(60)
            child.send_signal(signal.SIGKILL)
        finished = RunLog.open(home).trials()
        assert 12 < len(finished) < 24  # the first dataset is done, the second begun
        wire.go_on.set()
        wire.hold_at = None
        done = subprocess.run(
            [*command, "--save", str(kept)],
            env=environment(wire),
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=90,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert "12 of 12 trials are there already" in done.stdout
        assert f"{len(finished) - 12} of 12 trials are there already" in done.stdout
        answered = list(wire.answered)
        calls = len(wire.requests)
    log = RunLog.open(home)
    assert len(log.trials()) == 24 and len(log.evaluations()) == 2
    assert set(finished["run_id"]) <= set(log.trials()["run_id"])  # what was done stands as it was
    with Answering() as calm:
        suite = written(tmp_path / "calm", extra, "gpt-4.1-mini")
        command = [*COMMAND, "eval", str(suite), "--sample", "3", "--home", str(tmp_path / "home2")]
        command += ["--save", str(tmp_path / "kept2")]
        subprocess.run(command, env=environment(calm), stdout=subprocess.DEVNULL, timeout=90, check=True)
        assert sorted(answered) == sorted(calm.answered)  # every request was answered, and paid for, once
        assert calls == len(calm.requests) + 1  # but the one that was under way
    assert table(kept) == table(tmp_path / "kept2")


def test_what_was_finished_is_not_gone_on_with(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    suite = written(tmp_path / "s", "resume = true")
    for _ in range(2):
        assert main(["eval", str(suite), "--home", str(tmp_path / "home")]) == 0
        assert "already" not in capsys.readouterr().out
    assert len(RunLog.open(tmp_path / "home").evaluations()) == 4


def test_a_model_that_fails_now_and_then_leaves_the_rest_and_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    suite = written(tmp_path / "s", "", "gpt-4.1-mini")
    with Answering() as wire:
        wire.broken = 7
        for name in ("OPENAI_BASE_URL", "OPENAI_API_KEY"):
            monkeypatch.setenv(name, environment(wire)[name])
        assert main(["eval", str(suite), "--home", str(tmp_path / "home"), "--only", "easy"]) == 0
    out = capsys.readouterr().out
    trials = RunLog.open(tmp_path / "home").trials()
    assert len(trials) == 24
    failed = int((trials["status"] == "error").sum())
    assert 4 <= failed < 24
    assert "InvalidRequestError" in out
    assert "abandoned" in out  # what the failed trials had spent
