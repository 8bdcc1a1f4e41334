"""What an agent can do: functions made into tools, and the host that keeps them. Open ``tool.py`` first."""

from loomlab.tools.ensure import ensure_host
from loomlab.tools.host import InProcessToolHost
from loomlab.tools.output import json_ready
from loomlab.tools.schema import ArgumentError
from loomlab.tools.tool import Tool, tool

__all__ = ["ArgumentError", "InProcessToolHost", "Tool", "ensure_host", "json_ready", "tool"]
