"""``loomlab lab``: JupyterLab on the first notebook, beside the tutorials where they are."""

import subprocess
import sys
from collections.abc import Sequence
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from loomlab.cli.say import complain

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

COPIES = "loomlab-notebooks"
"""The folder for the first notebook where there is no checkout; what a person changed in it stays."""


def run(arguments: Sequence[str] = ()) -> int:
    """Start JupyterLab on the first notebook, or on what ``arguments`` name; its exit code."""
    if find_spec("jupyterlab") is None:
        return complain("the lab needs the package jupyterlab: pip install 'loomlab[notebook]'")
    folder = tutorials() or bring(Path.cwd() / COPIES)
    if folder is None:
        print("The first notebook was not installed with loomlab; opening this folder instead.")
    named = [one for one in arguments if not one.startswith("-")]
    first = [] if folder is None or named else [path.name for path in sorted(folder.glob("[0-9][0-9]_*.ipynb"))[:1]]
    command = [sys.executable, "-m", "jupyterlab", *arguments, *first]
    try:
        return subprocess.run(command, cwd=None if named else folder, check=False).returncode
    except KeyboardInterrupt:
        return 0


def tutorials() -> Path | None:
    """The folder ``notebooks/`` with numbered notebooks: here, above, or beside the package."""
    starts = [Path.cwd(), *Path.cwd().parents, Path(__file__).resolve().parents[2]]
    return next(
        (start / "notebooks" for start in starts if any((start / "notebooks").glob("[0-9][0-9]_*.ipynb"))), None
    )


def bring(folder: Path) -> Path | None:
    """Copy the first notebook, and the cassette it plays, out of the package; None where the package has none."""
    packed = files("loomlab.cli").joinpath("first")
    if not packed.is_dir():
        return None
    _copy(packed, folder)
    print(f"The first notebook is in {folder}")
    return folder


def _copy(source: "Traversable", folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for one in source.iterdir():
        target = folder / one.name
        if one.is_dir():
            _copy(one, target)
        elif not target.exists():
            target.write_bytes(one.read_bytes())
