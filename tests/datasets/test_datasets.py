"""The datasets in the repository: whole, licensed, and what their converters make of their sources."""

import hashlib
import importlib
import json
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from loomlab import ToolCall
from loomlab.core.results import RunResult
from loomlab.evals import Case, Dataset, scorers
from loomlab.evals.offered import offered_tools

LARGEST = 1_000_000
JSON_TYPES = {"object", "array", "string", "number", "integer", "boolean", "null"}
NAMES = (
    "arithmetic",
    "bfcl_memory",
    "bfcl_multiple",
    "bfcl_simple",
    "bitemporal",
    "capitals",
    "handbook",
    "smoke",
    "stockroom",
)


@pytest.fixture
def folder(pytestconfig: pytest.Config) -> Path:
    return pytestconfig.rootpath / "datasets"


@pytest.fixture
def converters(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    monkeypatch.syspath_prepend(str(folder))
    yield importlib.import_module("convert")
    for name in [name for name in sys.modules if name == "convert" or name.split(".")[0] == "converters"]:
        del sys.modules[name]


def test_every_dataset_is_converted_by_the_script(folder: Path, converters: ModuleType) -> None:
    assert sorted(path.parent.name for path in folder.glob("*/cases.jsonl")) == sorted(NAMES)
    assert sorted(converters.CONVERTERS) == sorted(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_dataset_fits_its_card(name: str, folder: Path) -> None:
    dataset = Dataset.load(folder / name)  # checks the digest
    card = tomllib.loads((folder / name / "card.toml").read_text(encoding="utf-8"))
    assert dataset.name == card["name"] == name
    assert len(dataset) == card["cases"]
    assert all(card[key] for key in ("package", "licence", "licence_stated", "retrieved", "changed", "known_faults"))
    assert (folder / name / "LICENSE").read_text(encoding="utf-8").strip()
    assert (folder / name / "cases.jsonl").stat().st_size < LARGEST
    assert all(case.input.strip() and case.target for case in dataset)
    for beside, digest in card.get("beside", {}).items():
        assert hashlib.sha256((folder / name / beside).read_bytes()).hexdigest() == digest


@pytest.mark.parametrize("name", NAMES)
def test_faults_that_name_cases_name_cases_that_exist(name: str, folder: Path) -> None:
    dataset = Dataset.load(folder / name)
    assert dataset.card is not None
    for fault in dataset.card.known_faults:
        subject = fault.partition(":")[0]
        for word in subject.replace(" and others", "").split(", "):
            if word.startswith(("africa-", "america-", "asia-", "europe-", "simple_", "multiple_", "memory_")):
                assert word in dataset, fault


def test_no_question_about_a_capital_holds_its_answer(folder: Path) -> None:
    judge = scorers.includes()
    for case in Dataset.load(folder / "capitals"):
        echo = RunResult.model_construct(output=case.input, parsed=None)
        said = judge(echo, case)  # type: ignore[call-arg]  # includes() takes two arguments
        assert said.value == 0, case.id  # type: ignore[union-attr]


@pytest.mark.parametrize("name", ["bfcl_multiple", "bfcl_simple"])
def test_every_key_of_bfcl_is_right_by_its_own_scorer_and_its_tools_can_be_offered(name: str, folder: Path) -> None:
    judge = scorers.tool_calls()
    for case in Dataset.load(folder / name):
        calls = [ToolCall(tool=one["name"], args=_first(one)) for one in case.target]
        assert judge(RunResult.model_construct(), case, calls).value == 1, case.id  # type: ignore[union-attr]
        tools = offered_tools(case)
        assert {call.tool for call in calls} <= {tool.name for tool in tools}
        for tool in tools:
            assert _types(tool.input_schema) <= JSON_TYPES, case.id
            assert tool.to_def().input_schema["type"] == "object"


def _first(call: dict[str, object]) -> dict[str, object]:
    arguments: dict[str, list[object]] = call["arguments"]  # type: ignore[assignment]  # the shape of the dataset
    return {name: _plain(values[0]) for name, values in arguments.items() if values}


def _plain(value: object) -> object:
    """One concrete value where the key lists what is allowed inside an object."""
    if isinstance(value, dict):
        return {name: _plain(one[0]) for name, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, list) else value


def _types(schema: object) -> set[str]:
    if isinstance(schema, list):
        return {one for part in schema for one in _types(part)}
    if not isinstance(schema, dict):
        return set()
    own = {schema["type"]} if isinstance(schema.get("type"), str) else set()
    inner = [*schema.get("properties", {}).values(), schema.get("items")]
    return own | {one for part in inner for one in _types(part)}


@pytest.mark.parametrize(
    ("pattern", "texts"),
    [
        ("Cairo", ["Cairo"]),
        ("Chad|Tchad", ["Chad", "Tchad"]),
        ("Bra[z|s]il", ["Brazil", "Brasil"]),
        ("{The }Gambia", ["The Gambia", "Gambia"]),
        ("{{People's }Republic of }China", ["People's Republic of China", "Republic of China", "China"]),
        ("N{orth} C|NC", ["North C", "N C", "NC"]),
        ("a\\|b", ["a|b"]),
        ("", [""]),
    ],
)
def test_a_pattern_of_the_quiz_stands_for_these_texts(pattern: str, texts: list[str], converters: ModuleType) -> None:
    assert importlib.import_module("converters.patterns").expand(pattern) == texts


@pytest.mark.parametrize("pattern", ["[a", "a]", "{a", "a}b"])
def test_a_pattern_that_is_not_balanced_is_refused(pattern: str, converters: ModuleType) -> None:
    with pytest.raises(ValueError, match="unbalanced"):
        importlib.import_module("converters.patterns").expand(pattern)


def test_a_schema_of_bfcl_becomes_json_schema(converters: ModuleType) -> None:
    theirs = {
        "type": "dict",
        "optional": ["b"],
        "properties": {
            "type": {"type": "float", "optional": True, "default": 1.5},
            "b": {"type": "tuple", "items": {"type": "any"}},
        },
        "required": ["type"],
    }
    assert importlib.import_module("converters.bfcl")._schema(theirs) == {
        "type": "object",
        "properties": {"type": {"type": "number", "default": 1.5}, "b": {"type": "array", "items": {}}},
        "required": ["type"],
    }


def test_a_written_dataset_is_the_same_every_time_and_a_change_is_seen(tmp_path: Path, converters: ModuleType) -> None:
    write = importlib.import_module("converters.write")
    card = dict.fromkeys(("name", "description", "source", "licence"), "x")
    made = write.Made([{"id": "a", "input": "é"}], {**card, "columns": {"input": "text"}}, "MIT\n", ["none known"])
    write.write(tmp_path / "toy", made)
    assert write.differences(tmp_path / "toy", made) == []
    assert Dataset.load(tmp_path / "toy")["a"] == Case("a", "é")
    (tmp_path / "toy" / "cases.jsonl").write_text(json.dumps({"id": "a", "input": "e"}) + "\n", encoding="utf-8")
    assert write.differences(tmp_path / "toy", made) == ["cases.jsonl"]


def test_a_package_that_is_not_there_is_one_sentence(
    tmp_path: Path, converters: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["convert.py", "bfcl_simple", "--source", str(tmp_path)])
    assert converters.main() == 2
    said = capsys.readouterr().err
    assert said == f"bfcl_simple: there is no wheel of bfcl-eval 2026.3.23 in {tmp_path}\n"
