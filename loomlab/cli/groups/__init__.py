"""The commands and their options, a file a group; each adds its own to the application. Open ``asking.py`` first.

What a command does stands in a module of ``loomlab.cli``; what the shell may complete in ``completing.py``.
"""

from loomlab.cli.groups import asking, exchange, logs, making, serving, upkeep

EVERY = (making.add, asking.add, logs.add, exchange.add, serving.add, upkeep.add)
"""In the order of ``loomlab --help``."""

__all__ = ["EVERY"]
