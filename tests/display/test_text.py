import pytest

from loomlab.display.text import call_text, clip, escape, pad, plain, preview, value_text, width


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("plain text, é 漢 👩‍👩‍👧", "plain text, é 漢 👩‍👩‍👧"),
        ("tab\tand\nline", "tab\tand\nline"),
        ("a\r\nb\rc\u2028d\x85e", "a\nb\nc\nd\ne"),
        ("\x1b[1;31mred\x1b[0m", "red"),
        ("\x1b]8;;http://x\x07link\x1b]8;;\x1b\\", "link"),
        ("\x1b]0;never closed", "0;never closed"),
        ("\x1b", "␛"),
        ("a\x00b\x08c\x7f", "a␀b␈c␡"),
        ("x\u202ey\u2066\u2067z", "x⟨U+202E⟩y⟨U+2066… ×2⟩z"),
        ("zero\u200bwidth\ufeff soft\u00adhyphen", "zerowidth softhyphen"),
        ("half \ud83d", "half \ufffd"),
        (12, "12"),
        (None, "None"),
    ],
)
def test_text_is_shown_without_what_acts_on_a_terminal_or_hides(given: object, shown: str):
    assert plain(given) == shown


def test_escaping_covers_text_and_both_kinds_of_quotes():
    assert escape("<a b='c' d=\"e\">&") == "&lt;a b=&#x27;c&#x27; d=&quot;e&quot;&gt;&amp;"


def test_a_cut_text_says_how_much_is_missing():
    assert clip("abc", 3) == "abc"
    assert clip("abcd" * 1_000, 4) == "abcd… (3,996 more characters)"


def test_a_preview_is_one_line_of_bounded_length():
    assert preview("a\n  b\tc") == "a b c"
    assert preview("word " * 100, 20) == "word word word word…"
    assert preview("\n" * 10_000 + "x", 20).endswith("…")
    assert len(preview("x" * 10**6, 50)) == 50


def test_data_is_shown_as_json_and_text_as_it_is():
    assert value_text("é") == "é"
    assert value_text({"é": [1, None, True]}) == '{"é": [1, null, true]}'


def test_a_call_reads_like_a_call():
    assert call_text("get_weather", {"city": "Lyon", "days": 2}) == 'get_weather(city="Lyon", days=2)'
    assert call_text("now", {}) == "now()"
    assert call_text("odd", ["not", "a dict"]) == 'odd(["not", "a dict"])'
    assert call_text("f", {"x": "y" * 500}).endswith("…")


def test_columns_are_counted_as_a_terminal_draws_them():
    assert width("abc") == 3
    assert width("漢字") == 4
    assert width("e\u0301") == 1
    assert pad("漢", 4) == "漢  "
    assert pad("7", 3, right=True) == "  7"
