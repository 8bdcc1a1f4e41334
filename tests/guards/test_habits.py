"""Habits that no linter checks: finished code, modules that say what they are for, tests that can fail."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

UNFINISHED: dict[str, str] = {}
"""Files that may raise NotImplementedError, each with its reason; the list may only shrink."""


@pytest.fixture(scope="module")
def library(pytestconfig: pytest.Config) -> dict[str, ast.Module]:
    """The library's files by name, parsed."""
    root = pytestconfig.rootpath
    paths = sorted((root / "loomlab").rglob("*.py"))
    return {path.relative_to(root).as_posix(): ast.parse(path.read_text(encoding="utf-8")) for path in paths}


def _tracked(root: Path) -> list[Path]:
    git = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(git, cwd=root, capture_output=True, text=True, encoding="utf-8", check=True).stdout.split(
        "\0"
    )
    return [root / name for name in names if name and (root / name).is_file()]


def test_every_module_says_what_it_is_for(library: dict[str, ast.Module]) -> None:
    assert [name for name, tree in library.items() if not ast.get_docstring(tree)] == []


def test_nothing_public_is_a_promise(library: dict[str, ast.Module], pytestconfig: pytest.Config) -> None:
    found = {
        name
        for name, tree in library.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and node.id == "NotImplementedError"
    }
    assert found == set(UNFINISHED)
    marks = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
    root = pytestconfig.rootpath
    assert [name for name in library if marks.search((root / name).read_text(encoding="utf-8"))] == []


def test_only_the_command_line_prints(library: dict[str, ast.Module]) -> None:
    loud = {
        name
        for name, tree in library.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    }
    assert {name for name in loud if not name.startswith("loomlab/cli")} == set()


def test_a_rule_that_is_switched_off_says_which_and_why(
    library: dict[str, ast.Module], pytestconfig: pytest.Config
) -> None:
    ignored = re.compile(r"#\s*(?:type: ignore|noqa|pragma).*")
    reasoned = re.compile(r"#\s*(?:type: ignore\[[\w, -]+\]|noqa: [A-Z0-9, ]+)\s*(?:#|-|\()\s*\w+")
    bare = []
    for name in library:
        text = (pytestconfig.rootpath / name).read_text(encoding="utf-8")
        bare += [f"{name}: {found[0]}" for found in ignored.finditer(text) if not reasoned.match(found[0])]
    assert bare == []


def test_no_import_of_another_room_hides_in_a_function(library: dict[str, ast.Module]) -> None:
    hidden = {
        f"{name}: {imported.module}"
        for name, tree in library.items()
        for function in ast.walk(tree)
        if isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef))
        for imported in ast.walk(function)
        if isinstance(imported, ast.ImportFrom) and (imported.module or "").startswith("loomlab.")
        if (imported.module or "").split(".")[1] != name.split("/")[1]
    }
    assert hidden == set()


FAILING_WORDS = {"raises", "warns", "fail", "fail_after", "expect"}


def _can_fail(test: ast.AST, helpers: set[str]) -> bool:
    if any(isinstance(node, ast.Assert) for node in ast.walk(test)):
        return True
    called = {ast.unparse(node.func).rpartition(".")[2] for node in ast.walk(test) if isinstance(node, ast.Call)}
    return bool(called & (helpers | FAILING_WORDS)) or any(name.lstrip("_").startswith("assert_") for name in called)


def test_every_test_can_fail(pytestconfig: pytest.Config) -> None:
    root = pytestconfig.rootpath
    idle = []
    for path in sorted((root / "tests").rglob("test_*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        functions = [node for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))]
        helpers = {one.name for one in functions if not one.name.startswith("test") and _can_fail(one, set())}
        names = [one.name for one in functions if one.name.startswith("test") and not _can_fail(one, helpers)]
        idle += [f"{path.relative_to(root).as_posix()}::{name}" for name in names]
    assert idle == []


MACHINES = [f"/{folder}/" for folder in ("work", "root", "tmp/dev", "opt/pypi")]
PACKAGE_HOSTS = [
    ".".join(parts) for parts in (("pypi", "org"), ("pythonhosted", "org"), ("npmjs", "org"), ("debian", "org"))
]


def test_no_tracked_file_knows_a_machine_or_a_package_host(pytestconfig: pytest.Config) -> None:
    pattern = re.compile("|".join(map(re.escape, MACHINES + PACKAGE_HOSTS)).encode())
    root = pytestconfig.rootpath
    # A licence text is kept as it came, addresses and all.
    ours = [path for path in _tracked(root) if path.name != "LICENSE"]
    assert [path.relative_to(root).as_posix() for path in ours if pattern.search(path.read_bytes())] == []
