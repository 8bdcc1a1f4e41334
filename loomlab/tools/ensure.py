"""Whatever a user passes as ``tools=`` as one tool host."""

from collections.abc import Iterable
from typing import Any

from loomlab.core import ToolHost
from loomlab.tools.host import InProcessToolHost
from loomlab.tools.tool import Tool

_FORMS = "a Tool, a function, a list of those, or a tool host (any object with list_tools and call)"


def ensure_host(tools: Any = None) -> ToolHost:
    """A tool host for ``tools``: None, a Tool, a function, a list of those, or a tool host, which is returned as it is.

    Raises TypeError naming these forms for anything else.
    """
    if tools is None:
        return InProcessToolHost()
    if isinstance(tools, Tool):
        return InProcessToolHost([tools])
    if is_host(tools):
        host: ToolHost = tools
        return host
    if callable(tools) and not isinstance(tools, type):
        return InProcessToolHost([tools])
    if isinstance(tools, Iterable) and not isinstance(tools, (str, bytes, dict)):
        items = list(tools)
        for item in items:
            if not isinstance(item, Tool) and (not callable(item) or is_host(item)):
                raise TypeError(f"tools= holds {item!r}, which is neither a Tool nor a function; it takes {_FORMS}")
        return InProcessToolHost(items)
    raise TypeError(f"tools= takes {_FORMS}, not {tools!r}")


def is_host(value: Any) -> bool:
    """Whether ``value`` is an object with the two methods of a tool host, ``list_tools`` and ``call``."""
    return not isinstance(value, type) and all(callable(getattr(value, name, None)) for name in ("list_tools", "call"))
