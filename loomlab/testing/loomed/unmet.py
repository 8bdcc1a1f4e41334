"""What was expected and does not hold, as a test sees it."""

from typing import Any

from loomlab.core.errors import LoomError
from loomlab.display.text import plain

UNDECIDED = "not decided"
NOT_MET = "not met"


class Unmet(LoomError, AssertionError):
    """``text`` is all that a person is shown; ``state`` is ``not met`` or ``not decided``."""

    def __init__(self, text: str, state: str = NOT_MET) -> None:
        super().__init__(plain(text))
        self.state = state


def shown(error: BaseException) -> str | None:
    """What a person is shown instead of a traceback; None for a fault that has no words of its own."""
    if isinstance(error, Unmet):
        return str(error)
    if isinstance(error, (LoomError, ImportError)):
        return plain(f"{type(error).__name__}: {error}")
    return None


def worded(error: BaseException, otherwise: Any) -> Any:
    """The words of an error, else what ``otherwise()`` makes of it."""
    said = shown(error)
    return otherwise() if said is None else said
