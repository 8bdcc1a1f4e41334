"""The scorer that a dataset wants."""

import pytest

from loomlab.core.errors import ConfigError
from loomlab.evals import Case, Dataset
from loomlab.evals.scorers.default import default_scorer


@pytest.mark.parametrize(
    ("name", "scorer"),
    [
        ("smoke", "by_case"),
        ("capitals", "includes"),
        ("bfcl_simple", "tool_calls"),
        ("bfcl_multiple", "tool_calls"),
        ("arithmetic", "numeric"),
        ("stockroom", "end_state"),
    ],
)
def test_the_datasets_of_the_house(name: str, scorer: str) -> None:
    assert default_scorer(Dataset.load(name)) == scorer


@pytest.mark.parametrize(
    ("target", "scorer"),
    [
        ("Paris", "includes"),
        (["Paris", "Lutetia"], "includes"),
        (4, "numeric"),
        (True, "json_match"),
        ({"a": 1}, "json_match"),
    ],
)
def test_by_what_the_target_is(target: object, scorer: str) -> None:
    assert default_scorer(Dataset([Case(id="1", input="q", target=target)])) == scorer


def test_without_targets_one_must_be_named() -> None:
    with pytest.raises(ConfigError, match="name a scorer"):
        default_scorer(Dataset([Case(id="1", input="q")]))
