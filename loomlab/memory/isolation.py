"""The warning for a recall that forgot to say for whom."""

import warnings

from loomlab.core.errors import IsolationWarning


def warn_isolation(what: str) -> None:
    """Tell the caller that it asked for the anonymous bucket of a store that holds named users' data."""
    warnings.warn(
        f"{what} without user_id= on a store that holds named users' data reads the anonymous bucket; pass user_id=",
        IsolationWarning,
        stacklevel=3,
    )
