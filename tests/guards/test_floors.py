"""The house: who may import whom. The contracts stand in pyproject.toml; here they are shown to bite."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

LINT = "import importlinter.cli as cli; cli.lint_imports_command()"
HOUSE = {
    "__init__.py": '"""A house."""\n',
    "core/__init__.py": "",
    "runtime/__init__.py": "import loomlab.core\n",
    "agent/__init__.py": "import loomlab.runtime\n",
    "evals/__init__.py": "import loomlab.agent\n",
    "model/__init__.py": "",
    "tools/__init__.py": "",
    "testing/__init__.py": "import loomlab.agent\n",
}


def _lint(folder: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-c", LINT, "--no-cache", "--no-logo"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )


def _build(folder: Path, root: Path, changes: dict[str, str]) -> None:
    (folder / "pyproject.toml").write_bytes((root / "pyproject.toml").read_bytes())
    for name, text in {**HOUSE, **changes}.items():
        path = folder / "loomlab" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def test_the_library_keeps_its_floors(pytestconfig: pytest.Config) -> None:
    done = _lint(pytestconfig.rootpath)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_small_house_that_keeps_the_floors_passes(tmp_path: Path, pytestconfig: pytest.Config) -> None:
    _build(tmp_path, pytestconfig.rootpath, {})
    done = _lint(tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("core/__init__.py", "import loomlab.agent\n", "loomlab.core is not allowed to import loomlab.agent"),
        ("core/__init__.py", "def f():\n    import loomlab.agent\n", "loomlab.core is not allowed to import"),
        ("model/__init__.py", "import loomlab.tools\n", "loomlab.model is not allowed to import loomlab.tools"),
        ("attic/__init__.py", "", "loomlab.attic"),
        ("evals/__init__.py", "import loomlab.testing\n", "loomlab.evals"),
    ],
    ids=["upward", "upward inside a function", "sideways", "a room without a floor", "testing used by the library"],
)
def test_a_house_that_breaks_them_does_not(
    name: str, text: str, said: str, tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    _build(tmp_path, pytestconfig.rootpath, {name: text})
    done = _lint(tmp_path)
    assert done.returncode == 1
    assert said in done.stdout
