"""Conditions on metadata: what each operator means, and what is refused."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loomlab.vectorstore import FilterError
from loomlab.vectorstore.filters import condition

BOOK = {"genre": "sf", "year": 1974, "tags": ["moon", "law"], "price": 9.5, "sold": True, "note": None}


@pytest.mark.parametrize(
    ("filter", "fits"),
    [
        (None, True),
        ({}, True),
        ({"genre": "sf"}, True),
        ({"genre": "crime"}, False),
        ({"genre": ["crime", "sf"]}, True),
        ({"genre": []}, False),
        ({"tags": "moon"}, True),
        ({"tags": {"$in": ["sea", "law"]}}, True),
        ({"genre": {"$eq": "sf"}}, True),
        ({"genre": {"$ne": "crime"}}, True),
        ({"missing": {"$ne": "crime"}}, True),
        ({"missing": {"$nin": ["x"]}}, True),
        ({"missing": {"$in": ["x"]}}, False),
        ({"year": {"$gt": 1973, "$lte": 1974}}, True),
        ({"year": {"$lt": 1974}}, False),
        ({"price": {"$gte": 9}}, True),
        ({"year": {"$gt": "1900"}}, False),
        ({"missing": {"$lt": 5}}, False),
        ({"sold": {"$gt": 0}}, False),
        ({"sold": 1}, False),
        ({"sold": True}, True),
        ({"note": {"$exists": True}}, True),
        ({"missing": {"$exists": False}}, True),
        ({"genre": {"$exists": False}}, False),
        ({"note": None}, True),
        ({"missing": None}, True),
        ({"$and": [{"genre": "sf"}, {"year": 1974}]}, True),
        ({"$or": [{"genre": "crime"}, {"year": 1974}]}, True),
        ({"$or": [{"genre": "crime"}, {"year": 1}]}, False),
        ({"$not": {"genre": "sf"}}, False),
        ({"year": {"$not": {"$lt": 1900}}}, True),
        ({"genre": "sf", "year": 1975}, False),
    ],
)
def test_a_condition_means_what_it_says(filter: Any, fits: bool) -> None:
    assert condition(filter)(BOOK) is fits


@pytest.mark.parametrize(
    ("filter", "named"),
    [
        ({"year": {"$gte_": 1}}, r"\$gte"),
        ({"$nor": []}, r"\$or"),
        ({"$and": {"a": 1}}, "list of filters"),
        ({"$or": []}, "list of filters"),
        ({"a": {"$in": "abc"}}, "takes a list"),
        ("genre", "mapping"),
    ],
)
def test_what_is_no_condition_is_refused(filter: Any, named: str) -> None:
    with pytest.raises(FilterError, match=named):
        condition(filter)


values = st.one_of(st.integers(-2, 2), st.sampled_from(["a", "b"]), st.booleans(), st.none())


@given(stored=values, wanted=values)
def test_ne_is_the_opposite_of_eq_and_nin_of_in(stored: Any, wanted: Any) -> None:
    metadata = {"x": stored}
    assert condition({"x": {"$ne": wanted}})(metadata) is not condition({"x": wanted})(metadata)
    assert condition({"x": {"$nin": [wanted]}})(metadata) is not condition({"x": {"$in": [wanted]}})(metadata)


@given(stored=values, wanted=values)
def test_at_most_one_of_less_and_greater_holds(stored: Any, wanted: Any) -> None:
    fits = [condition({"x": {one: wanted}})({"x": stored}) for one in ("$lt", "$gt")]
    assert fits != [True, True]
