"""The built-in file tools: one folder, exact edits, nothing lost, nothing outside."""

from pathlib import Path
from typing import Any

import pytest

from loomlab.core import ConfigError
from loomlab.tools import (
    InProcessToolHost,
    PathEscapeError,
    default_workdir,
    edit_tool,
    filesystem_tools,
    read_tool,
    write_tool,
)
from loomlab.tools.workdir import inside

pytestmark = pytest.mark.anyio


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "work").mkdir()
    (tmp_path / "secret.txt").write_text("mine", encoding="utf-8")
    return tmp_path / "work"


@pytest.fixture
def host(folder: Path) -> InProcessToolHost:
    return InProcessToolHost(filesystem_tools(folder))


def names(folder: Path) -> list[str]:
    return sorted(one.name for one in folder.iterdir())


async def said(host: InProcessToolHost, tool: str, **args: Any) -> str:
    result = await host.call(tool, args)
    assert result.ok, result
    return str(result.output)


async def test_the_three_tools_and_which_of_them_change_the_world(host: InProcessToolHost) -> None:
    assert {one.name: one.destructive for one in await host.list_tools()} == {
        "read": False,
        "write": True,
        "edit": True,
    }


async def test_what_is_written_is_read_with_line_numbers(host: InProcessToolHost, folder: Path) -> None:
    assert "2 lines" in await said(host, "write", path="a/b.txt", content="one\ntwo\n")
    assert (folder / "a/b.txt").read_text(encoding="utf-8") == "one\ntwo\n"
    assert await said(host, "read", path="a/b.txt") == "     1\tone\n     2\ttwo"
    assert "Replaced" in await said(host, "write", path="a/b.txt", content="")
    assert await said(host, "read", path="a/b.txt") == "[a/b.txt is empty]"


async def test_a_long_file_is_read_in_pieces(folder: Path) -> None:
    (folder / "long.txt").write_text("\n".join(f"line {number}" for number in range(1, 101)), encoding="utf-8")
    host = InProcessToolHost([read_tool(folder, line_limit=40)])
    assert (await said(host, "read", path="long.txt")).endswith("[60 more lines; read on with offset=40]")
    last = await said(host, "read", path="long.txt", offset=90, limit=500)
    assert last.splitlines()[0] == "    91\tline 91"
    assert len(last.splitlines()) == 10
    assert "behind its end" in await said(host, "read", path="long.txt", offset=100)


async def test_an_edit_fits_exactly_once_or_says_why_not(host: InProcessToolHost, folder: Path) -> None:
    text = "def f():\n    return 1\n\ndef g():\n    return 1\n"
    (folder / "f.py").write_text(text, encoding="utf-8")
    assert "2 times (lines 2, 5)" in await said(host, "edit", path="f.py", old_string="return 1", new_string="return 2")
    assert "not found" in await said(host, "edit", path="f.py", old_string="return 3", new_string="x")
    assert "line 4 differs in white space" in await said(
        host, "edit", path="f.py", old_string="def g():\n  return 1", new_string="x"
    )
    assert "empty" in await said(host, "edit", path="f.py", old_string="", new_string="x")
    assert "same" in await said(host, "edit", path="f.py", old_string="f", new_string="f")
    assert (folder / "f.py").read_text(encoding="utf-8") == text
    assert "at line 4" in await said(
        host, "edit", path="f.py", old_string="def g():\n    return 1", new_string="def g():\n    return 2"
    )
    assert "2 passages" in await said(
        host, "edit", path="f.py", old_string="return", new_string="yield", replace_all=True
    )
    assert (folder / "f.py").read_text(encoding="utf-8") == "def f():\n    yield 1\n\ndef g():\n    yield 2\n"


async def test_an_edit_keeps_line_ends_byte_order_mark_and_mode(host: InProcessToolHost, folder: Path) -> None:
    file = folder / "w.txt"
    file.write_bytes(b"\xef\xbb\xbfone\r\ntwo\r\n")
    file.chmod(0o640)
    await said(host, "edit", path="w.txt", old_string="one\ntwo", new_string="1\n2")
    assert file.read_bytes() == b"\xef\xbb\xbf1\r\n2\r\n"
    assert file.stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize(
    "path", ["../secret.txt", "a/../../secret.txt", "{top}/secret.txt", "link", "dir/secret.txt", "", "a\0b"]
)
async def test_no_tool_leaves_the_folder(host: InProcessToolHost, folder: Path, path: str) -> None:
    (folder / "link").symlink_to(folder.parent / "secret.txt")
    (folder / "dir").symlink_to(folder.parent)
    path = path.format(top=folder.parent)
    for tool, args in (
        ("read", {}),
        ("write", {"content": "x"}),
        ("edit", {"old_string": "mine", "new_string": "yours"}),
    ):
        assert (await said(host, tool, path=path, **args)).startswith("ERROR:")
    assert (folder.parent / "secret.txt").read_text(encoding="utf-8") == "mine"


def test_an_escape_is_an_error_of_its_own(folder: Path) -> None:
    with pytest.raises(PathEscapeError, match="working folder"):
        inside(folder, "../x")
    assert inside(folder, "a/./b/../c") == folder / "a/c"


async def test_what_is_no_text_is_told(host: InProcessToolHost, folder: Path) -> None:
    (folder / "x.bin").write_bytes(b"\0\1\2")
    (folder / "latin.txt").write_bytes("naïve".encode("latin-1"))
    (folder / "sub").mkdir()
    assert "is no text" in await said(host, "read", path="x.bin")
    assert "is no text" in await said(host, "read", path="latin.txt")
    assert "is a folder" in await said(host, "read", path="sub")
    assert "does not exist" in await said(host, "read", path="nope.txt")


async def test_folders_are_made_only_where_that_is_wanted(folder: Path) -> None:
    host = InProcessToolHost([write_tool(folder, create_parents=False)])
    assert "does not exist" in await said(host, "write", path="new/a.txt", content="x")
    assert not (folder / "new").exists()


async def test_a_failed_write_leaves_the_old_text_and_no_scratch(
    host: InProcessToolHost, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "a.txt").write_text("old", encoding="utf-8")

    def full(self: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    assert "No space left" in await said(host, "write", path="a.txt", content="new")
    assert names(folder) == ["a.txt"]
    assert (folder / "a.txt").read_text(encoding="utf-8") == "old"


def test_without_a_folder_tools_share_the_one_of_the_process() -> None:
    assert default_workdir() == default_workdir()
    assert default_workdir().is_dir()
    assert edit_tool().name == "edit"


def test_names_are_checked() -> None:
    with pytest.raises(ConfigError, match="no name for a tool"):
        read_tool(name="read file")


async def test_two_tools_over_two_folders_do_not_meet(tmp_path: Path) -> None:
    alice, bob = (
        InProcessToolHost(filesystem_tools(tmp_path / "alice")),
        InProcessToolHost(filesystem_tools(tmp_path / "bob")),
    )
    await said(alice, "write", path="diary.txt", content="hers")
    assert "does not exist" in await said(bob, "read", path="diary.txt")
    assert "leads out" in await said(bob, "read", path="../alice/diary.txt")
    assert names(tmp_path / "bob") == []
