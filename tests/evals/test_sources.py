"""What cannot be read is refused in one sentence with file and line."""

from pathlib import Path

import pytest

from loomlab.core.errors import ConfigError
from loomlab.evals import Dataset

CARD = 'name = "toy"\ndescription = "d"\nsource = "s"\nlicence = "MIT"\nsha256 = "{}"\n'


def refused(path: Path, text: str | bytes, sentence: str) -> None:
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ConfigError) as caught:
        Dataset.load(path)
    assert sentence in str(caught.value)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('{"id": "a", "input": 1}\n{"id": "b", "input": }\n', "line 2: not JSON"),
        ('{"id": "a", "input": 1}\n\n[1]\n', "line 3: a case is an object, not list"),
        ('{"id": "a", "input": 1}\n{"id": "a", "input": 2}\n', "line 2 has the id 'a' of "),
        ('{"input": 1}\n{"input": 1}\n', "line 2 has the same content as "),
        ('{"id": "a", "imput": 1}\n', "line 1: there is no 'input'; did you mean 'imput'?"),
        ('{"id": "a", "question": 1}\n', "there is no 'input'; it has 'id', 'question' (columns= can map other names)"),
        ('{"id": "a", "input": 1, "targt": 2}\n', "line 1: 'targt' looks like a slip for 'target'"),
        ('{"id": "", "input": 1}\n', "line 1: the id is ''"),
        ('{"id": "a", "input": 1, "cluster": [2]}\n', "line 1: the cluster is [2]"),
        ('{"id": "a", "input": 1, "metadata": 3}\n', "line 1: metadata is int, not an object"),
        ('{"id": "a", "input": NaN}\n', "line 1: not JSON (NaN is not allowed)"),
        ('{"id": "a", "input": "\\ud800"}\n', "line 1: "),
        ("\n", "holds no case"),
        (b'{"id": "a", "input": "\xff"}\n', "is not UTF-8 (byte 22)"),
    ],
)
def test_a_malformed_line_is_named(text: str | bytes, sentence: str, tmp_path: Path) -> None:
    refused(tmp_path / "cases.jsonl", text, sentence)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("id,input\na,1\nb\n", "line 3: 1 fields, but the header has 2"),
        ('id,input\na,"x\n', "not CSV"),
        ("id,input\na,1\na,2\n", "line 3 has the id 'a' of "),
        ("id,question\na,1\n", "line 2: there is no 'input'"),
        ("id,input\n", "holds no case"),
    ],
)
def test_a_malformed_row_is_named(text: str, sentence: str, tmp_path: Path) -> None:
    refused(tmp_path / "cases.csv", text, sentence)


def test_a_line_separator_inside_a_text_ends_no_line(tmp_path: Path) -> None:
    path = tmp_path / "cases.jsonl"
    path.write_text('{"id": "a", "input": "one\u2028two\u0085three"}\r\n', encoding="utf-8", newline="")
    assert Dataset.load(path)["a"].input == "one\u2028two\u0085three"


def test_a_byte_order_mark_is_no_part_of_the_first_name(tmp_path: Path) -> None:
    path = tmp_path / "cases.csv"
    path.write_bytes("id,input\na,é\n".encode("utf-8-sig"))
    assert Dataset.load(path)["a"].input == "é"


def test_a_folder_is_found_by_name_near_the_suite_and_in_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for place, text in (("near", "1"), ("here", "2")):
        folder = tmp_path / place / "datasets" / "toy"
        folder.mkdir(parents=True)
        (folder / "cases.jsonl").write_text(f'{{"id": "a", "input": {text}}}\n', encoding="utf-8")
    monkeypatch.chdir(tmp_path / "here")
    assert Dataset.load("toy")["a"].input == 2
    assert Dataset.load("toy", near=tmp_path / "near")["a"].input == 1
    monkeypatch.setenv("LOOMLAB_DATASETS", str(tmp_path / "near" / "datasets"))
    assert Dataset.load("toy")["a"].input == 1
    with pytest.raises(ConfigError, match="no dataset 'toi'; did you mean 'toy'"):
        Dataset.load("toi")


def test_a_missing_path_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"there is no dataset at .*nowhere\.jsonl"):
        Dataset.load(tmp_path / "nowhere.jsonl")
    (tmp_path / "notes.txt").write_text("x", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"neither \.jsonl nor \.csv"):
        Dataset.load(tmp_path / "notes.txt")
    with pytest.raises(ConfigError, match="not from int"):
        Dataset.load(3)


def test_a_card_guards_its_cases(tmp_path: Path) -> None:
    import hashlib

    text = b'{"id": "a", "input": 1}\n'
    (tmp_path / "cases.jsonl").write_bytes(text)
    (tmp_path / "card.toml").write_text(CARD.format(hashlib.sha256(text).hexdigest()), encoding="utf-8")
    loaded = Dataset.load(tmp_path)
    assert loaded.name == "toy"
    assert loaded.card is not None and loaded.card.licence == "MIT"
    (tmp_path / "cases.jsonl").write_bytes(text.replace(b"1", b"2"))
    with pytest.raises(ConfigError, match="not what its card describes"):
        Dataset.load(tmp_path)
    (tmp_path / "card.toml").write_text('name = "toy"\n', encoding="utf-8")
    with pytest.raises(ConfigError, match="has no text for 'description'"):
        Dataset.load(tmp_path)
