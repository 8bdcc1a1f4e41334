"""When a failed model call is tried again, and the one loop that does it."""

import inspect
import random
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

import anyio

from loomlab.core.errors import ConfigError, ModelError
from loomlab.governance.classify import classify_model_error

T = TypeVar("T")

OnRetry = Callable[[int, float, ModelError], Awaitable[None] | None]
"""Told before each wait: the number of the attempt that failed (from 1), the wait in seconds, the error."""


@dataclass(frozen=True)
class RetryPolicy:
    """How often, and after which waits, a transient model error is tried again.

    Attributes: ``max_attempts`` counts the first one; ``initial_delay_s`` before the second attempt, then
    ``multiplier`` times more each, at most ``max_delay_s``; ``jitter`` is the share (0–1) by which a wait varies.
    """

    max_attempts: int = 3
    initial_delay_s: float = 1.0
    max_delay_s: float = 30.0
    multiplier: float = 2.0
    jitter: float = 0.1

    def __post_init__(self) -> None:
        if self.max_attempts < 1:
            raise ConfigError("RetryPolicy: max_attempts must be 1 or more (1 = never retry)")
        if min(self.initial_delay_s, self.max_delay_s, self.multiplier) < 0 or not 0 <= self.jitter <= 1:
            raise ConfigError("RetryPolicy: delays and multiplier must not be negative, jitter must be between 0 and 1")

    @classmethod
    def disabled(cls) -> "RetryPolicy":
        """One attempt only."""
        return cls(max_attempts=1)

    @classmethod
    def aggressive(cls) -> "RetryPolicy":
        """Six attempts, from half a second up to a minute apart."""
        return cls(max_attempts=6, initial_delay_s=0.5, max_delay_s=60.0)

    def is_enabled(self) -> bool:
        """Whether there is a second attempt at all."""
        return self.max_attempts >= 2


def compute_backoff(
    policy: RetryPolicy, attempt: int, *, retry_after: float | None = None, rng: random.Random | None = None
) -> float:
    """Seconds to wait after failed attempt number ``attempt`` (from 1).

    What the provider asks for (``retry_after``) wins where it is longer, above the cap too.
    """
    if not policy.is_enabled():
        return 0.0
    delay = 0.0
    if policy.initial_delay_s:
        try:
            delay = min(policy.initial_delay_s * float(policy.multiplier) ** max(0, attempt - 1), policy.max_delay_s)
        except OverflowError:
            delay = policy.max_delay_s
    if policy.jitter:
        delay *= 1 + policy.jitter * (rng or random).uniform(-1, 1)
    return max(delay, retry_after or 0.0)


async def call_with_retry(
    fn: Callable[[], Awaitable[T]],
    policy: RetryPolicy,
    *,
    on_retry: OnRetry | None = None,
    rng: random.Random | None = None,
) -> T:
    """The outcome of ``fn()``, tried again after transient errors.

    Raises:
        ModelError: the last one; an SDK's own exception comes as ours, with the original as its cause.
        Exception: anything that is no model error, at once.
    """
    attempt = 0
    while True:
        attempt += 1
        try:
            return await fn()
        except Exception as exc:
            delay, error = _judge(exc, attempt, policy, rng)
        await _wait(on_retry, attempt, delay, error)


async def stream_with_retry(
    open_stream: Callable[[], AsyncIterator[T]],
    policy: RetryPolicy,
    *,
    on_retry: OnRetry | None = None,
    rng: random.Random | None = None,
) -> AsyncGenerator[T, None]:
    """The items of ``open_stream()``, opened again after a transient error that came before the first item.

    Later errors are raised: what was already handed out cannot be taken back. Errors as in ``call_with_retry``.
    """
    attempt, started = 0, False
    while True:
        attempt += 1
        stream = open_stream()
        try:
            async for item in stream:
                started = True
                yield item
            return
        except Exception as exc:
            delay, error = _judge(exc, policy.max_attempts if started else attempt, policy, rng)
        finally:
            await _close(stream)
        await _wait(on_retry, attempt, delay, error)


def _judge(exc: Exception, attempt: int, policy: RetryPolicy, rng: random.Random | None) -> tuple[float, ModelError]:
    """How long to wait before the next attempt; raises where there is none."""
    error = exc if isinstance(exc, ModelError) else classify_model_error(exc)
    if error is None:
        raise exc
    if not error.retryable or attempt >= policy.max_attempts:
        if error is exc:
            raise exc
        raise error from exc
    return compute_backoff(policy, attempt, retry_after=error.retry_after, rng=rng), error


async def _wait(on_retry: OnRetry | None, attempt: int, delay: float, error: ModelError) -> None:
    if on_retry is not None:
        answer = on_retry(attempt, delay, error)
        if inspect.isawaitable(answer):
            await answer
    await anyio.sleep(delay)


async def _close(stream: object) -> None:
    close = getattr(stream, "aclose", None)
    if close is not None:
        with anyio.CancelScope(shield=True):
            await close()
