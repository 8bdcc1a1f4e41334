"""From plain code into async code: on the portal, nested, interrupted."""

import asyncio
import signal
import threading
from contextvars import ContextVar
from typing import Any

import anyio
import pytest
from anyio.lowlevel import checkpoint

from loomlab import ConfigError
from loomlab.core import CancelledByUser
from loomlab.notebook import run_sync

VARIABLE: ContextVar[str] = ContextVar("variable", default="unset")


async def _answer() -> int:
    await checkpoint()
    return 42


def test_work_runs_and_its_value_comes_back() -> None:
    assert run_sync(_answer) == 42


def test_what_the_work_raises_is_raised() -> None:
    async def fail() -> None:
        raise KeyError("x")

    with pytest.raises(KeyError, match="x"):
        run_sync(fail)


def test_the_work_sees_the_context_variables_of_the_caller() -> None:
    async def read() -> str:
        return VARIABLE.get()

    token = VARIABLE.set("mine")
    try:
        assert run_sync(read) == "mine"
    finally:
        VARIABLE.reset(token)


def test_the_pump_runs_on_the_calling_thread() -> None:
    threads: set[int] = set()
    beat = threading.Event()

    def pump() -> None:
        threads.add(threading.get_ident())
        beat.set()

    run_sync(lambda: anyio.to_thread.run_sync(beat.wait, 10), pump=pump)
    assert threads == {threading.get_ident()}


def test_a_pump_that_fails_ends_the_work_cleanly() -> None:
    cleaned: list[str] = []

    def pump() -> None:
        raise ValueError("pump")

    async def work() -> None:
        try:
            await anyio.sleep_forever()
        finally:
            cleaned.append("yes")

    with pytest.raises(ValueError, match="pump"):
        run_sync(work, pump=pump)
    assert cleaned == ["yes"]


def test_inside_of_a_running_loop_the_main_thread_uses_the_portal() -> None:
    async def main() -> int:
        return run_sync(_answer)

    assert asyncio.run(main()) == 42


@pytest.mark.parametrize("depth", [1, 2, 3, 5])
def test_async_work_may_call_plain_code_that_calls_async_work_at_any_depth(depth: int) -> None:
    async def level(rest: int) -> int:
        await checkpoint()
        return run_sync(lambda: level(rest - 1)) + 1 if rest else 0

    assert run_sync(lambda: level(depth)) == depth


def test_a_plain_tool_on_a_worker_thread_may_do_so_too() -> None:
    async def outer() -> int:
        return await anyio.to_thread.run_sync(lambda: run_sync(_answer))

    assert run_sync(outer) == 42


def test_two_nested_works_at_once_do_not_wait_for_each_other() -> None:
    """The first waits for what the second does: one after the other they would never end."""
    ready = threading.Event()

    def first() -> bool:
        return run_sync(lambda: anyio.to_thread.run_sync(ready.wait, 10))

    def second() -> bool:
        async def tell() -> bool:
            ready.set()
            return True

        return run_sync(tell)

    async def both() -> list[bool]:
        found: list[bool] = []

        async def one(work: Any) -> None:
            found.append(await anyio.to_thread.run_sync(work))

        async with anyio.create_task_group() as group:
            group.start_soon(one, first)
            group.start_soon(one, second)
        return found

    assert run_sync(both) == [True, True]


def test_what_one_cell_leaves_open_the_next_can_use() -> None:
    event = run_sync(_make_event)

    async def use() -> bool:
        event.set()
        await event.wait()
        return True

    assert run_sync(use)


async def _make_event() -> anyio.Event:
    event = anyio.Event()
    await checkpoint()
    event.is_set()
    return event


class _Work:
    """Something that runs until it is stopped, and then takes its time to clean up."""

    def __init__(self) -> None:
        self.began = threading.Event()
        self.log: list[str] = []

    async def __call__(self) -> None:
        self.began.set()
        try:
            await anyio.sleep_forever()
        finally:
            with anyio.CancelScope(shield=True):
                await anyio.sleep(0.12)  # longer than two beats of the waiting thread
                self.log.append("cleaned")


def test_stop_cancels_and_waits_for_the_clean_up() -> None:
    work, stop = _Work(), threading.Event()

    def pump() -> None:
        if work.began.is_set():
            stop.set()

    with pytest.raises(CancelledByUser, match="the run was stopped"):
        run_sync(work, pump=pump, stop=stop)
    assert work.log == ["cleaned"]


def test_an_interrupt_does_the_same_and_the_handler_of_before_is_back() -> None:
    before = signal.getsignal(signal.SIGINT)
    work = _Work()

    def pump() -> None:
        if work.began.is_set() and not work.log:
            work.log.append("interrupt")
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(CancelledByUser):
        run_sync(work, pump=pump)
    assert work.log == ["interrupt", "cleaned"]
    assert signal.getsignal(signal.SIGINT) is before


def test_a_second_interrupt_gives_up_waiting_for_a_clean_up_that_hangs() -> None:
    began, release, ended = threading.Event(), threading.Event(), threading.Event()

    async def hang() -> None:
        began.set()
        try:
            await anyio.sleep_forever()
        finally:
            with anyio.CancelScope(shield=True):
                await anyio.to_thread.run_sync(release.wait, 30)
            ended.set()

    def pump() -> None:
        if began.is_set():
            signal.raise_signal(signal.SIGINT)

    try:
        with pytest.raises(KeyboardInterrupt):
            run_sync(hang, pump=pump)
        assert not ended.is_set()
    finally:
        release.set()
    assert ended.wait(10)


def test_on_a_thread_that_is_not_the_main_one_stop_works_as_well() -> None:
    work, stop = _Work(), threading.Event()
    raised: list[BaseException] = []

    def on_thread() -> None:
        try:
            run_sync(work, stop=stop)
        except BaseException as exc:
            raised.append(exc)

    thread = threading.Thread(target=on_thread)
    thread.start()
    assert work.began.wait(10)
    stop.set()
    thread.join(10)
    assert [type(one) for one in raised] == [CancelledByUser]
    assert work.log == ["cleaned"]


def test_no_task_is_left_after_a_stop() -> None:
    work, stop = _Work(), threading.Event()

    def pump() -> None:
        if work.began.is_set():
            stop.set()

    async def tasks() -> int:
        return len(asyncio.all_tasks())

    before = run_sync(tasks)
    with pytest.raises(CancelledByUser):
        run_sync(work, pump=pump, stop=stop)
    assert run_sync(tasks) == before


def test_the_kernels_loop_needs_a_loop_that_runs() -> None:
    with pytest.raises(ConfigError, match=r"loop=kernel needs a running event loop.*loop=portal"):
        run_sync(_answer, loop="kernel")
