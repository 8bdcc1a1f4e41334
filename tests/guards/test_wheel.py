"""What a user installs: the package, whole, and nothing else."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest


def test_the_wheel_holds_the_package_whole_and_nothing_else(tmp_path: Path, pytestconfig: pytest.Config) -> None:
    root = pytestconfig.rootpath
    done = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=root,
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
    assert packed == {path.relative_to(root).as_posix() for path in here}
    assert "loomlab/py.typed" in packed
    assert "License-Expression: Apache-2.0" in told
    assert "Requires-Python: >=3.11" in told
