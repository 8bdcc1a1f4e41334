"""Built-in tools over files: read, write and edit, within one folder."""

import os
from collections.abc import Callable
from typing import Annotated, TypeAlias

from anyio import to_thread

from loomlab.tools.text_files import TextFile, read_text, write_text
from loomlab.tools.tool import Tool, tool
from loomlab.tools.workdir import PathEscapeError, inside, shown, workdir_of

Folder: TypeAlias = str | os.PathLike[str] | None
_LINE = 2_000
"""Characters of a line that are shown."""


def read_tool(workdir: Folder = None, *, name: str = "read", line_limit: int = 2_000) -> Tool:
    """A tool that reads a text file in ``workdir`` (default: the process's own) with numbered lines.

    At most ``line_limit`` lines at a time; where there are more, the last line says how to go on.
    """
    folder = workdir_of(workdir)

    def work(path: str, offset: int, limit: int | None) -> str:
        text = read_text(inside(folder, path)).text
        lines = text.splitlines()
        first = max(offset, 0)
        most = line_limit if limit is None else max(1, min(limit, line_limit))
        if not lines:
            return f"[{path} is empty]"
        if first >= len(lines):
            return f"ERROR: {path} has {len(lines)} lines; offset {offset} is behind its end"
        numbered = [f"{at + 1:>6}\t{cut(lines[at])}" for at in range(first, min(first + most, len(lines)))]
        left = len(lines) - first - len(numbered)
        if left:
            numbered.append(f"[{left:,} more lines; read on with offset={first + len(numbered)}]")
        return "\n".join(numbered)

    @tool(name=name)
    async def read(
        path: Annotated[str, "The file, relative to the working folder."],
        offset: Annotated[int, "Lines to skip at the beginning."] = 0,
        limit: Annotated[int | None, "How many lines to read."] = None,
    ) -> str:
        """Read a text file; its lines come with their numbers."""
        return await told(lambda: work(path, offset, limit), path)

    return read


def write_tool(workdir: Folder = None, *, name: str = "write", create_parents: bool = True) -> Tool:
    """A destructive tool that writes a text file in ``workdir``, making its folders if ``create_parents``."""
    folder = workdir_of(workdir)

    def work(path: str, content: str) -> str:
        file = inside(folder, path)
        new = not file.exists()
        if not file.parent.is_dir():
            if not create_parents:
                return f"ERROR: the folder {shown(folder, file.parent)!r} does not exist; make it first"
            file.parent.mkdir(parents=True, exist_ok=True)
        write_text(file, TextFile(content))
        lines = len(content.splitlines())
        return f"{'Wrote' if new else 'Replaced'} {shown(folder, file)}: {lines} lines, {len(content)} characters"

    @tool(name=name, destructive=True)
    async def write(
        path: Annotated[str, "The file, relative to the working folder."],
        content: Annotated[str, "The whole new text of the file."],
    ) -> str:
        """Write a text file; one that exists is replaced."""
        return await told(lambda: work(path, content), path)

    return write


def edit_tool(workdir: Folder = None, *, name: str = "edit") -> Tool:
    """A destructive tool that replaces a passage of a text file in ``workdir``; it must stand there exactly once."""
    folder = workdir_of(workdir)

    def work(path: str, old_string: str, new_string: str, replace_all: bool) -> str:
        file = inside(folder, path)
        before = read_text(file)
        if not old_string:
            return "ERROR: old_string is empty; give the passage to replace, or write the file whole"
        if old_string == new_string:
            return "ERROR: old_string and new_string are the same; nothing would change"
        count = before.text.count(old_string)
        if count == 0:
            return f"ERROR: old_string was not found in {path}{_nearly(before.text, old_string)}"
        if count > 1 and not replace_all:
            at = ", ".join(map(str, _lines_of(before.text, old_string)[:5]))
            return (
                f"ERROR: old_string stands in {path} {count} times (lines {at}); "
                "give more of the text around it, or replace_all=true"
            )
        write_text(file, before.with_text(before.text.replace(old_string, new_string)))
        line = _lines_of(before.text, old_string)[0]
        return f"Replaced {count} passage{'s' if count > 1 else ''} in {shown(folder, file)}, the first at line {line}"

    @tool(name=name, destructive=True)
    async def edit(
        path: Annotated[str, "The file, relative to the working folder."],
        old_string: Annotated[str, "The passage to replace, exactly as it stands in the file, without line numbers."],
        new_string: Annotated[str, "What to put in its place."],
        replace_all: Annotated[bool, "Replace every place where it stands."] = False,
    ) -> str:
        """Replace a passage of a text file."""
        return await told(lambda: work(path, old_string, new_string, replace_all), path)

    return edit


def filesystem_tools(workdir: Folder = None) -> list[Tool]:
    """``read``, ``write`` and ``edit`` over one folder."""
    folder = workdir_of(workdir)
    return [read_tool(folder), write_tool(folder), edit_tool(folder)]


async def told(work: Callable[[], str], path: str) -> str:
    """What a model is told: the outcome, or what was wrong and how to put it right."""
    try:
        return await to_thread.run_sync(work)
    except PathEscapeError as exc:
        return f"ERROR: {exc}"
    except FileNotFoundError:
        return f"ERROR: {path} does not exist"
    except IsADirectoryError:
        return f"ERROR: {path} is a folder"
    except UnicodeDecodeError:
        return f"ERROR: {path} is no text"
    except ValueError as exc:
        return f"ERROR: {exc}"
    except OSError as exc:
        return f"ERROR: {path}: {exc.strerror or exc}"


def cut(line: str) -> str:
    """A line as it is shown."""
    return line if len(line) <= _LINE else f"{line[:_LINE]} [{len(line) - _LINE:,} more characters]"


def _lines_of(text: str, passage: str) -> list[int]:
    found: list[int] = []
    at = text.find(passage)
    while at >= 0:
        found.append(text.count("\n", 0, at) + 1)
        at = text.find(passage, at + len(passage))
    return found


def _nearly(text: str, passage: str) -> str:
    """Where the passage stands but for white space, which is what models get wrong."""
    wanted = [line.strip() for line in passage.strip().splitlines()]
    lines = [line.strip() for line in text.splitlines()]
    for at in range(len(lines) - len(wanted) + 1):
        if lines[at : at + len(wanted)] == wanted:
            return f"; line {at + 1} differs in white space only: read it and give it exactly"
    return "; read the file and give the passage exactly as it stands there"
