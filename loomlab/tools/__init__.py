"""What an agent can do: functions made into tools, the host that keeps them, and the built-in ones.

Open ``tool.py`` first.
"""

from typing import TYPE_CHECKING

from loomlab.core.lazy import lazily as _lazily
from loomlab.tools.ensure import ensure_host
from loomlab.tools.host import InProcessToolHost
from loomlab.tools.output import json_ready
from loomlab.tools.schema import ArgumentError
from loomlab.tools.tool import Tool, tool

if TYPE_CHECKING:
    from loomlab.tools.files import edit_tool, filesystem_tools, read_tool, write_tool
    from loomlab.tools.running import bash_tool, python_tool
    from loomlab.tools.searching import glob_tool, grep_tool, ls_tool
    from loomlab.tools.workdir import PathEscapeError, default_workdir

__all__ = [
    "ArgumentError",
    "InProcessToolHost",
    "PathEscapeError",
    "Tool",
    "bash_tool",
    "default_workdir",
    "edit_tool",
    "ensure_host",
    "filesystem_tools",
    "glob_tool",
    "grep_tool",
    "json_ready",
    "ls_tool",
    "python_tool",
    "read_tool",
    "tool",
    "write_tool",
]

_HOMES = {
    "edit_tool": "files",
    "filesystem_tools": "files",
    "read_tool": "files",
    "write_tool": "files",
    "bash_tool": "running",
    "python_tool": "running",
    "glob_tool": "searching",
    "grep_tool": "searching",
    "ls_tool": "searching",
    "PathEscapeError": "workdir",
    "default_workdir": "workdir",
}
__getattr__ = _lazily(__name__, _HOMES)
