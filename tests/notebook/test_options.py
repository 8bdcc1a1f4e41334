"""Options of magic lines."""

import pytest

from loomlab import ConfigError
from loomlab.notebook.options import CELL_OPTIONS, parse, split


def _read(line: str) -> dict[str, str]:
    return parse(split(line), CELL_OPTIONS, of="%%loom")


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("", {}),
        ("--arch react", {"arch": "react"}),
        ("--arch=react --quiet", {"arch": "react", "quiet": ""}),
        ("--tools a,b --out answer", {"tools": "a,b", "out": "answer"}),
        ('--user "Alice Doe"', {"user": "Alice Doe"}),
        ("--budget -1", {"budget": "-1"}),
        ("--schema 'A | B'", {"schema": "A | B"}),
        ("--session=a=b", {"session": "a=b"}),
    ],
)
def test_options_are_read_with_space_or_equals_sign(line: str, found: dict[str, str]) -> None:
    assert _read(line) == found


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("--archh react", "unknown option '--archh' of %%loom: did you mean '--arch'?"),
        ("-arch react", "unknown option '-arch' of %%loom: did you mean '--arch'?"),
        ("--zzz=3", "unknown option '--zzz' of %%loom: valid: --ab"),
        ("react", "'react' is none"),
        ("--tools a, b", "lists are written without spaces"),
        ("--arch", "--arch needs a value: --arch NAME"),
        ("--arch --quiet", "--arch needs a value"),
        ("--arch=", "--arch needs a value"),
        ("--quiet=yes", "--quiet takes no value"),
        ("--out a --out b", "--out is given twice"),
        ('--user "Alice', "this line can't be read, no closing quotation"),
    ],
)
def test_a_mistake_is_one_sentence_that_helps(line: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        _read(line)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
