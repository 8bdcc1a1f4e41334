"""One real Jupyter server a module; the corpus of hostile texts is the displays'."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "display")]

from served import Server, running_server  # noqa: E402 - beside these tests, which are no package


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server a module."""
    with running_server(tmp_path_factory.mktemp("server")) as running:
        yield running
