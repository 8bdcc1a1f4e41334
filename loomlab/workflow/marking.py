"""``@step``: an async function that shows up in traces wherever it is called."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Awaitable, Callable
from typing import Any, ParamSpec, TypeVar, overload

from loomlab.runtime import current_run

P = ParamSpec("P")
T = TypeVar("T")
AsyncFn = Callable[P, Awaitable[T]]


@overload
def step(fn: AsyncFn[P, T], /) -> AsyncFn[P, T]: ...
@overload
def step(*, name: str | None = None) -> Callable[[AsyncFn[P, T]], AsyncFn[P, T]]: ...
def step(fn: AsyncFn[P, T] | None = None, /, *, name: str | None = None) -> Any:
    """Mark an async function as a step: ``@step`` or ``@step(name=…)``.

    It stays an ordinary function. Called inside of a run that has telemetry, it gets a span ``loom.step`` of its own.
    As a node of a workflow it is called by ``name``. Raises TypeError for anything but an async function.
    """

    def make(function: AsyncFn[P, T]) -> AsyncFn[P, T]:
        if not inspect.iscoroutinefunction(function):
            raise TypeError(
                f"@step takes async functions (async def), not {function!r}; a plain function may be a node as it is"
            )
        called = name or function.__name__

        @functools.wraps(function)
        async def wrapper(*args: P.args, **kwargs: P.kwargs) -> T:
            run = current_run()
            if run is None or run.telemetry is None:
                return await function(*args, **kwargs)
            scope = run.context
            async with run.telemetry.trace(
                "loom.step", step=called, user_id=scope.user_id, session_id=scope.session_id
            ):
                return await function(*args, **kwargs)

        wrapper.__name__ = called
        return wrapper

    return make if fn is None else make(fn)
