"""Small rooms: no file over 400 lines, half of the library's files within 150."""

import statistics
from pathlib import Path

import pytest

MOST = 400
MEDIAN = 150
TOO_LONG: dict[str, int] = {}
"""Files over the limit and the lines they may have; a number here may only shrink."""


def _lines(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def _sources(root: Path) -> list[Path]:
    folders = [root / name for name in ("loomlab", "tests", "extension/src", "datasets", "evals")]
    suffixes = {".py", ".js", ".ts", ".tsx", ".css"}
    found = [path for folder in folders for path in folder.rglob("*") if path.suffix in suffixes]
    return [root / "dev.py", *found]


def test_no_file_is_over_the_limit(pytestconfig: pytest.Config) -> None:
    root = pytestconfig.rootpath
    counts = {path.relative_to(root).as_posix(): _lines(path) for path in _sources(root)}
    assert len(counts) > 50
    assert {name: lines for name, lines in counts.items() if lines > TOO_LONG.get(name, MOST)} == {}


def test_an_exception_goes_when_its_file_is_small_again(pytestconfig: pytest.Config) -> None:
    sizes = {name: _lines(pytestconfig.rootpath / name) for name in TOO_LONG}
    assert {name: lines for name, lines in sizes.items() if lines <= MOST} == {}


def test_the_median_file_of_the_library_fits_on_a_few_screens(pytestconfig: pytest.Config) -> None:
    sizes = [_lines(path) for path in (pytestconfig.rootpath / "loomlab").rglob("*.py")]
    assert statistics.median(sizes) <= MEDIAN
