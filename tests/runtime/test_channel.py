"""The hand-over of events: bounded, for several producers, and never stuck."""

import anyio
import pytest

from loomlab.runtime.channel import Channel

pytestmark = pytest.mark.anyio


async def test_all_producers_that_wait_for_space_are_woken() -> None:
    channel: Channel[int] = Channel(limit=4)
    taken: list[int] = []
    at_work = 5

    async def produce(base: int) -> None:
        nonlocal at_work
        for number in range(10):
            if channel.offer(base + number):
                await channel.space()
        at_work -= 1
        if at_work == 0:
            channel.close()

    with anyio.fail_after(5):
        async with anyio.create_task_group() as group:
            for base in range(0, 500, 100):
                group.start_soon(produce, base)
            while items := await channel.take():
                assert len(items) <= 4 + 5  # each producer may be one over
                taken += items
    assert sorted(taken) == [base + number for base in range(0, 500, 100) for number in range(10)]
