import re
from typing import Any

import pytest
from golden import assert_golden
from inline_snapshot import snapshot
from safe import words, wrong

from loomlab.display import evaluation_html, evaluation_text, progress_text
from loomlab.display.intervals import Interval, intervals_svg

ROWS: list[dict[str, Any]] = [
    {
        "arm": "react",
        "n": 200,
        "score": 0.61,
        "ci_low": 0.541,
        "ci_high": 0.675,
        "tokens": 482_000,
        "cost_usd": 0.68,
        "median_latency_ms": 7_900.0,
        "failures": {"turn cap": 9},
    },
    {
        "arm": "refine",
        "n": 200,
        "score": 0.67,
        "ci_low": 0.602,
        "ci_high": 0.732,
        "tokens": 1_278_000,
        "cost_usd": None,
        "median_latency_ms": 15_100.0,
        "failures": {"not parsed": 14, "late": 2, "a": 1, "b": 1, "c": 1},
    },
    {"arm": "new", "n": 0},
]


def test_the_summary_as_text():
    assert evaluation_text(ROWS, title="Quickstart", note="Both saw the same tools.") == snapshot("""\
Quickstart

arm     cases    score  95 % interval     tokens     cost  median time  failures
react     200    0.610  0.541 – 0.675    482,000   $0.680       7.90 s  9 turn cap
refine    200    0.670  0.602 – 0.732  1,278,000  unknown       15.1 s  14 not parsed, 2 late, 1 a, 1 b, 1 more cause
new         0  unknown        unknown    unknown  unknown      unknown  –

Both saw the same tools.\
""")


def test_the_summary_as_html_is_the_one_we_looked_at():
    html = evaluation_html(ROWS, title="Quickstart", note="Both saw the same tools.")
    assert wrong(html) == []
    assert_golden("evaluation.html", html)


def test_the_plot_says_in_words_what_it_draws():
    html = evaluation_html(ROWS)
    assert 'aria-label="react 0.610, interval 0.541 – 0.675; refine 0.670, interval 0.602 – 0.732"' in html
    assert "NaN" not in html


def test_nothing_evaluated_and_many_arms():
    assert "No case has been evaluated yet." in evaluation_html([])
    assert evaluation_text([]) == "No case has been evaluated yet."
    many = [{"arm": f"arm {n}", "score": n / 60, "n": 1} for n in range(60)]
    assert "20 more arms not shown" in evaluation_text(many)
    assert "20 more arms not shown" in words(evaluation_html(many))


@pytest.mark.parametrize(
    "values",
    [
        [(0.5, 0.5, 0.5)],
        [(0.0, 0.0, 0.0), (1.0, 1.0, 1.0)],
        [(-3.0, -9.0, 12.0)],
        [(1e-9, 0.0, 2e-9)],
        [(5e6, 4e6, 6e6)],
        [(0.4, None, None), (0.6, 0.5, float("nan"))],
        [(0.1, 0.9, 0.2)],
    ],
)
def test_every_mark_lies_inside_the_picture(values: list[tuple[float, float | None, float | None]]):
    svg = intervals_svg([Interval(f"arm {n}", *one) for n, one in enumerate(values)])
    assert "nan" not in svg
    assert "inf" not in svg
    for x in re.findall(r'\b(?:x|x1|x2|cx)="([^"]+)"', svg):
        assert 0 <= float(x) <= 820
    ticks = re.findall(r'text-anchor="middle"[^>]*>([^<]+)<', svg)
    assert 2 <= len(ticks) <= 9
    assert len(set(ticks)) == len(ticks)


def test_a_plot_without_any_figure_is_left_out():
    assert intervals_svg([Interval("a", None, None, None), Interval("b", float("nan"), None, None)]) == ""


def test_progress_in_one_line():
    line = progress_text(60, 100, arm="react", right=41, cost_usd=0.012)
    assert line == "[############--------] 60/100 · react · 41 right · $0.0120"
    assert progress_text(0, 0) == "[--------------------] 0/0 · $0.00"
    assert progress_text(5, 3, cost_usd=None) == "[####################] 5/3 · cost unknown"
