"""What a wrapping strategy wraps when it is not told: so that strategies need not import one another."""

from loomlab.architecture.react import ReAct
from loomlab.core.protocols import Architecture


def default_base() -> Architecture:
    """A plain ReAct loop."""
    return ReAct()
