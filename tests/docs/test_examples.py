"""Every example of the README, the guides and the docstrings runs, and prints what its ``#>`` lines say."""

import ast
import asyncio
import gc
import inspect
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
from blockbuster import BlockBuster
from pytest_examples import CodeExample, find_examples

ROOT = Path(__file__).resolve().parents[2]
PAGES = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "notebooks/index.md", "notebooks/guides", "loomlab")
PYTHON = ("python", "py", "python3")


def _examples() -> Iterator[CodeExample]:
    for example in find_examples(*(str(ROOT / page) for page in PAGES)):
        if example.prefix.split("{")[0].strip() in PYTHON:
            yield example


def _name(example: CodeExample) -> str:
    return f"{example.path.relative_to(ROOT)}:{example.start_line}"


@pytest.fixture
def _as_in_a_notebook(blocking_calls: BlockBuster) -> Iterator[None]:
    """An example may ask the log from a cell that also awaits, and leaves a provider's connection open at its end."""
    blocking_calls.deactivate()
    yield
    blocking_calls.activate()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


@pytest.mark.parametrize("example", list(_examples()), ids=_name)
@pytest.mark.usefixtures("_as_in_a_notebook", "providers")
def test_an_example_runs_and_prints_what_it_says(
    example: CodeExample, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    # Blank lines in front make a traceback show the line of the page.
    source = "\n" * example.start_line + example.source
    code = compile(source, str(example.path), "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
    space = {"__name__": "__main__"}
    if code.co_flags & inspect.CO_COROUTINE:
        asyncio.run(eval(code, space))
    else:
        exec(code, space)
    said = [line.strip()[2:].strip() for line in example.source.splitlines() if line.strip().startswith("#>")]
    printed = [line.strip() for line in capsys.readouterr().out.splitlines()]
    assert printed == said


def test_the_readme_has_examples_for_every_promise() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    sections = [part for part in text.split("\n## ") if "```python" in part]
    assert [part.splitlines()[0] for part in sections] == [
        "An agent in thirty seconds",
        "Twelve ways to think",
        "Compare two ways of thinking",
        "Memory that can be looked into",
        "Resilient by default",
        "Structured outputs",
        "Fast path",
        "Runs that survive",
        "Tools, servers, skills, documents",
        "Every run as rows",
    ]
