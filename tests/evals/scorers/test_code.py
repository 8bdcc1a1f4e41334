"""Code in answers: what is taken, what passes, and what hostile code can't do."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import anyio
import pytest

from loomlab.core.errors import ConfigError
from loomlab.core.results import RunResult
from loomlab.evals import Case, Dataset, Score, ScoreState, evaluate, scorers
from loomlab.evals.coding import Limits, Ran, code_in, run_tests

pytestmark = pytest.mark.anyio
TESTS = ["assert twice(2) == 4", "assert twice(0) == 0"]
GOOD = "def twice(x):\n    return 2 * x\n"


async def score(output: str, target: Any = None, *, options: dict[str, Any] | None = None, **metadata: Any) -> Score:
    now = datetime.now(UTC)
    result = RunResult(session_id="s", output=output, turns=1, started_at=now, finished_at=now)
    judge: Any = scorers.code(**(options or {}))
    said = await judge(result, Case("c", "q", target, metadata=metadata))
    assert isinstance(said, Score)
    return said


async def ran(code: str, **limits: Any) -> Ran:
    return await run_tests(code, ["assert True"], Limits(**limits))


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        ("x = 1", "x = 1"),
        ("Sure:\n```python\nx = 1\n```\nDone.", "x = 1\n"),
        ("```py\nx = 1", "x = 1"),
        ("```bash\npip install x\n```\n```python\nx = 1\n```", "x = 1\n"),
        ("```\nx = 1\n```\n```text\nlong output here\n```", "x = 1\n"),
        ("~~~python\nx = 1\n~~~", "x = 1\n"),
        ("```python\na = 1\n```\n```python\nlonger = 2\n```", "longer = 2\n"),
        ("```python\n```", None),
        ("  \n", None),
    ],
)
async def test_the_code_of_an_answer(answer: str, found: str | None) -> None:
    assert code_in(answer) == found


async def test_the_block_that_defines_the_entry_point_is_taken() -> None:
    answer = "```python\ndef f():\n    return 1\n```\nUse it:\n```python\nprint(f(), f(), f(), f(), f(), f())\n```"
    assert code_in(answer, entry_point="f") == "def f():\n    return 1\n"


async def test_right_and_wrong() -> None:
    assert (await score(f"```python\n{GOOD}```", tests=TESTS)).value == 1
    half = await score("def twice(x): return 4", tests=TESTS)
    assert (half.value, half.reason) == (0.0, "test 2: AssertionError")
    assert half.details == {"passed": 1, "tests": 2}
    assert (await score("def twice(x): return 4", tests=TESTS, options={"partial": True})).value == 0.5
    broken = await score("def twice(x) return 4", tests=TESTS)
    assert broken.value == 0
    assert str(broken.reason).startswith("SyntaxError")
    assert (await score("", tests=TESTS)).reason == "no code in the answer"
    assert (await score(GOOD, target="assert twice(1) == 2")).value == 1
    assert (await score(GOOD)).state is ScoreState.UNSCORED
    assert (await score(GOOD, target=7)).state is ScoreState.UNSCORED


async def test_an_answer_that_continues_its_prompt_is_checked_as_humaneval_does() -> None:
    check = "def check(candidate):\n    assert candidate(3) == 6\n"
    about = {"prompt": "def twice(x):\n", "entry_point": "twice", "tests": check}
    assert (await score("    return 2 * x", **about)).value == 1
    assert (await score(GOOD, **about)).value == 1
    assert (await score("    return 3 * x", **about)).value == 0


@pytest.mark.parametrize(
    "code",
    [
        "import sys; sys.exit(0)",
        "import os; os._exit(0)",
        "raise KeyboardInterrupt",
        "import builtins\nbuiltins.exec = lambda *_: None\ndef twice(x): return 1",
        "import json\njson.dumps = lambda *_: '{\"passed\": 2}'\ndef twice(x): return 1",
    ],
)
async def test_ending_early_or_meddling_does_not_pass(code: str) -> None:
    assert (await score(code, tests=TESTS)).value == 0


@pytest.mark.parametrize("code", ["while True: pass", "import time; time.sleep(1000)"])
async def test_what_takes_too_long_is_stopped(code: str) -> None:
    assert (await ran(code, seconds=0.5)).stopped == "it took longer than 0.5 s"


async def test_endless_output_is_stopped() -> None:
    found = await ran("while True: print('x' * 1000)", output_kb=8)
    assert found.stopped == "it wrote more than 8 KB"
    assert len(found.output) == 8 * 1024


@pytest.mark.parametrize(
    "code",
    [
        "import os\nwhile True: os.fork()",
        "import subprocess\nsubprocess.run(['true'])",
        "import os\nos.system('true')",
        "import os\nos.posix_spawn('/bin/true', ['true'], {})",
        "import os\nos.execv('/bin/true', ['true'])",
        "import multiprocessing\nmultiprocessing.Process(target=print).start()",
        "import _posixsubprocess\n_posixsubprocess.fork_exec()",
        "import os, signal\nos.kill(os.getppid(), signal.SIGTERM)",
        "import socket\nsocket.create_connection(('127.0.0.1', 9))",
        "import ctypes\nctypes.CDLL(None).system(b'true')",
        "import urllib.request\nurllib.request.urlopen('http://127.0.0.1:9')",
        "open('/etc/passwd').read()",
        "import resource\nresource.setrlimit(resource.RLIMIT_AS, (-1, -1))",
    ],
)
async def test_processes_the_network_and_files_elsewhere_are_refused(code: str) -> None:
    found = await ran(code)
    assert not found.ok
    assert found.stopped is None
    assert "PermissionError" in found.faults[0] or "URLError" in found.faults[0]


async def test_nothing_outside_its_folder_is_written_or_removed(tmp_path: Path) -> None:
    kept = tmp_path / "kept.txt"
    kept.write_text("mine", encoding="utf-8")
    evil = tmp_path / "evil.txt"
    for code in (
        f"open({str(evil)!r}, 'w').write('x')",
        f"import os\nos.open({str(evil)!r}, os.O_CREAT | os.O_WRONLY)",
        f"import pathlib\npathlib.Path({str(evil)!r}).write_text('x')",
        f"import os\nos.remove({str(kept)!r})",
        f"import os\nos.rename({str(kept)!r}, 'here.txt')",
        f"import os\nos.symlink({str(tmp_path)!r}, 'out')\nopen('out/evil.txt', 'w')",
        f"import os\nos.chdir({str(tmp_path)!r})\nopen('evil.txt', 'w')",
        f"import os\nos.truncate({str(kept)!r}, 0)",
        f"import shutil\nshutil.rmtree({str(tmp_path)!r})",
        f"import sqlite3\nsqlite3.connect({str(evil)!r}).execute('create table t (a)')",
    ):
        found = await ran(code)
        assert not found.ok, code
        assert found.stopped is None, code
    assert kept.read_text(encoding="utf-8") == "mine"
    assert not evil.exists()


async def test_too_much_memory_is_wrong_and_not_a_crash_of_ours() -> None:
    assert (await ran("x = bytearray(10 ** 11)", memory_mb=512)).faults == ("MemoryError",)


async def test_ordinary_code_may_do_what_ordinary_code_does() -> None:
    code = (
        "import asyncio, collections, dataclasses, datetime, decimal, json, math, random, re, sqlite3, tempfile\n"
        "import threading\n"
        "open('note.txt', 'w').write('hi')\n"
        "assert open('note.txt').read() == 'hi'\n"
        "tempfile.NamedTemporaryFile().close()\n"
        "sqlite3.connect(':memory:').execute('select 1')\n"
        "async def later(): return 1\n"
        "assert asyncio.run(later()) == 1\n"
        "threading.Thread(target=threading.Event().wait).start()\n"
        "print('ünïcode')\n"
    )
    found = await ran(code)
    assert (found.ok, found.faults, found.output) == (True, (), "ünïcode\n")


async def test_nothing_of_our_environment_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOOMLAB_SECRET_KEY", "do not tell")
    found = await ran("import os\nprint(sorted(os.environ))")
    assert found.ok
    assert "SECRET" not in found.output


def _left(folder: Path) -> list[Path]:
    return list(folder.iterdir())


async def test_a_cancelled_run_leaves_no_process_and_no_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with anyio.move_on_after(0.3) as scope:
        await run_tests("while True: pass", ["assert True"], Limits(seconds=50))
    assert scope.cancelled_caught
    assert _left(tmp_path) == []


@pytest.mark.parametrize(
    ("options", "words"),
    [({"language": "cobol"}, "python, not 'cobol'"), ({"seconds": 0}, "above 0"), ({"second": 1}, "'seconds'")],
)
async def test_a_mistake_in_a_suite_is_one_sentence(options: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        scorers.from_spec({"name": "code", **options})


async def test_an_evaluation_awaits_it() -> None:
    dataset = Dataset([Case("a", "Write twice.", metadata={"tests": TESTS})])
    ev = await evaluate(dataset, {"good": lambda _: GOOD, "idle": lambda _: "No."}, scorers=scorers.code())
    assert [trial.score("code") for trial in ev.trials] == [1.0, 0.0]
