"""The thread in which connections live, whichever event loop asks: a notebook's, a script's, a server's."""

from __future__ import annotations

import atexit
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import CancelledError, Future
from contextlib import AbstractContextManager
from typing import Any, TypeVar

import anyio
from anyio import to_thread
from anyio.from_thread import BlockingPortal, start_blocking_portal
from anyio.lowlevel import RunVar

T = TypeVar("T")

_lock = threading.Lock()
_open: tuple[BlockingPortal, AbstractContextManager[BlockingPortal]] | None = None
_waiting: RunVar[anyio.CapacityLimiter] = RunVar("loomlab_mcp_waiting")
_MOST = 1_000
"""Calls under way at once, in one event loop."""


def start(work: Callable[..., Awaitable[T]], *args: Any) -> Future[T]:
    """Begin ``work`` in the background thread; from a thread without an event loop."""
    begun: Future[T] = _portal().start_task_soon(work, *args)
    return begun


async def ask(work: Callable[..., Awaitable[T]], *args: Any) -> T:
    """What ``work`` gives, done in the background thread. If this is cancelled, ``work`` is too."""
    begun: list[Future[T]] = []
    dropped = threading.Event()

    def whole() -> T:
        future = start(work, *args)
        begun.append(future)
        if dropped.is_set():
            future.cancel()
        return future.result()

    try:
        return await _in_thread(whole)
    finally:
        dropped.set()
        for future in begun:
            if not future.done():
                future.cancel()


async def begin(work: Callable[..., Awaitable[T]], *args: Any) -> Future[T]:
    """Begin ``work`` in the background thread, and go on."""
    return await _in_thread(lambda: start(work, *args))


async def wait(future: Future[T]) -> T:
    """What comes of a future of the background thread."""
    return await _in_thread(future.result)


async def _in_thread(work: Callable[[], T]) -> T:
    # Handing work to another event loop takes a lock, which is nothing to do in this one.
    try:
        return await to_thread.run_sync(work, abandon_on_cancel=True, limiter=_limiter())
    except CancelledError:
        raise RuntimeError("the connection was closed meanwhile") from None


def _limiter() -> anyio.CapacityLimiter:
    # Waiting calls hold a thread each; they must not take those of the tools that they wait beside.
    try:
        return _waiting.get()
    except LookupError:
        limiter = anyio.CapacityLimiter(_MOST)
        _waiting.set(limiter)
        return limiter


def _portal() -> BlockingPortal:
    global _open
    with _lock:
        if _open is None:
            manager = start_blocking_portal(name="loomlab-mcp")
            _open = (manager.__enter__(), manager)
            atexit.register(_close)
        return _open[0]


def _close() -> None:
    global _open
    with _lock:
        opened, _open = _open, None
    if opened is not None:
        opened[0].start_task_soon(opened[0].stop, True)
        opened[1].__exit__(None, None, None)
