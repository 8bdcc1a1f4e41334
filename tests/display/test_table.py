from datetime import UTC, date, datetime
from typing import Any

import pytest
from inline_snapshot import snapshot
from safe import words, wrong

from loomlab.display import table_html, table_text

ROWS: list[dict[str, Any]] = [
    {"run": "weather", "tokens": 2410, "cost": 0.01234, "ok": True, "user": None},
    {"run": "book <b>", "tokens": 12, "cost": None, "ok": False, "user": "alice"},
]
COLUMNS = ["run", "tokens", "cost", "ok", "user"]


def test_a_small_table_as_text():
    assert table_text(COLUMNS, ROWS, title="Runs", total=30) == snapshot("""\
Runs
run       tokens    cost  ok   user
weather    2,410  0.0123  yes  –
book <b>      12       –  no   alice
28 more rows not shown\
""")


def test_a_small_table_as_html():
    html = table_html(COLUMNS, ROWS, title="Runs")
    assert wrong(html) == []
    assert '<th scope="col" class="n">tokens</th>' in html
    assert '<th scope="row">book &lt;b&gt;</th>' in html
    assert '<td class="n">2,410</td>' in html
    assert "not shown" not in html


@pytest.mark.parametrize("faces", [table_html, table_text])
def test_it_says_how_many_rows_and_columns_are_not_shown(faces: Any):
    many = faces(["n"], [[n] for n in range(100)], limit=3)
    assert "97 more rows not shown" in many
    assert "1 more row not shown" in faces(["n"], [[1], [2]], limit=1)
    assert "5 more columns not shown" in faces([f"c{n}" for n in range(35)], [range(35)])
    assert "no rows" in faces(["n"], [])
    assert "nothing found" in faces(["n"], [], empty="nothing found")


def test_values_are_shown_as_a_person_reads_them():
    at = datetime(2026, 1, 5, 12, 0, 0, 123, tzinfo=UTC)
    shown = words(table_html(list("abcdef"), [[at, date(2026, 1, 5), {"x": 1}, float("nan"), 1e-7, "two\nlines"]]))
    assert "2026-01-05 12:00:00 2026-01-05" in shown
    assert '{"x": 1}' in shown
    assert "– 0.000000100 two lines" in shown


def test_short_rows_are_filled_and_long_ones_cut():
    assert table_text(["a", "b"], [[1], [1, 2, 3]]) == snapshot("""\
a  b
1  –
1  2\
""")
