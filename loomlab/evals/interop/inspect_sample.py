"""One trial as a sample of inspect_ai, and back."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from loomlab.core.errors import ConfigError
from loomlab.core.messages import Role
from loomlab.evals.case import Case
from loomlab.evals.interop.inspect_calls import Calls
from loomlab.evals.interop.inspect_messages import OURS, to_usage
from loomlab.evals.ledger import Entry
from loomlab.evals.recorded import trial_row
from loomlab.evals.rescore import RunStore
from loomlab.evals.score import Score
from loomlab.evals.trial import Trial, TrialState, answer_text

_LIMITS = {"max_turns": "turn", "token": "token", "cost": "cost", "wall": "time", "time": "time"}
"""What of ours is which of their limits: a part of our reason, and their word."""


def sample_of(trial: Trial, case: Case, model: str, store: RunStore | None, began: datetime) -> dict[str, Any]:
    """The sample of a trial: what was asked and answered, its scores, and its run where the log has it."""
    calls = _calls(trial, store)
    asked, output = answer_text(case.input), trial.output or ""
    messages = calls.messages or [
        {"role": Role.USER.value, "content": asked},
        *([{"role": Role.ASSISTANT.value, "content": output}] if trial.state is TrialState.ANSWERED else []),
    ]
    usage = summed(trial.spent, "model")
    whole = to_usage(trial.tokens_in, trial.tokens_out, trial.cost_usd) if trial.tokens_in is not None else None
    target = [str(one) for one in case.target] if isinstance(case.target, (list, tuple)) else case.target
    init = {"input": asked, "target": _target(target), "id": case.id, "metadata": dict(case.metadata)}
    start = calls.events[0]["timestamp"] if calls.events else began.isoformat()
    end = calls.events[-1]["timestamp"] if calls.events else None
    root = {"timestamp": start, "working_start": 0.0}
    choice = {"message": {"role": Role.ASSISTANT.value, "content": output, "model": model}, "stop_reason": "stop"}
    scores = {name: score_data(score, output) for name, score in trial.scores.items()}
    after = {"timestamp": end or start, "working_start": (trial.latency_ms or 0.0) / 1000}
    said = _said(trial)
    limit = _limit(trial)
    return {
        "id": case.id,
        "epoch": trial.epoch,
        "uuid": trial.id,
        "input": asked,
        "target": _target(target),
        "messages": messages,
        "output": {
            "model": model,
            "choices": [choice] if trial.state is TrialState.ANSWERED else [],
            "completion": output,
            "usage": whole,
            "time": None if trial.latency_ms is None else trial.latency_ms / 1000,
            "error": said,
        },
        "scores": scores or None,
        "metadata": {**case.metadata, OURS: {"trial": trial_row(trial) | _exactly(trial)}},
        "events": [
            {"event": "sample_init", "uuid": f"{trial.id}.init", "sample": init, "state": {}, **root},
            *calls.events,
            *({"event": "score", "uuid": f"{trial.id}.{name}", "score": one, "target": _target(target), "scorer": name}
              | after for name, one in scores.items()),
        ],
        "model_usage": usage,
        "role_usage": summed(trial.spent, "role"),
        "started_at": start if calls.events else None,
        "completed_at": end,
        "total_time": None if trial.latency_ms is None else trial.latency_ms / 1000,
        "working_time": None if trial.latency_ms is None else trial.latency_ms / 1000,
        "turn_count": trial.turns,
        "error": None if said is None or limit else {"message": said, "traceback": said, "traceback_ansi": said},
        "limit": limit,
    }  # fmt: skip


def score_data(score: Score, answer: str) -> dict[str, Any]:
    """A score as theirs: not a number where there is none, which is how they say it."""
    return {
        "value": math.nan if score.value is None else score.value,
        "answer": answer or None,
        "explanation": score.reason,
        "metadata": {OURS: {"state": score.state.value}, **(score.details or {})},
    }


def summed(entries: Iterable[Entry], by: str) -> dict[str, Any]:
    """Tokens and dollars by ``model`` or ``role``."""
    found: dict[str, Entry] = {}
    for one in entries:
        name = getattr(one, by) or one.part
        bare = replace(one, part="", role="", model="")
        found[name] = found[name] + bare if name in found else bare
    return {name: to_usage(one.tokens_in, one.tokens_out, one.cost_usd) for name, one in found.items()}


def _calls(trial: Trial, store: RunStore | None) -> Calls:
    if store is None or not trial.run_id:
        return Calls(())
    try:
        return Calls(store.run(trial.run_id).events)
    except ConfigError:  # recorded elsewhere, or scrubbed
        return Calls(())


def _exactly(trial: Trial) -> dict[str, Any]:
    return {} if trial.latency_ms is None else {"latency_ms": trial.latency_ms}


def _target(target: Any) -> str | list[str]:
    if isinstance(target, list):
        return target
    return "" if target is None else answer_text(target)


def _said(trial: Trial) -> str | None:
    if trial.state is TrialState.ANSWERED:
        return None
    return f"{trial.error_type}: {trial.error}" if trial.error_type else trial.error or trial.state.value


def _limit(trial: Trial) -> Mapping[str, Any] | None:
    if trial.state is TrialState.TIMEOUT:
        return {"type": "time", "limit": (trial.latency_ms or 0.0) / 1000, "reason": trial.error or "timeout"}
    if trial.interruption is None:
        return None
    kind = next((theirs for ours, theirs in _LIMITS.items() if ours in trial.interruption), "custom")
    size = {"turn": trial.turns, "cost": trial.cost_usd, "token": (trial.tokens_in or 0) + (trial.tokens_out or 0)}
    return {"type": kind, "limit": float(size.get(kind) or 0), "reason": trial.interruption}
