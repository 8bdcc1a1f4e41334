"""Where a workflow begins and where it ends."""

from enum import Enum
from typing import Final, Literal


class Terminal(Enum):
    """The two places of every workflow that are no steps. They print as their names."""

    START = "START"
    END = "END"

    def __repr__(self) -> str:
        return self.value

    __str__ = __repr__


START: Final[Literal[Terminal.START]] = Terminal.START
"""Where the input comes in: a source of edges and routers."""

END: Final[Literal[Terminal.END]] = Terminal.END
"""Where the output leaves: a target of edges and routes."""
