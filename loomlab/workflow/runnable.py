"""Whatever may be a step, as one thing: something to await with a value, and a name."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import anyio.to_thread
from pydantic import BaseModel
from pydantic_core import to_json

from loomlab.core.context import get_run_context
from loomlab.runtime.declared import declares

Call = Callable[[Any], Coroutine[Any, Any, Any]]
"""A step as the engine sees it: the value comes in, the new value comes out."""

_FORMS = "an async or plain function of one value, an Agent, or a Workflow"
_QUICK = (sum, len, min, max, sorted, any, all, list, tuple, set, dict, str, repr)
"""Functions of Python's own that compute and wait for nothing: a thread would cost a hundred times what they do."""

_SCOPE = ("user_id", "session_id", "metadata")


class StepStopped(Exception):
    """An agent inside could not finish: what it had, and why."""

    orderly = True

    def __init__(self, output: Any, reason: str) -> None:
        super().__init__(reason)
        self.output = output
        self.reason = reason


def as_call(thing: Any, name: str) -> Call:
    """``thing`` as a step. TypeError, naming the forms there are, for what cannot be one."""
    if is_runnable(thing):
        return _runnable(thing)
    if not callable(thing) or _is(inspect.isgeneratorfunction, thing) or _is(inspect.isasyncgenfunction, thing):
        raise TypeError(f"step {name!r} is {thing!r}; a step is {_FORMS}")
    _takes_one(thing, name)
    if inspect.iscoroutinefunction(thing):
        call: Call = thing
        return call
    if _is(inspect.iscoroutinefunction, thing):
        return _awaited(thing)
    return _at_once(thing) if any(thing is one for one in _QUICK) else _in_thread(thing)


def is_runnable(thing: Any) -> bool:
    """Whether it is an agent or a workflow: an object with an async ``run``."""
    return not isinstance(thing, type) and inspect.iscoroutinefunction(getattr(thing, "run", None))


def name_of(thing: Any) -> str:
    """What a step is called when nobody names it: its ``name``, its ``__name__``, or its class."""
    while isinstance(thing, functools.partial):
        thing = thing.func
    for name in (getattr(thing, "name", None), getattr(thing, "__name__", None)):
        if isinstance(name, str) and name:
            return name
    return type(thing).__name__


def text_of(value: Any) -> str:
    """A value as the text that an agent is given: text as it is, nothing as nothing, structure as JSON."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, (BaseModel, dict, list, tuple)):
        try:
            return to_json(value, fallback=str, inf_nan_mode="constants").decode()
        except ValueError:  # half a surrogate pair, a list that holds itself
            return str(value)
    return str(value)


def _runnable(thing: Any) -> Call:
    """An agent or a workflow: it gets the user, the conversation and the metadata of the run around it."""
    passed = tuple(name for name in _SCOPE if declares(thing.run, name))
    # A workflow takes any value; what else has ``run`` is an agent, which takes text.
    takes_text = not hasattr(thing, "declared_workers") or hasattr(thing, "architecture")

    async def call(value: Any) -> Any:
        scope = get_run_context()
        options = {name: getattr(scope, name) for name in passed}
        result = await thing.run(text_of(value) if takes_text else value, **options)
        output = getattr(result, "output", result)
        if getattr(result, "interrupted", False):
            raise StepStopped(output, getattr(result, "interruption_reason", None) or "stopped")
        return output

    return call


def _awaited(thing: Callable[[Any], Awaitable[Any]]) -> Call:
    async def call(value: Any) -> Any:
        return await thing(value)

    return call


def _at_once(thing: Callable[[Any], Any]) -> Call:
    async def call(value: Any) -> Any:
        return thing(value)

    return call


def _in_thread(thing: Callable[[Any], Any]) -> Call:
    async def call(value: Any) -> Any:
        # abandon_on_cancel: a stopped run must not wait for a slow function it can no longer use.
        result = await anyio.to_thread.run_sync(thing, value, abandon_on_cancel=True)
        return await result if inspect.isawaitable(result) else result

    return call


def _is(check: Callable[[Any], bool], thing: Any) -> bool:
    """Whether a check on functions holds for ``thing`` or, where it is an object with ``__call__``, for that."""
    while isinstance(thing, functools.partial):
        thing = thing.func
    kind: Any = type(thing)
    return check(thing) or (not isinstance(thing, type) and check(getattr(kind, "__call__", None)))  # noqa: B004 (read, not asked)


def _takes_one(thing: Callable[..., Any], name: str) -> None:
    try:
        signature = inspect.signature(thing)
    except (TypeError, ValueError):  # a builtin that does not tell
        return
    try:
        signature.bind(None)
    except TypeError as exc:
        raise TypeError(f"step {name!r} must take one value, and its signature is {signature}: {exc}") from None
