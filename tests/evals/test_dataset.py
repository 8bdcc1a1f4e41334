"""Datasets: round trips, ids that stay, digests, samples."""

import csv
import string
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loomlab.core.errors import ConfigError
from loomlab.evals import Case, Dataset

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
CASES = st.lists(
    st.builds(
        Case,
        id=TEXT.filter(bool),
        input=JSON.filter(lambda value: value is not None),
        target=JSON,
        cluster=st.none() | TEXT.filter(bool),
        metadata=st.dictionaries(TEXT, JSON, max_size=3),
    ),
    min_size=1,
    max_size=8,
    unique_by=lambda case: case.id,
)


def numbered(count: int) -> Dataset:
    return Dataset([Case(f"c{i}", f"q{i}", f"a{i}") for i in range(count)], name="numbered")


@settings(max_examples=40)
@given(cases=CASES)
def test_what_is_saved_is_loaded_unchanged(cases: list[Case], tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("saved") / "cases.jsonl"
    dataset = Dataset(cases, name="cases")
    loaded = Dataset.load(dataset.save(path))
    assert loaded == dataset
    assert loaded.digest == dataset.digest
    assert loaded.name == "cases"


@settings(max_examples=40)
@given(texts=st.lists(st.text(string.printable).filter(bool), min_size=1, max_size=6, unique=True))
def test_a_frame_a_csv_and_jsonl_of_the_same_rows_are_the_same_dataset(
    texts: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("rows")
    frame = pd.DataFrame({"id": [f"c{i}" for i in range(len(texts))], "input": texts, "target": texts})
    frame.to_csv(folder / "rows.csv", index=False, quoting=csv.QUOTE_ALL)  # else a bare \r stays unquoted
    frame.to_json(folder / "rows.jsonl", orient="records", lines=True)
    from_frame = Dataset.load(frame)
    assert from_frame == Dataset.load(folder / "rows.csv") == Dataset.load(folder / "rows.jsonl")
    assert [case.input for case in from_frame] == texts


@settings(max_examples=40)
@given(seed=st.integers(0, 2**32), count=st.integers(1, 30), data=st.data())
def test_order_changes_neither_ids_nor_digest_nor_what_a_seed_draws(seed: int, count: int, data: Any) -> None:
    dataset = numbered(count)
    shuffled = dataset.shuffle(seed)
    assert {case.id: case for case in shuffled} == {case.id: case for case in dataset}
    assert shuffled.digest == dataset.digest
    size = data.draw(st.integers(1, count))
    drawn, again = dataset.sample(size, seed), shuffled.sample(size, seed)
    assert len(drawn) == size
    assert {case.id for case in drawn} == {case.id for case in again}
    assert {case.id for case in drawn} <= {case.id for case in dataset.sample(min(count, size + 1), seed)}


def test_a_sample_keeps_dataset_order_and_another_seed_draws_others() -> None:
    dataset = numbered(200)
    ids = [case.id for case in dataset]
    drawn = [case.id for case in dataset.sample(20, 1)]
    assert drawn == sorted(drawn, key=ids.index)
    assert drawn != [case.id for case in dataset.sample(20, 2)]
    assert len(dataset.sample(1000)) == 200


def test_an_id_made_from_content_does_not_depend_on_the_place(tmp_path: Path) -> None:
    one, two = '{"input": "x", "target": 1}\n', '{"input": "y", "target": 2}\n'
    (tmp_path / "a.jsonl").write_text(one + two, encoding="utf-8")
    (tmp_path / "b.jsonl").write_text(two + one, encoding="utf-8")
    first, second = Dataset.load(tmp_path / "a.jsonl"), Dataset.load(tmp_path / "b.jsonl")
    assert {case.id: case for case in first} == {case.id: case for case in second}
    assert first.digest == second.digest


def test_a_changed_target_changes_the_digest() -> None:
    assert Dataset([Case("a", "q", "x")]).digest != Dataset([Case("a", "q", "y")]).digest


def test_columns_are_mapped_and_the_others_become_metadata() -> None:
    frame = pd.DataFrame({"question": ["2+2?"], "answer": [4], "level": ["easy"], "hint": [None]})
    dataset = Dataset.load(frame, columns={"input": "question", "target": "answer"}, name="sums")
    assert dataset.name == "sums"
    (case,) = dataset
    assert (case.input, case.target, dict(case.metadata)) == ("2+2?", 4, {"level": "easy"})


def test_missing_values_of_a_frame_are_no_values() -> None:
    frame = pd.DataFrame({"input": ["a", "b"], "target": ["x", None], "size": [1.5, float("nan")], "n": [pd.NA, 2]})
    first, second = Dataset.load(frame)
    assert (first.target, dict(first.metadata)) == ("x", {"size": 1.5})
    assert (second.target, dict(second.metadata)) == (None, {"n": 2})


def test_cases_are_found_by_id_place_and_condition() -> None:
    dataset = numbered(3)
    assert dataset["c1"] is dataset[1]
    assert "c2" in dataset and "c9" not in dataset
    assert [case.id for case in dataset.filter(lambda case: case.id != "c1")] == ["c0", "c2"]
    assert [case.id for case in dataset.select(["c2", "c0"])] == ["c2", "c0"]
    with pytest.raises(ConfigError, match="no case 'c11'; did you mean 'c1'"):
        dataset["c11"]


def test_an_id_twice_is_refused() -> None:
    with pytest.raises(ConfigError, match="'numbers' has two cases with the id 'a'"):
        Dataset([Case("a", 1), Case("b", 2), Case("a", 3)], name="numbers")


def test_a_sample_of_nothing_is_refused() -> None:
    with pytest.raises(ConfigError, match="at least one case, not 0"):
        numbered(2).sample(0)


def test_a_case_that_json_cannot_hold_is_not_saved(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="the case 'a' cannot be written as JSON"):
        Dataset([Case("a", object())]).save(tmp_path / "x.jsonl")
    assert not (tmp_path / "x.jsonl").exists()
