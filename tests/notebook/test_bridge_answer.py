"""Messages of a front end are answered where the work of cells runs, whatever thread they come on."""

import asyncio
import threading

import anyio
import anyio.lowlevel
import pytest

from loomlab.core import ConfigError
from loomlab.notebook.bridge import answer, run_sync, running_loop


async def where() -> int:
    await anyio.lowlevel.checkpoint()
    return id(asyncio.get_running_loop())


def in_a_thread(work) -> object:
    found: list[object] = []
    thread = threading.Thread(target=lambda: found.append(work()))
    thread.start()
    thread.join(20)
    return found[0]


def test_on_the_loop_that_all_cells_share_from_any_thread() -> None:
    shared = run_sync(where)
    assert answer(where) == shared
    assert in_a_thread(lambda: answer(where)) == shared


def test_on_the_kernels_own_loop_from_another_thread() -> None:
    async def kernel() -> tuple[int, object]:
        loop = running_loop()
        assert loop is not None
        answered = await anyio.to_thread.run_sync(lambda: answer(where, loop="kernel", kernel_loop=loop))
        return id(loop), answered

    own, answered = anyio.run(kernel)
    assert own == answered


def test_without_a_loop_there_is_one_sentence() -> None:
    assert running_loop() is None
    with pytest.raises(ConfigError, match="loop=portal"):
        answer(where, loop="kernel")


def test_what_the_work_raises_is_raised() -> None:
    async def fails() -> None:
        raise LookupError("gone")

    with pytest.raises(LookupError, match="gone"):
        answer(fails)
