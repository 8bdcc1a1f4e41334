"""A call in a process of its own has a home of its own: what it leaves there, no other call finds."""

import os
import sys
from pathlib import Path

import pytest

from loomlab.security import SubprocessSandbox
from loomlab.tools import InProcessToolHost, tool

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(60), pytest.mark.skipif(sys.platform == "win32", reason="no fork")]


@tool
def leave(text: str) -> list[str]:
    """Write into the home and the folder for temporary files; where they are."""
    import tempfile

    (Path.home() / "note.txt").write_text(text, encoding="utf-8")
    return [str(Path.home()), os.environ["TMPDIR"], tempfile.gettempdir()]


@tool
def found() -> list[str]:
    """What is in the home."""
    return sorted(one.name for one in Path.home().iterdir())


@tool
def link(target: str) -> str:
    """Put a link in the place of the home."""
    home = Path.home()
    home.rename(f"{home}-moved")
    home.symlink_to(target)
    return str(home)


def still_there(homes: list[list[str]]) -> bool:
    return any(Path(one).exists() for home in homes for one in home[:2])


async def test_each_call_begins_with_an_empty_home_that_is_gone_afterwards() -> None:
    box = SubprocessSandbox(InProcessToolHost([leave, found]))
    try:
        homes = [(await box.call("leave", {"text": user})).output for user in ("alice", "bob")]
        assert len(set(homes[0])) == 1 and homes[0] != homes[1]
        assert (await box.call("found", {})).output == []
        assert not still_there(homes)
    finally:
        await box.aclose()


async def test_a_link_in_the_place_of_the_home_is_not_followed_when_it_is_cleared(tmp_path: Path) -> None:
    (tmp_path / "bobs.txt").write_text("keep", encoding="utf-8")
    box = SubprocessSandbox(InProcessToolHost([link]))
    try:
        assert (await box.call("link", {"target": str(tmp_path)})).ok
    finally:
        await box.aclose()
    assert (tmp_path / "bobs.txt").read_text(encoding="utf-8") == "keep"


async def test_a_home_that_was_given_stays_as_it_was_given(tmp_path: Path) -> None:
    box = SubprocessSandbox(InProcessToolHost([leave]), environment={"HOME": str(tmp_path)})
    try:
        home, temporary, _ = (await box.call("leave", {"text": "x"})).output
        assert home == str(tmp_path) != temporary
    finally:
        await box.aclose()
