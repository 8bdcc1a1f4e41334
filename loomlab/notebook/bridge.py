"""From a plain cell to async code and back: the one file of the room that knows event loops.

*portal* (the default): the work runs on one background loop of our own, this thread waits for it. Nothing is patched.
*kernel*: the work runs on the kernel's own loop, so that objects bound to that loop go on working; this patches asyncio
through nest_asyncio2 until the kernel restarts, and so happens only where it was asked for.

Either way an interrupt cancels the work **and waits for its clean-up**.
"""

import asyncio
import atexit
import contextlib
import os
import signal
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Literal, TypeVar

import anyio
from anyio.from_thread import BlockingPortal, start_blocking_portal

from loomlab.core.errors import CancelledByUser, ConfigError

T = TypeVar("T")
LoopName = Literal["portal", "kernel"]
Work = Callable[[], Awaitable[T]]

Cancelled = asyncio.CancelledError
"""What an interrupt raises in a cell that awaits."""

BEAT_S = 0.05
"""How often the waiting thread looks after the display and the stop button, in seconds."""


def run_sync(
    work: Work[T],
    *,
    loop: LoopName = "portal",
    pump: Callable[[], None] | None = None,
    stop: threading.Event | None = None,
) -> T:
    """Run ``work`` to its end from a plain function, whether or not an event loop runs on this thread.

    ``work`` sees this thread's context variables. ``pump`` is called on this thread about twenty times a second
    meanwhile. Raises what ``work`` raises; CancelledByUser, after the clean-up, when ``stop`` is set or the kernel is
    interrupted. A second interrupt gives up waiting for a clean-up that hangs.
    """
    stop = stop or threading.Event()
    with _interrupts(stop):
        if loop == "kernel":
            return _on_kernel_loop(work, pump or _nothing, stop)
        with _portal() as portal:
            return _on_portal(portal, work, pump or _nothing, stop)


def answer(work: Work[T], *, loop: LoopName = "portal", kernel_loop: asyncio.AbstractEventLoop | None = None) -> T:
    """Run ``work`` for a message of a front end, where the work of cells runs; this thread waits.

    Such messages come on the main thread between cells, or on a thread of their own while a cell is busy.
    ``kernel_loop`` is the loop of the main thread, for ``loop="kernel"``.
    """
    if loop == "portal":
        return _shared.get().call(work)
    if threading.current_thread() is threading.main_thread() and on_event_loop():
        return _on_kernel_loop(work, _nothing, threading.Event())
    if kernel_loop is None:
        raise ConfigError("loop=kernel needs a running event loop, as in a notebook; here use loop=portal")

    async def whole() -> T:
        return await work()

    return asyncio.run_coroutine_threadsafe(whole(), kernel_loop).result()


def running_loop() -> asyncio.AbstractEventLoop | None:
    """The loop that runs on this thread, if one does."""
    return asyncio.get_running_loop() if on_event_loop() else None


def on_event_loop() -> bool:
    """Whether an event loop runs on this thread."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def _nothing() -> None:
    """Nobody watches."""


def _on_portal(portal: BlockingPortal, work: Work[T], pump: Callable[[], None], stop: threading.Event) -> T:
    ended = threading.Event()

    async def whole() -> T:
        try:
            return await work()
        finally:
            ended.set()

    future = portal.start_task_soon(whole)
    try:
        while not ended.wait(BEAT_S):
            if stop.is_set():
                future.cancel()
            pump()
    except KeyboardInterrupt:  # the second one: a clean-up that hangs must not hold the kernel for ever
        future.cancel()
        raise
    except BaseException:
        # The future says "cancelled" at once; the work is over only when its own clean-up is.
        future.cancel()
        ended.wait()
        raise
    if future.cancelled():
        raise CancelledByUser("the run was stopped")
    return future.result()


def _on_kernel_loop(work: Work[T], pump: Callable[[], None], stop: threading.Event) -> T:
    if not on_event_loop():
        raise ConfigError("loop=kernel needs a running event loop, as in a notebook; here use loop=portal")
    import nest_asyncio2

    here = asyncio.get_running_loop()
    nest_asyncio2.apply(here)

    # Cancelled through a scope, not as a task: so that a shielded clean-up runs to its end.
    scope = anyio.CancelScope()

    async def whole() -> T:
        with scope:
            return await work()
        raise CancelledByUser("the run was stopped")

    task = here.create_task(whole())

    async def watch() -> None:
        while not task.done():
            await asyncio.wait([task], timeout=BEAT_S)
            if stop.is_set():
                scope.cancel()
            pump()

    try:
        here.run_until_complete(watch())
    except KeyboardInterrupt:
        task.cancel()
        raise
    except BaseException:
        scope.cancel()
        here.run_until_complete(asyncio.wait([task]))
        raise
    return task.result()


@contextmanager
def _interrupts(stop: threading.Event) -> Iterator[None]:
    """Turn the first SIGINT of the block into ``stop``: raised as KeyboardInterrupt it could strike anywhere."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    stopped = False

    def handle(number: int, frame: FrameType | None) -> None:
        nonlocal stopped
        if stopped:
            raise KeyboardInterrupt
        stopped = True
        stop.set()

    before = signal.signal(signal.SIGINT, handle)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


class _Shared:
    """The background loop that all cells share: what a model keeps open stays usable from cell to cell."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._stack = contextlib.ExitStack()
        self._portal: BlockingPortal | None = None
        self._process = 0

    def get(self) -> BlockingPortal:
        """The portal; a forked child, which has no thread of its parent's, gets its own."""
        with self._lock:
            if self._portal is None or self._process != os.getpid():
                self._stack = contextlib.ExitStack()
                self._portal = self._stack.enter_context(start_blocking_portal("asyncio"))
                self._process = os.getpid()
            return self._portal

    def close(self) -> None:
        """Cancel what still runs and end the thread."""
        with self._lock:
            portal, self._portal = self._portal, None
            if portal is not None and self._process == os.getpid():
                with contextlib.suppress(RuntimeError):
                    portal.call(portal.stop, True)
                self._stack.close()


_shared = _Shared()
atexit.register(_shared.close)


@contextmanager
def _portal() -> Iterator[BlockingPortal]:
    """The shared portal, or one of its own where this thread's loop is not the main one.

    Such a thread may be a portal's: waiting there for the same portal, at any depth, would never end.
    """
    if on_event_loop() and threading.current_thread() is not threading.main_thread():
        with start_blocking_portal("asyncio") as private:
            yield private
    else:
        yield _shared.get()
