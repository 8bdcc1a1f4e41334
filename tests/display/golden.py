"""Comparison with a file beside the tests. ``LOOMLAB_GOLDEN=write`` in the environment writes the files anew."""

import os
import re
from pathlib import Path

_FOLDER = Path(__file__).parent / "golden"


def assert_golden(name: str, text: str) -> None:
    """``text`` is, byte for byte, what the file ``golden/name`` holds. The style sheet has tests of its own."""
    text = re.sub(r"<style>.*?</style>", "", text)
    file = _FOLDER / name
    if os.environ.get("LOOMLAB_GOLDEN") == "write":
        _FOLDER.mkdir(exist_ok=True)
        file.write_bytes(text.encode())
    assert file.is_file(), f"there is no {file}: run with LOOMLAB_GOLDEN=write and look at what it wrote"
    assert text == file.read_bytes().decode()
