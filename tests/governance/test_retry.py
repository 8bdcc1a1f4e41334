"""The retry policy, its waits, and the one loop."""

import random
from collections.abc import AsyncIterator

import pytest

from loomlab.core.errors import ConfigError, InvalidRequestError, ModelError, RateLimitError, TransientModelError
from loomlab.governance import retry
from loomlab.governance.retry import RetryPolicy, call_with_retry, compute_backoff, stream_with_retry

pytestmark = pytest.mark.anyio
QUICK = RetryPolicy(max_attempts=3, initial_delay_s=1.0, jitter=0.0)


@pytest.fixture
def naps(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    taken: list[float] = []

    async def sleep(seconds: float) -> None:
        taken.append(seconds)

    monkeypatch.setattr(retry.anyio, "sleep", sleep)
    return taken


class Flaky:
    """Fails as told, then answers."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.asked = 0

    async def call(self) -> str:
        self.asked += 1
        if self.errors:
            raise self.errors.pop(0)
        return "done"


def test_the_presets_are_what_they_say() -> None:
    assert RetryPolicy() == RetryPolicy(
        max_attempts=3, initial_delay_s=1.0, max_delay_s=30.0, multiplier=2.0, jitter=0.1
    )
    assert RetryPolicy.disabled().max_attempts == 1
    assert not RetryPolicy.disabled().is_enabled()
    aggressive = RetryPolicy.aggressive()
    assert (aggressive.max_attempts, aggressive.initial_delay_s, aggressive.max_delay_s) == (6, 0.5, 60.0)
    assert aggressive.is_enabled()
    assert RetryPolicy(max_attempts=2).is_enabled()


@pytest.mark.parametrize(
    "wrong", [{"max_attempts": 0}, {"initial_delay_s": -1}, {"jitter": 1.5}, {"multiplier": -2}, {"max_delay_s": -1}]
)
def test_an_impossible_policy_is_refused_at_once(wrong: dict[str, float]) -> None:
    with pytest.raises(ConfigError, match="RetryPolicy"):
        RetryPolicy(**wrong)  # type: ignore[arg-type]


def test_the_wait_doubles_up_to_the_cap() -> None:
    policy = RetryPolicy(max_attempts=9, initial_delay_s=1.0, max_delay_s=5.0, multiplier=2.0, jitter=0.0)
    assert [compute_backoff(policy, attempt) for attempt in (1, 2, 3, 4, 5)] == [1.0, 2.0, 4.0, 5.0, 5.0]


def test_the_hundred_thousandth_wait_is_still_the_cap() -> None:
    assert compute_backoff(RetryPolicy(jitter=0.0, max_delay_s=7.0), 100_000) == 7.0


def test_jitter_varies_the_wait_by_its_share_only() -> None:
    policy = RetryPolicy(initial_delay_s=10.0, jitter=0.1)
    waits = {compute_backoff(policy, 1, rng=random.Random(seed)) for seed in range(50)}
    assert len(waits) > 40
    assert all(9.0 <= wait <= 11.0 for wait in waits)


def test_the_same_seed_gives_the_same_wait() -> None:
    first, second = (compute_backoff(RetryPolicy(), 2, rng=random.Random(7)) for _ in range(2))
    assert first == second


def test_a_longer_wait_that_the_provider_asks_for_wins_even_above_the_cap() -> None:
    policy = RetryPolicy(initial_delay_s=1.0, max_delay_s=5.0, jitter=0.0)
    assert compute_backoff(policy, 1, retry_after=90.0) == 90.0
    assert compute_backoff(policy, 3, retry_after=2.0) == 4.0


def test_a_disabled_policy_never_waits() -> None:
    assert compute_backoff(RetryPolicy.disabled(), 1, retry_after=60.0) == 0.0


async def test_a_transient_failure_is_tried_again_after_the_wait(naps: list[float]) -> None:
    flaky = Flaky(TransientModelError("a"), RateLimitError("b", retry_after=5.0))
    assert await call_with_retry(flaky.call, QUICK) == "done"
    assert flaky.asked == 3
    assert naps == [1.0, 5.0]


async def test_the_last_error_is_raised_when_the_attempts_are_used_up(naps: list[float]) -> None:
    flaky = Flaky(*(TransientModelError(str(number)) for number in range(5)))
    with pytest.raises(TransientModelError, match="2"):
        await call_with_retry(flaky.call, QUICK)
    assert flaky.asked == 3
    assert len(naps) == 2


@pytest.mark.parametrize("error", [InvalidRequestError("no"), ValueError("a bug"), KeyError("x")])
async def test_what_is_not_transient_is_raised_at_once(error: Exception, naps: list[float]) -> None:
    flaky = Flaky(error)
    with pytest.raises(type(error)) as caught:
        await call_with_retry(flaky.call, QUICK)
    assert caught.value is error
    assert (flaky.asked, naps) == (1, [])


async def test_an_exhausted_account_is_not_asked_again(naps: list[float]) -> None:
    error = RateLimitError("quota")
    error.retryable = False
    flaky = Flaky(error)
    with pytest.raises(RateLimitError):
        await call_with_retry(flaky.call, QUICK)
    assert flaky.asked == 1


async def test_a_lost_connection_comes_as_our_error_with_the_original_as_cause(naps: list[float]) -> None:
    flaky = Flaky(*(ConnectionResetError("gone") for _ in range(3)))
    with pytest.raises(TransientModelError) as caught:
        await call_with_retry(flaky.call, QUICK)
    assert isinstance(caught.value.__cause__, ConnectionResetError)
    assert flaky.asked == 3


async def test_each_wait_is_announced_with_its_attempt_and_error(naps: list[float]) -> None:
    told: list[tuple[int, float, str]] = []

    async def on_retry(attempt: int, delay: float, error: ModelError) -> None:
        told.append((attempt, delay, str(error)))

    await call_with_retry(Flaky(TransientModelError("a"), TransientModelError("b")).call, QUICK, on_retry=on_retry)
    assert told == [(1, 1.0, "a"), (2, 2.0, "b")]


class Streams:
    """Each opening plays the next script; an exception in a script is raised there."""

    def __init__(self, *scripts: list[str | Exception]) -> None:
        self.scripts = list(scripts)
        self.closed = 0

    async def open(self) -> AsyncIterator[str]:
        try:
            for item in self.scripts.pop(0):
                if isinstance(item, Exception):
                    raise item
                yield item
        finally:
            self.closed += 1


async def test_a_stream_that_fails_before_its_first_item_is_opened_again(naps: list[float]) -> None:
    streams = Streams([TransientModelError("a")], ["x", "y"])
    assert [item async for item in stream_with_retry(streams.open, QUICK)] == ["x", "y"]
    assert streams.closed == 2
    assert naps == [1.0]


async def test_a_stream_that_fails_later_raises_and_repeats_nothing(naps: list[float]) -> None:
    streams = Streams(["x", TransientModelError("late")], ["x", "y"])
    stream = stream_with_retry(streams.open, QUICK)
    assert await anext(stream) == "x"
    with pytest.raises(TransientModelError, match="late"):
        await anext(stream)
    assert len(streams.scripts) == 1
    assert naps == []


async def test_leaving_a_stream_early_closes_it() -> None:
    streams = Streams(["x", "y"])
    stream = stream_with_retry(streams.open, QUICK)
    assert await anext(stream) == "x"
    await stream.aclose()
    assert streams.closed == 1
