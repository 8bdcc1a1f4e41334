"""Several things at once: order, errors, and what is paid for already."""

from functools import partial

import anyio
import pytest

from loomlab.runtime import RunStopped, together

pytestmark = pytest.mark.anyio


async def after(ticks: int, value: int, done: list[int], error: Exception | None = None) -> int:
    for _ in range(ticks):
        await anyio.lowlevel.checkpoint()
    if error is not None:
        raise error
    done.append(value)
    return value


@pytest.mark.parametrize("parallel", [True, False])
async def test_results_come_in_the_order_of_the_jobs(parallel: bool) -> None:
    done: list[int] = []
    jobs = [partial(after, 3 - number, number, done) for number in range(3)]
    assert await together(jobs, parallel=parallel) == [0, 1, 2]
    assert done == ([2, 1, 0] if parallel else [0, 1, 2])
    assert await together([]) == []


async def test_the_first_error_stops_the_others_and_comes_as_it_is() -> None:
    done: list[int] = []
    jobs = [partial(after, 50, 1, done), partial(after, 2, 2, done, ZeroDivisionError("x"))]
    with pytest.raises(ZeroDivisionError):
        await together(jobs)
    assert done == []


async def test_a_stop_lets_the_others_finish() -> None:
    done: list[int] = []
    with pytest.raises(RunStopped):
        await together([partial(after, 0, 1, done, RunStopped("cap")), partial(after, 5, 2, done)])
    assert done == [2]


async def test_a_cancelled_caller_cancels_the_jobs() -> None:
    done: list[int] = []
    with anyio.CancelScope() as scope:
        scope.cancel()
        await together([partial(after, 1, 1, done), partial(after, 1, 2, done)])
    assert scope.cancelled_caught and done == []
