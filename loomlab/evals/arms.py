"""An arm is an agent, or any function: here both become one call, case in and ``RunResult`` out."""

import inspect
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from anyio import CapacityLimiter, to_thread

from loomlab.core.errors import ConfigError
from loomlab.core.results import RunResult
from loomlab.evals.case import Case
from loomlab.evals.case_tools import has_case_tools, offering
from loomlab.evals.offered import offered_tools
from loomlab.evals.trial import answer_text


@dataclass(frozen=True, slots=True)
class Arm:
    """``answer`` a case for a user, with metadata for the run; then ``forget`` what was remembered of that user."""

    name: str
    answer: Callable[[Case, str, Mapping[str, Any]], Awaitable[RunResult]]
    forget: Callable[..., Awaitable[Any]] | None = None


def resolve_arms(arms: Mapping[str, Any], limit: int) -> dict[str, Arm]:
    """Every arm as a call. Raises ConfigError for what can answer no question."""
    if not isinstance(arms, Mapping):
        raise ConfigError('arms is a mapping of names to agents or functions, as in {"react": agent}')
    if not arms:
        raise ConfigError("there is no arm to evaluate: give at least one agent or function")
    limiter = CapacityLimiter(limit)
    return {str(name): _resolve(str(name), arm, limiter) for name, arm in arms.items()}


def _resolve(name: str, arm: Any, limiter: CapacityLimiter) -> Arm:
    run = getattr(arm, "run", None)
    if callable(run) and not isinstance(arm, type):
        return Arm(name, _agent(run, has_case_tools(arm)), getattr(getattr(arm, "memory", None), "forget", None))
    if callable(arm) and not isinstance(arm, type):
        return Arm(name, _function(arm, limiter))
    raise ConfigError(f"the arm {name!r} is {type(arm).__name__}; an arm is an agent, or a function of a case's input")


def _agent(run: Callable[..., Any], members_only: bool) -> Callable[..., Awaitable[RunResult]]:
    taken = inspect.signature(run).parameters
    whole = any(one.kind is inspect.Parameter.VAR_KEYWORD for one in taken.values())
    takes = {key: whole or key in taken for key in ("user_id", "metadata", "extra_tools")}

    async def answer(case: Case, user_id: str, metadata: Mapping[str, Any]) -> RunResult:
        options: dict[str, Any] = {}
        if takes["user_id"]:
            options["user_id"] = user_id
        if takes["metadata"]:
            options["metadata"] = metadata
        if takes["extra_tools"] and ("tools" in case.metadata or "world" in case.metadata):
            if members_only:
                with offering(offered_tools(case)):
                    result = await run(case.input, **options)
                return result if isinstance(result, RunResult) else _wrap(result)
            options["extra_tools"] = offered_tools(case)
        result = await run(case.input, **options)
        return result if isinstance(result, RunResult) else _wrap(result)

    return answer


def _function(function: Callable[..., Any], limiter: CapacityLimiter) -> Callable[..., Awaitable[RunResult]]:
    whole_case = _wants_case(function)
    call = getattr(function, "__call__", None)  # noqa: B004  (an object with an async __call__ counts as async)
    is_async = inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(call)

    async def answer(case: Case, user_id: str, metadata: Mapping[str, Any]) -> RunResult:
        asked = case if whole_case else case.input
        if is_async:
            said = await function(asked)
        else:
            said = await to_thread.run_sync(function, asked, abandon_on_cancel=True, limiter=limiter)
            if inspect.isawaitable(said):
                said = await said
        return said if isinstance(said, RunResult) else _wrap(said)

    return answer


def _wants_case(function: Callable[..., Any]) -> bool:
    try:
        first = next(iter(inspect.signature(function).parameters.values()), None)
    except (TypeError, ValueError):
        return False
    return first is not None and (first.name == "case" or first.annotation in (Case, "Case"))


def _wrap(said: Any) -> RunResult:
    """A function's plain answer. It has no turns, and what it spent is not known."""
    now = datetime.now(UTC)
    parsed = None if isinstance(said, str) else getattr(said, "parsed", said)
    output = getattr(said, "output", said)
    return RunResult(
        session_id="",
        output=answer_text(output),
        parsed=parsed,
        turns=0,
        cost_usd=None,
        started_at=now,
        finished_at=now,
    )
