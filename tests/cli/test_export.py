"""loomlab export and import: runs and evaluations as files for people and for other tools."""

import json
from pathlib import Path

import anyio
import pytest
from google.protobuf import json_format
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from loomlab import Agent, EchoModel
from loomlab.cli import main
from loomlab.evals import Case, Dataset, evaluate, scorers
from loomlab.runlog import RunLog, recording


async def record(log: RunLog) -> str:
    with recording(log):
        for user in ("ana", "ben"):
            await Agent("x", model=EchoModel()).run(f"a word of {user}", user_id=user)
        arms = {"echo": Agent("x", model=EchoModel()), "loud": Agent("y", model=EchoModel())}
        data = Dataset([Case(f"q{i}", f"word {i}", f"Echo: word {i}") for i in range(3)], name="words")
        return (await evaluate(data, arms, scorers=[scorers.exact()])).id


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cli") / "log"
    anyio.run(record, RunLog.open(folder))
    return folder


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def run(home: Path, *arguments: str) -> int:
    return main([*arguments, "--home", str(home)])


def test_a_run_is_a_page_named_by_its_id_or_as_asked(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(home, "export", "html", "--user", "ben") == 0
    path = Path(capsys.readouterr().out.strip())
    assert path.name.startswith("run_") and "a word of ben" in path.read_text(encoding="utf-8")
    assert run(home, "export", "html", "last", "--user", "ana", "-o", "pages/ana.html", "--no-content") == 0
    html = Path("pages/ana.html").read_text(encoding="utf-8")
    assert "a word of" not in html and "(left out)" in html and "echo" in html


def test_runs_stand_side_by_side_and_an_evaluation_is_a_page(home: Path) -> None:
    runs = RunLog.open(home).runs(user_id=["ana", "ben"])["run_id"].tolist()
    assert run(home, "export", "html", *runs, "-o", "both.html") == 0
    both = Path("both.html").read_text(encoding="utf-8")
    assert "The runs part at step" in both and "<strong>ana</strong>" in both and "a word of ben" in both
    assert run(home, "export", "html", "last", "-2", "-o", "two.html") == 0
    assert run(home, "export", "html", "evaluation", "-o", "eval.html") == 0
    page = Path("eval.html").read_text(encoding="utf-8")
    assert "echo" in page and "loud" in page and "word 1" in page


def test_mistakes_are_sentences(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for arguments, said in (
        (("export", "html", "nothing-like-it"), "no such run"),
        (("export", "html", "last", "last"), "the same run"),
        (("export", "html", "evaluation", "last"), "one evaluation is one page"),
        (("export", "inspect", "eval_NONE"), "no evaluation"),
        (("export", "inspect", "--kind", "xml"), "'eval' or 'json', not 'xml'"),
        (("import", "inspect", "nowhere.eval"), "there is no file nowhere.eval"),
    ):
        code = run(home, *arguments)
        told = capsys.readouterr().err
        assert code == 2 and told.startswith("loomlab: ") and told.count("\n") == 1, arguments
        assert said in told


def test_a_run_is_printed_or_written_as_otlp(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(home, "export", "otlp", "last", "--user", "ana") == 0
    printed = json.loads(capsys.readouterr().out)
    assert run(home, "export", "otlp", "last", "--user", "ana", "-o", "run.otlp.json") == 0
    kept = Path("run.otlp.json").read_text(encoding="utf-8")
    assert json.loads(kept) == printed
    read = json_format.Parse(kept, ExportTraceServiceRequest())  # as another reader of such files does
    names = [span.name for one in read.resource_spans for scope in one.scope_spans for span in scope.spans]
    assert "loom.run" in names and "loom.model.complete" in names
    assert "a word of ana" not in json.dumps(printed)


def test_an_evaluation_or_a_run_goes_into_an_mlflow_store(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from loomlab.cli import exporting

    put: list[tuple[str, str, str | None]] = []
    monkeypatch.setattr(
        exporting,
        "to_mlflow",
        lambda source, store, **more: put.append((type(source).__name__, store, more["experiment"])),
    )
    assert run(home, "export", "mlflow") == run(home, "export", "mlflow", "-2", "--store", "x.db") == 0
    assert run(home, "export", "mlflow", "last", "--experiment", "mine", "--user", "ana") == 0
    assert put == [("Evaluation", "mlflow.db", None), ("RunRecord", "x.db", None), ("RunRecord", "mlflow.db", "mine")]


def test_an_evaluation_goes_to_inspect_ai_and_into_another_log(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("inspect_ai")
    assert run(home, "export", "inspect", "last", "-o", "logs") == 0
    told = capsys.readouterr().out.splitlines()
    assert len(told) == 3 and all(Path(one).is_file() for one in told[:2]) and "inspect view" in told[2]
    other = tmp_path / "other"
    assert run(other, "import", "inspect", "logs", "--name", "brought") == 0
    said = capsys.readouterr().out
    assert "brought, 6 trials of echo, loud" in said
    log = RunLog.open(other)
    assert log.evaluations()["name"].tolist() == ["brought"] and len(log.runs()) == 6 and len(log.scores()) == 6
