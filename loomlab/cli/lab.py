"""``loomlab lab``: JupyterLab on the tutorials."""

import subprocess
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from loomlab.cli.say import complain


def run(arguments: Sequence[str] = ()) -> int:
    """Start JupyterLab in the folder of the tutorials, or here where there are none; its exit code."""
    if find_spec("jupyterlab") is None:
        return complain("the lab needs the package jupyterlab: pip install 'loomlab[notebook]'")
    folder = tutorials()
    if folder is None:
        print("The tutorials are not here (they come with a checkout of loomlab); opening this folder instead.")
    command = [sys.executable, "-m", "jupyterlab", *arguments]
    try:
        return subprocess.run(command, cwd=folder, check=False).returncode
    except KeyboardInterrupt:
        return 0


def tutorials() -> Path | None:
    """The folder ``notebooks/`` with numbered notebooks: here, above, or beside the package."""
    starts = [Path.cwd(), *Path.cwd().parents, Path(__file__).resolve().parents[2]]
    return next(
        (start / "notebooks" for start in starts if any((start / "notebooks").glob("[0-9][0-9]_*.ipynb"))), None
    )
