"""The warning for a recall that forgot to say for whom."""

import sys
import warnings
from pathlib import Path

from loomlab.core.errors import IsolationWarning

_HERE = str(Path(__file__).parent)


def warn_isolation(what: str) -> None:
    """Tell the caller that it asked for the anonymous bucket of a store that holds named users' data."""
    depth, frame = 1, sys._getframe()
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_HERE):
        depth, frame = depth + 1, frame.f_back
    warnings.warn(
        f"{what} without user_id= on a store that holds named users' data reads the anonymous bucket; pass user_id=",
        IsolationWarning,
        stacklevel=depth,
    )
