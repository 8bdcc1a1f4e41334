import math

import pytest

from loomlab.display import format as fmt


@pytest.mark.parametrize(
    ("ms", "shown"),
    [
        (None, "unknown"),
        (math.nan, "unknown"),
        (math.inf, "unknown"),
        (-1, "0 ms"),
        (0, "0 ms"),
        (0.4, "<1 ms"),
        (8.123, "8.12 ms"),
        (84, "84.0 ms"),
        (340.4, "340 ms"),
        (999.4, "999 ms"),
        (999.6, "1.00 s"),
        (1_100, "1.10 s"),
        (59_900, "59.9 s"),
        (59_960, "1 min 00 s"),
        (125_000, "2 min 05 s"),
        (3_599_600, "1 h 00 min"),
        (3_720_000, "1 h 02 min"),
    ],
)
def test_a_duration_has_a_unit_and_three_digits(ms: float | None, shown: str):
    assert fmt.duration(ms) == shown


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        (None, "unknown"),
        (0, "0"),
        (0.0123, "0.0123"),
        (0.6, "0.600"),
        (9.996, "10.0"),
        (12345.6, "12,346"),
        (-0.5, "−0.500"),
        (1e-9, "0.00000000100"),
        (math.nan, "unknown"),
    ],
)
def test_three_significant_digits_and_never_scientific(number: float | None, shown: str):
    assert fmt.significant(number) == shown


def test_counts_have_thousands_separators():
    assert fmt.count(2410) == "2,410"
    assert fmt.count(None) == "unknown"
    assert fmt.tokens(1) == "1 token"
    assert fmt.tokens(884) == "884 tokens"
    assert fmt.plural(1, "turn") == "1 turn"
    assert fmt.plural(1200, "turn") == "1,200 turns"
    assert fmt.plural(2, "query", "queries") == "2 queries"


def test_an_unknown_price_is_unknown_and_never_zero():
    assert fmt.cost(None) == "unknown"
    assert fmt.cost(0) == "$0.00"
    assert fmt.cost(0.00042) == "$0.000420"
    assert fmt.cost(-0.5) == "−$0.500"


def test_scores_and_intervals():
    assert fmt.score(0.61) == "0.610"
    assert fmt.interval(0.541, 0.675) == "0.541 – 0.675"
    assert fmt.interval(-0.006, 0.126) == "−0.006 – 0.126"
    assert fmt.interval(None, 0.5) == "unknown"
    assert fmt.percent(0.41) == "41 %"
    assert fmt.percent(-0.004) == "−0.4 %"
    assert fmt.size(65536) == "64.0 KB"
    assert fmt.size(12) == "12 bytes"
