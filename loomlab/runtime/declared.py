"""Which keywords a user's object declares, so that it is handed those and no others.

Asked once for an object, by its signatures; catching ``TypeError`` around a call would hide the user's
own mistakes and call twice.
"""

import inspect
from collections.abc import Callable
from typing import Any

from loomlab.core.errors import warn_legacy_protocol

MEMORY_METHODS = (
    "working",
    "update_block",
    "append_block",
    "recall",
    "recall_facts",
    "session_messages",
    "profile",
    "forget",
    "export",
)
"""Methods of a memory that take ``user_id``."""


def declares(fn: Callable[..., Any], keyword: str) -> bool:
    """Whether ``fn`` takes ``keyword`` (by name, or through ``**kwargs``). Unreadable signatures count as yes."""
    try:
        parameters = inspect.signature(fn).parameters.values()
    except (TypeError, ValueError):
        return True
    return any(one.name == keyword or one.kind is inspect.Parameter.VAR_KEYWORD for one in parameters)


class _WithoutUser:
    """A user's object whose older methods do not know ``user_id``; the rest passes through."""

    def __init__(self, inner: Any, methods: frozenset[str]) -> None:
        self._inner = inner
        self._methods = methods

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        if name not in self._methods:
            return found

        def call(*args: Any, user_id: str | None = None, **kwargs: Any) -> Any:
            return found(*args, **kwargs)

        return call


def user_aware(thing: Any, protocol: str, methods: tuple[str, ...]) -> Any:
    """``thing`` itself, or, where methods lack ``user_id``, a view that leaves it out (with one warning each)."""
    old = frozenset(
        name
        for name in methods
        if callable(getattr(thing, name, None)) and not declares(getattr(thing, name), "user_id")
    )
    for name in sorted(old):
        warn_legacy_protocol(protocol, name, stacklevel=4)
    return _WithoutUser(thing, old) if old else thing
