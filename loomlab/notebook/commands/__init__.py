"""The commands of ``%loom``, one file each. A new one is a file here and a line in ``COMMANDS``.

Open ``command.py`` first: what a command is.
"""

from loomlab.notebook.commands import (
    align,
    audit,
    budget,
    config,
    cost,
    expect,
    help,
    mcp,
    memory,
    reset,
    runs,
    show,
    sql,
    tools,
    vote,
    votes,
)
from loomlab.notebook.commands.command import Command

COMMANDS: dict[str, Command] = {
    one.COMMAND.name: one.COMMAND
    for one in (runs, show, align, cost, budget, audit, sql, memory, tools, mcp, config, vote, votes, expect, reset)
}
"""Commands by name, in the order in which help lists them."""

COMMANDS["help"] = help.command(COMMANDS)

__all__ = ["COMMANDS", "Command"]
