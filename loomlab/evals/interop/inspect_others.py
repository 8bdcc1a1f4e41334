"""Logs that inspect_ai wrote itself, as an evaluation: an arm for each log, a case for each sample."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from loomlab.core.errors import ConfigError
from loomlab.core.events import Event
from loomlab.core.ids import deterministic_hash
from loomlab.core.results import EndReason
from loomlab.evals.case import Case
from loomlab.evals.dataset import Dataset
from loomlab.evals.evaluation import Evaluation, Status
from loomlab.evals.interop.inspect_messages import content_text
from loomlab.evals.interop.inspect_runs import first_prompt, other_events
from loomlab.evals.interop.inspect_scores import scores_of
from loomlab.evals.ledger import Entry
from loomlab.evals.trial import Trial, TrialState

_STATUS = {"success": Status.DONE, "cancelled": Status.CANCELLED, "error": Status.ERROR, "started": Status.CANCELLED}
_WORST = (Status.ERROR, Status.CANCELLED, Status.DONE)
_Log = Mapping[str, Any]


def evaluation_of(logs: Sequence[_Log]) -> Evaluation:
    """The evaluation that these logs are together. ConfigError where the same sample asks different things."""
    specs = [log["eval"] for log in logs]
    arms = _names(specs)
    found = {(number, trial.case_id, trial.epoch): trial for number, log in enumerate(logs) for trial in _trials(log)}
    data = _dataset(logs)
    scorers = tuple(dict.fromkeys(name for trial in found.values() for name in trial.scores))
    made = "eval_" + deterministic_hash([spec.get("eval_id") or spec["created"] for spec in specs])[:26].upper()
    evaluation = Evaluation(
        id=made,
        name=" and ".join(dict.fromkeys(str(spec["task"]) for spec in specs)),
        dataset=data,
        arms=arms,
        scorers=scorers or ("score",),
        epochs=max(trial.epoch for trial in found.values()),
        manifest={arm: _manifest(log) for arm, log in zip(arms, logs, strict=True)},
    )
    evaluation.status = next(one for one in _WORST if one in {_STATUS[log["status"]] for log in logs})
    evaluation.started_at = min(datetime.fromisoformat(spec["created"]) for spec in specs)
    ends = [end for log in logs if (end := (log.get("stats") or {}).get("completed_at"))]
    if ends:
        evaluation.finished_at = max(map(datetime.fromisoformat, ends))
        evaluation.elapsed_s = (evaluation.finished_at - evaluation.started_at).total_seconds()
    places = {case.id: place for place, case in enumerate(data)}
    for (number, _, epoch), trial in found.items():
        trial.arm = arms[number]
        trial.id = trial.user_id = f"{made}:{trial.arm}:{trial.case_id}:{epoch}"
        evaluation.put(places[trial.case_id], number, epoch, trial)
    return evaluation


def run_of(sample: Mapping[str, Any], trial: Trial, evaluation: Evaluation) -> list[Event]:
    """What happened in a sample, as the events of a run for the user of its trial."""
    events: Sequence[Mapping[str, Any]] = sample.get("events") or ()
    if not any(one["event"] in ("model", "tool") for one in events):
        return []
    began = datetime.fromisoformat(sample.get("started_at") or events[0]["timestamp"])
    ended = datetime.fromisoformat(sample.get("completed_at") or events[-1]["timestamp"])
    made = evaluation.manifest.get(trial.arm) or {}
    about = {"model": made.get("model"), "agent": trial.arm, "architecture": made.get("architecture")}
    about |= {"prompt": _asked(sample) or first_prompt(sample.get("messages") or ()), "user_id": trial.user_id}
    about["result"] = {
        "session_id": trial.run_id,
        "run_id": trial.run_id,
        "output": trial.output or "",
        "turns": trial.turns or 0,
        "tokens_in": trial.tokens_in or 0,
        "tokens_out": trial.tokens_out or 0,
        "cost_usd": trial.cost_usd,
        "started_at": began.isoformat(),
        "finished_at": ended.isoformat(),
        "interrupted": trial.interruption is not None,
        "interruption_reason": trial.interruption,
        "ended": trial.ended or EndReason.ANSWERED.value,
        "duration_ms": trial.latency_ms,
        **{name: about[name] or "" for name in ("agent", "model", "architecture")},
        "user_id": trial.user_id,
    }
    if trial.state is not TrialState.ANSWERED:
        about["error"] = {"type": trial.error_type or "Timeout", "message": trial.error or ""}
    return other_events(events, run_id=trial.run_id, began=began, about=about)


def _names(specs: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """A name for each log: what tells them apart, model before solver before task."""
    ways = [
        [str(spec["model"]) for spec in specs],
        [f"{spec['model']} · {spec.get('solver') or spec['task']}" for spec in specs],
        [f"{spec['task']} · {spec['model']}" for spec in specs],
    ]
    names = next((one for one in ways if len(set(one)) == len(one)), ways[-1])
    return tuple(name if names.index(name) == place else f"{name} #{place + 1}" for place, name in enumerate(names))


def _manifest(log: _Log) -> dict[str, Any]:
    spec = log["eval"]
    sampling = {k: v for k, v in (spec.get("model_generate_config") or {}).items() if v not in (None, [], {})}
    steps = [step["solver"] for step in (log.get("plan") or {}).get("steps") or ()]
    made = {"kind": "agent", "model": str(spec["model"]), "sampling": sampling, "architecture": "inspect_ai"}
    made["architecture"] = str(spec.get("solver") or " → ".join(steps) or made["architecture"])
    args = {**(spec.get("task_args") or {}), **(spec.get("solver_args") or {})}
    return made | ({"architecture parameters": args} if args else {}) | {"task": str(spec["task"])}


def _dataset(logs: Sequence[_Log]) -> Dataset:
    cases: dict[str, Case] = {}
    for log in logs:
        for sample in log["samples"]:
            target = sample.get("target")
            case = Case(str(sample["id"]), _asked(sample), target or None, None, sample.get("metadata") or {})
            first = cases.setdefault(case.id, case)
            if first.input != case.input:
                raise ConfigError(f"the sample {case.id!r} asks different things in these logs; import them apart")
    return Dataset(cases.values(), name=str(logs[0]["eval"]["dataset"].get("name") or logs[0]["eval"]["task"]))


def _asked(sample: Mapping[str, Any]) -> Any:
    given = sample["input"]
    if isinstance(given, str):
        return given
    said = [f"{one['role']}: {content_text(one['content'])}" for one in given]
    return content_text(given[0]["content"]) if len(given) == 1 else "\n".join(said)


def _trials(log: _Log) -> Iterator[Trial]:
    whose = str(log["eval"].get("eval_id") or log["eval"]["created"])
    for sample in log["samples"]:
        usage = sample.get("model_usage") or {}
        spent = tuple(_entry(model, one, sample) for model, one in usage.items())
        costs = [one.get("total_cost") for one in usage.values()]
        took = sample.get("total_time")
        trial = Trial(
            id="",
            case_id=str(sample["id"]),
            arm="",
            epoch=int(sample["epoch"]),
            user_id="",
            output=content_text((sample.get("output") or {}).get("completion")),
            scores=scores_of(sample.get("scores") or {}),
            tokens_in=sum(one.get("input_tokens") or 0 for one in usage.values()) if usage else None,
            tokens_out=sum(one.get("output_tokens") or 0 for one in usage.values()) if usage else None,
            cost_usd=sum(costs) if usage and None not in costs else None,
            latency_ms=None if took is None else float(took) * 1000,
            turns=sum(event["event"] == "model" for event in sample.get("events") or ()),
            run_id="run_" + deterministic_hash([whose, str(sample["id"]), sample["epoch"]])[:26].upper(),
            spent=spent,
            ended=EndReason.ANSWERED.value,
        )
        _stopped(trial, sample)
        yield trial


def _entry(model: str, usage: Mapping[str, Any], sample: Mapping[str, Any]) -> Entry:
    calls = sum(event["event"] == "model" and event["model"] == model for event in sample.get("events") or ())
    cost, known = usage.get("total_cost"), usage.get("total_cost") is not None
    tokens = usage.get("input_tokens") or 0, usage.get("output_tokens") or 0
    return Entry("agent", "agent", model, max(1, calls), *tokens, cost or 0.0, 0 if known else max(1, calls))


def _stopped(trial: Trial, sample: Mapping[str, Any]) -> None:
    error, limit = sample.get("error"), sample.get("limit")
    if error:
        said = str(error.get("message") or "")
        kind = said.split("(", 1)[0].split(":", 1)[0].strip()
        trial.state, trial.error = TrialState.ERROR, said
        trial.error_type = kind if kind.isidentifier() else "Error"
        trial.output, trial.ended, trial.scores = None, EndReason.ERROR.value, {}
    elif limit:
        trial.interruption = f"limit:{limit['type']}"
        trial.ended = EndReason.BUDGET.value if limit["type"] in ("token", "cost", "time") else EndReason.TURN_CAP.value
