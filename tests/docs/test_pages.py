"""What the pages claim about the repository is true: the map, the commands, the links, the extras."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")


def test_the_map_shows_every_room_and_no_other() -> None:
    drawn = re.findall(r"^  (\w+)/ ", README, flags=re.MULTILINE)
    there = [path.parent.name for path in (ROOT / "loomlab").glob("*/__init__.py")]
    assert sorted(drawn) == sorted(there)


def test_the_reading_path_exists() -> None:
    path = README.partition("**Where to start reading:**")[2].partition("Each room")[0]
    steps = re.findall(r"`([^`]+)`", path)
    assert len(steps) == 5
    assert [step for step in steps if not [*(ROOT / "loomlab").glob(step), *ROOT.glob(step)]] == []


def test_ci_runs_the_two_lines_of_the_readme() -> None:
    lines = re.findall(r"^(python3 dev\.py \w+)", README, flags=re.MULTILINE)
    assert len(lines) == 2
    ran = re.findall(r"^(python3 dev\.py \w+)$", (ROOT / ".ci" / "run").read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert ran == lines


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    anchors = {
        re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in re.findall(r"^#+ (.+)$", text, re.M)
    }
    links = re.findall(r"\]\(([^)]+)\)", text)
    assert [
        link for link in links if not (link[1:] in anchors if link.startswith("#") else (ROOT / link).exists())
    ] == []


def test_every_extra_of_the_readme_exists_and_every_extra_is_told_of() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    told = re.search(r"pip install '/path/to/loomlab\[(\w+)\]'\s+# also: (.+)", README)
    assert told is not None
    assert {told[1], *re.findall(r"\w+", told[2]), "test", "docs"} == set(extras)


def test_every_word_of_the_front_door_is_told_of() -> None:
    words = re.search(r"for word in \(([^)]+)\)", (ROOT / "dev.py").read_text(encoding="utf-8"))
    assert words is not None
    pages = README + (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert [word for word in words[1].split(", ") if f"`{word}`" not in pages and f"dev.py {word}" not in pages] == []
