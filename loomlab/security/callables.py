"""User code called safely: which keywords it takes, and plain functions run in a thread."""

import functools
import inspect
from collections.abc import Callable
from typing import Any

import anyio.to_thread


def takes_keyword(fn: Callable[..., Any], name: str) -> bool:
    """Whether ``fn`` takes the keyword ``name``; read from its signature, so that its own TypeErrors stay its own."""
    try:
        parameters = inspect.signature(fn).parameters
    except (TypeError, ValueError):  # some callables written in C have no readable signature
        return False
    if name in parameters:
        return parameters[name].kind is not inspect.Parameter.POSITIONAL_ONLY
    return any(one.kind is inspect.Parameter.VAR_KEYWORD for one in parameters.values())


def is_async(fn: Callable[..., Any]) -> bool:
    """Whether calling ``fn`` gives something to await; sees through partials and objects with ``__call__``."""
    kind: Any = type(fn)
    return inspect.iscoroutinefunction(fn) or inspect.iscoroutinefunction(kind.__call__)


def name_of(fn: Callable[..., Any]) -> str:
    """What to call ``fn`` in a message."""
    while isinstance(fn, functools.partial):
        fn = fn.func
    return str(getattr(fn, "__qualname__", type(fn).__name__)).replace("<locals>.", "")


async def call_user_code(fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
    """Call ``fn``: directly where it is async, else in a worker thread, which a cancelled caller leaves behind."""
    if is_async(fn):
        return await fn(*args, **kwargs)
    result = await anyio.to_thread.run_sync(functools.partial(fn, *args, **kwargs), abandon_on_cancel=True)
    return await result if inspect.isawaitable(result) else result
