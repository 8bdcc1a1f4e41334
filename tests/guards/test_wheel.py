"""What a user installs: the package, whole, and nothing else."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

FIRST = ("00_first_comparison.ipynb", "cassettes/00_first_comparison.jsonl")
BESIDE = {"loomlab_pytest.py", *(f"loomlab/cli/first/{name}" for name in FIRST)}
"""What is packed from elsewhere in the repository."""

BRING = """
from pathlib import Path
from loomlab.cli import lab
assert lab.tutorials() is None, lab.tutorials()
lab.bring(Path("mine"))
"""


def test_the_wheel_holds_the_package_whole_and_nothing_else(tmp_path: Path, pytestconfig: pytest.Config) -> None:
    root = pytestconfig.rootpath
    done = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=root,
        env={**os.environ, "LOOMLAB_WITHOUT_EXTENSION": "1"},  # with it: tests/extension/test_packaging.py
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        packed = {name for name in archive.namelist() if ".dist-info/" not in name}
        told = archive.read(next(name for name in archive.namelist() if name.endswith("METADATA"))).decode("utf-8")
    here = (path for path in (root / "loomlab").rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    assert packed == {path.relative_to(root).as_posix() for path in here} | BESIDE
    assert "loomlab/py.typed" in packed
    assert "License-Expression: Apache-2.0" in told
    assert "Requires-Python: >=3.11" in told

    # As `loomlab lab` does it in a bare environment: from the wheel, with no checkout around.
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "site")
    bare = {**os.environ, "PYTHONPATH": str(tmp_path / "site")}
    subprocess.run([sys.executable, "-c", BRING], cwd=tmp_path, env=bare, check=True)
    for name in FIRST:
        assert (tmp_path / "mine" / name).read_bytes() == (root / "notebooks" / name).read_bytes()
