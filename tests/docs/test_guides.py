"""The guides and examples in ``notebooks/guides``: nbval runs them; here is what it does not look at."""

import importlib.util
import json
import re
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]
GUIDES = ROOT / "notebooks" / "guides"
MIGRATIONS = sorted(GUIDES.glob("from_*.ipynb"))
EXAMPLES = sorted((GUIDES / "examples").glob("*.ipynb"))
EXTERNAL = ("openai", "langgraph", "langchain", "pydantic_ai", "pydantic_evals")


def cells(path: Path) -> list[tuple[str, str]]:
    return [(one["cell_type"], "".join(one["source"])) for one in json.loads(path.read_text(encoding="utf-8"))["cells"]]


@pytest.fixture
def migration() -> ModuleType:
    spec = importlib.util.spec_from_file_location("migration", ROOT / "evals" / "migration.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_there_are_four_migration_guides_and_eleven_examples() -> None:
    assert [path.stem for path in MIGRATIONS] == ["from_langgraph", "from_loomflow", "from_openai", "from_pydantic_ai"]
    assert [path.stem[:2] for path in EXAMPLES] == [f"{number:02}" for number in range(1, 12)]


@pytest.mark.parametrize("path", MIGRATIONS, ids=lambda path: path.stem)
def test_a_migration_guide_begins_with_the_words_and_shows_both_sides(path: Path) -> None:
    texts = [source for kind, source in cells(path) if kind == "markdown"]
    assert texts[1].startswith("| ")
    assert texts[1].count("\n| ") >= 8
    if path.stem != "from_loomflow":
        joined = "\n".join(texts)
        assert min(joined.count("**Before**"), joined.count("**After**")) >= 7
        code = "\n".join(source for kind, source in cells(path) if kind == "code")
        assert any(f"from {name}" in code for name in EXTERNAL)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_is_short_and_leads_onward(path: Path) -> None:
    inside = cells(path)
    assert len(inside) <= 12
    assert sum(len(source.splitlines()) for kind, source in inside if kind == "code") <= 110
    assert re.search(r"\]\(\.\./\.\./0\d_\w+\.ipynb\)", inside[-1][1])


def test_every_file_of_prepared_answers_is_used_and_there() -> None:
    text = "\n".join(source for path in [*MIGRATIONS, *EXAMPLES] for _, source in cells(path))
    used = set(re.findall(r"answers/(\w+\.json)", text))
    assert used == {path.name for path in (GUIDES / "answers").glob("*.json")}


def test_the_word_is_changed_and_no_word_that_holds_it(migration: ModuleType) -> None:
    before = "import loomflow.core\nfrom loomflow import x\nmy_loomflow = 'loomflows'  # loomflow's\n"
    after = "import loomlab.core\nfrom loomlab import x\nmy_loomflow = 'loomflows'  # loomlab's\n"
    assert migration.moved(before) == after


def test_what_the_programs_printed_before_is_kept_for_each_of_them() -> None:
    programs = GUIDES / "loomflow"
    printed = json.loads((programs / "printed.json").read_text(encoding="utf-8"))
    assert sorted(printed) == sorted(path.stem for path in programs.glob("*.py"))
    assert all(printed.values())
