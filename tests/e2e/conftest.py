"""One JupyterLab for all tests of this folder; ``lab.py`` beside them is imported by name."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1] / "display"))
sys.path.insert(0, str(Path(__file__).parents[1] / "server"))

from lab import Lab, running_lab


@pytest.fixture(scope="module")  # a browser holds an event loop open, which later async tests must not meet
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A server and a browser."""
    with running_lab(tmp_path_factory.mktemp("lab")) as one:
        yield one
