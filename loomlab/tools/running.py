"""Built-in tools that run programs: bash, and python without a shell."""

import os
import re
import sys
from collections.abc import Callable, Mapping
from typing import Annotated

from loomlab.core import ConfigError
from loomlab.tools.child import Ended, run_child
from loomlab.tools.files import Folder
from loomlab.tools.tool import Tool, tool
from loomlab.tools.workdir import workdir_of

_SHOWN = 10_000
"""Characters of each output that are shown."""
_LONGEST_S = 600.0
_SLIPS = (
    (r"\brm\b[^;&|\n]*?\s(/|~/?|\$HOME/?|\$\{HOME\}/?|\"\$HOME\"/?)(\*|\.\*?)?(\s|$|[;&|])", "it deletes everything"),
    (r"--no-preserve-root", "it deletes everything"),
    (r"(^|[;&|(`]\s*|\bxargs\s+)(sudo|doas|su)\b", "it asks for the rights of another user"),
    (r"\bmkfs(\.\w+)?\b", "it formats a disk"),
    (r"\bdd\b.*\bof=/dev/", "it overwrites a device"),
    (r">\s*/dev/(sd|nvme|hd|vd|mmcblk)", "it overwrites a device"),
    (r":\s*\(\s*\)\s*\{.*\|.*&\s*\}\s*;", "it starts processes without end"),
    (r"\bchmod\b[^;&|\n]*?\s0?777\s+/(\s|$)", "it opens the whole disk to everybody"),
)


def bash_tool(
    workdir: Folder = None,
    *,
    name: str = "bash",
    timeout: float = 30.0,
    allow_pattern: Callable[[str], bool] | None = None,
    extra_env: Mapping[str, str] | None = None,
) -> Tool:
    """A destructive tool that runs a shell command in ``workdir``, for ``timeout`` seconds at most.

    The shell sees no environment of this process but where programs are (no key of a provider), and what ``extra_env``
    adds. A few commands that are plainly a slip are refused. That is no protection against an attacker: for that run
    the tool in a sandbox. ``allow_pattern(command)`` decides instead, where it is given.
    """
    folder = workdir_of(workdir)
    _checked(timeout)

    @tool(name=name, destructive=True)
    async def bash(
        command: Annotated[str, "What to run, in the syntax of sh."],
        timeout_sec: Annotated[float | None, f"Seconds it may take; {timeout:g} where it is left out."] = None,
    ) -> str:
        """Run a shell command in the working folder; its exit code and what it printed."""
        if allow_pattern is not None:
            if not allow_pattern(command):
                return "ERROR: this command is not allowed here"
        elif reason := _slip(command):
            return f"ERROR: this command is refused: {reason}"
        seconds = timeout if timeout_sec is None else min(max(timeout_sec, 0.1), _LONGEST_S)
        return await _run(["/bin/sh", "-c", command], folder, seconds, extra_env)

    return bash


def python_tool(
    workdir: Folder = None,
    *,
    name: str = "python",
    timeout: float = 30.0,
    extra_env: Mapping[str, str] | None = None,
) -> Tool:
    """A destructive tool that runs Python code in a process of its own in ``workdir``, which sees what a shell does."""
    folder = workdir_of(workdir)
    _checked(timeout)

    @tool(name=name, destructive=True)
    async def python(code: Annotated[str, "A whole program; it says what it finds by print()."]) -> str:
        """Run Python code in the working folder; what it printed."""
        command = [sys.executable, "-X", "utf8", "-c", code]
        return await _run(command, folder, timeout, extra_env)

    return python


async def _run(command: list[str], folder: "os.PathLike[str]", seconds: float, env: Mapping[str, str] | None) -> str:
    try:
        ended = await run_child(command, cwd=folder, timeout=seconds, env=env)
    except (OSError, ValueError) as exc:
        return f"ERROR: it can't be run: {exc}"
    return _report(ended, seconds)


def _report(ended: Ended, seconds: float) -> str:
    parts = []
    if ended.timed_out:
        parts.append(f"ERROR: stopped after {seconds:g} s; what it printed until then:")
    else:
        parts.append(f"exit code: {ended.code}")
    for title, text in (("stdout", ended.stdout), ("stderr", ended.stderr)):
        if text:
            parts.append(f"{title}:\n{_cut(text)}")
    if ended.dropped:
        parts.append(f"[{ended.dropped:,} bytes more were not kept]")
    return "\n".join(parts)


def _cut(text: str) -> str:
    """The beginning and the end, where an error mostly stands."""
    if len(text) <= _SHOWN:
        return text.rstrip("\n")
    half = _SHOWN // 2
    return f"{text[:half]}\n[{len(text) - _SHOWN:,} characters left out]\n{text[-half:]}".rstrip("\n")


def _slip(command: str) -> str | None:
    return next((reason for pattern, reason in _SLIPS if re.search(pattern, command)), None)


def _checked(timeout: float) -> None:
    if not 0 < timeout <= _LONGEST_S:
        raise ConfigError(f"timeout is in seconds, above 0 and at most {_LONGEST_S:g}, not {timeout!r}")
