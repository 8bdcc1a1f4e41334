"""Built-in tools that look around in a folder: ls, glob and grep."""

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from anyio import to_thread

from loomlab.tools.child import run_child
from loomlab.tools.files import Folder, told
from loomlab.tools.tool import Tool, tool
from loomlab.tools.workdir import PathEscapeError, inside, shown, workdir_of

_MOST = 200
_SECONDS = 20.0
_GREP = Path(__file__).with_name("grep_inside.py")


def ls_tool(workdir: Folder = None, *, name: str = "ls") -> Tool:
    """A tool that lists a folder within ``workdir``: folders with a slash, files with their size in bytes."""
    folder = workdir_of(workdir)

    def work(path: str) -> str:
        place = inside(folder, path)
        with os.scandir(place) as entries:
            found = sorted(entries, key=lambda one: (not one.is_dir(), one.name))
        lines = [f"{one.name}/" if one.is_dir() else f"{one.name}  {_size(one)}" for one in found[:_MOST]]
        return "\n".join([*lines, *_more(len(found))]) or f"[{path} is empty]"

    @tool(name=name)
    async def ls(path: Annotated[str, "The folder, relative to the working folder."] = ".") -> str:
        """List the files and folders in a folder."""
        return await told(lambda: work(path), path)

    return ls


def glob_tool(workdir: Folder = None, *, name: str = "glob") -> Tool:
    """A tool that finds files within ``workdir`` by a pattern such as ``**/*.py``, the newest first."""
    folder = workdir_of(workdir)

    def work(pattern: str) -> str:
        if Path(pattern).is_absolute() or ".." in Path(pattern).parts:
            return f"ERROR: {pattern!r} leads out of the working folder; give a pattern within it, such as '**/*.py'"
        found = [one for one in folder.glob(pattern) if one.is_file() and _within(folder, one)]
        found.sort(key=lambda one: (-one.stat().st_mtime, str(one)))
        lines = [shown(folder, one) for one in found[:_MOST]]
        return "\n".join([*lines, *_more(len(found))]) or f"[no file fits {pattern}]"

    @tool(name=name)
    async def glob(pattern: Annotated[str, "Such as '**/*.py': * within a folder, ** through folders."]) -> str:
        """Find files by their names, the newest first."""
        return await told(lambda: work(pattern), pattern)

    return glob


def grep_tool(workdir: Folder = None, *, name: str = "grep") -> Tool:
    """A tool that searches the text files within ``workdir`` for a regular expression.

    It searches in a process of its own, so that an expression that never ends can be stopped.
    """
    folder = workdir_of(workdir)

    @tool(name=name)
    async def grep(
        pattern: Annotated[str, "A regular expression as in Python."],
        path: Annotated[str, "A file or folder to search, relative to the working folder."] = ".",
        glob: Annotated[str, "Search only files whose name fits, such as '*.py'."] = "*",
        ignore_case: Annotated[bool, "Take upper and lower case for the same."] = False,
    ) -> str:
        """Search text files; each line that fits comes as path:line: text."""
        try:
            place = await to_thread.run_sync(inside, folder, path)
        except PathEscapeError as exc:
            return f"ERROR: {exc}"
        job = {
            "top": str(folder),
            "place": str(place),
            "pattern": pattern,
            "glob": glob,
            "ignore_case": ignore_case,
            "most": _MOST,
        }
        ended = await run_child(
            [sys.executable, "-I", "-S", str(_GREP)], cwd=folder, timeout=_SECONDS, stdin=json.dumps(job).encode()
        )
        if ended.timed_out:
            return f"ERROR: the search took longer than {_SECONDS:g} s; search a smaller folder, or something simpler"
        return ended.stdout.rstrip("\n") or f"ERROR: the search failed: {ended.stderr.strip()[-500:]}"

    return grep


def _within(folder: Path, file: Path) -> bool:
    return Path(os.path.realpath(file)).is_relative_to(folder)


def _size(entry: "os.DirEntry[str]") -> str:
    try:
        return f"{entry.stat().st_size:,}"
    except OSError:
        return "a broken link"


def _more(count: int) -> Iterator[str]:
    if count > _MOST:
        yield f"[{count - _MOST:,} more]"
