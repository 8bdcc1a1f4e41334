"""Where a value may come from."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loomlab.core import CertifiedValue, LineageError
from loomlab.data import LineagePolicy, ancestry, check_lineage, require_lineage

NOW = datetime(2026, 5, 1, tzinfo=UTC)


def made(source: str, *parents: CertifiedValue) -> CertifiedValue:
    return CertifiedValue(value=1, source=source, fetched_at=NOW, lineage=parents)


VALUES = st.recursive(
    st.builds(made, st.sampled_from(["erp:a", "erp:b", "web"])),
    lambda inner: st.builds(lambda s, ps: made(s, *ps), st.sampled_from(["erp:c", "web"]), st.lists(inner, max_size=3)),
    max_leaves=8,
)


def sources(value: CertifiedValue) -> list[str]:
    return [value.source, *(one for parent in value.lineage for one in sources(parent))]


@given(VALUES)
def test_every_source_behind_a_value_has_to_be_allowed(value: CertifiedValue) -> None:
    allowed = all(source.startswith("erp:") for source in sources(value))
    assert check_lineage(value, LineagePolicy.from_iter(["erp:"])) == allowed
    assert check_lineage(value, LineagePolicy())
    assert {one.source for one in ancestry(value)} == set(sources(value))


def test_the_error_names_what_is_foreign_and_what_is_allowed() -> None:
    policy = LineagePolicy(frozenset({"crm:", "erp:"}))
    with pytest.raises(LineageError, match="'web' is not allowed; allowed are: crm:, erp:"):
        require_lineage(made("web"), policy)
    with pytest.raises(LineageError, match="'web', which the value from 'erp:x' was made from, is not allowed"):
        require_lineage(made("erp:x", made("erp:y", made("web"))), policy)
    require_lineage(made("erp:x", made("crm:y")), policy)


def test_a_lone_text_is_one_source() -> None:
    assert LineagePolicy.from_iter("erp:").allowed_sources == {"erp:"}


def test_a_long_ancestry_is_walked_without_going_deep_and_shared_parents_once() -> None:
    root = shared = made("erp:root")
    for _ in range(900):
        shared = CertifiedValue.model_construct(
            value=1, source="erp:x", fetched_at=NOW, valid_until=None, schema_version="1", lineage=(shared, shared)
        )
    assert len(list(ancestry(shared))) == 901
    assert check_lineage(shared, LineagePolicy.from_iter(["erp:"])) and root.source == "erp:root"
