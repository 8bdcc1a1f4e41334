"""One logged run as a trace of MLflow: runs, steps, model calls, tools and memory as its spans."""

from datetime import UTC, datetime
from typing import Any

from loomlab.core.errors import ConfigError
from loomlab.core.redact import redact
from loomlab.runlog import RunRecord, TraceSpan, spans

_KINDS = {"run": "AGENT", "step": "CHAIN", "model": "CHAT_MODEL", "tool": "TOOL", "memory": "RETRIEVER"}
_BAD = frozenset({"failed", "error", "denied"})
_LONGEST = 64_000


def log_trace(mlflow: Any, record: RunRecord, experiment: str, *, run: str | None = None) -> str:
    """Write a run into the experiment; the trace's id. ``run`` is the MLflow run that it belongs to."""
    (root, *_) = spans(record.events)
    began = record.events[0].at if record.events else datetime.now(UTC)
    zero = round(began.timestamp() * 1e9) - round((root.start_ms or 0.0) * 1e6)
    about = {"mlflow.trace.user": record.info.get("user_id"), "mlflow.trace.session": record.info.get("session_id")}
    about |= {"mlflow.sourceRun": run, "loomlab.run_id": record.run_id}
    told = {key: str(value) for key, value in about.items() if value}
    made = mlflow.start_span_no_context(
        **_beginning(root, zero, zero), metadata=told, tags={"loomlab.run_id": record.run_id}, experiment_id=experiment
    )
    if made.start_time_ns is None:
        raise ConfigError(
            f"MLflow did not take the trace of {record.run_id}: its tracing is off; mlflow.tracing.enable()"
        )
    _inside(mlflow, root, made, zero)
    return str(made.trace_id)


def _inside(mlflow: Any, span: TraceSpan, made: Any, zero: int) -> int:
    begin = int(made.start_time_ns)
    end = begin + round((span.duration_ms or 0.0) * 1e6)
    for child in span.children:
        below = mlflow.start_span_no_context(**_beginning(child, zero, begin), parent_span=made)
        end = max(end, _inside(mlflow, child, below, zero))
    made.end(
        outputs={"output": _text(span.said), **({"calls": span.calls} if span.calls else {})},
        status="ERROR" if span.status in _BAD else "OK",
        end_time_ns=end,
    )
    return end


def _beginning(span: TraceSpan, zero: int, earliest: int) -> dict[str, Any]:
    figures: dict[str, Any] = {"loomlab.status": span.status, "loomlab.cost_usd": span.cost_usd}
    if span.kind == "model":
        whole = {"input_tokens": span.tokens_in, "output_tokens": span.tokens_out}
        figures["mlflow.chat.tokenUsage"] = {**whole, "total_tokens": span.tokens_in + span.tokens_out}
        figures["loomlab.model"] = span.by
    return {
        "name": span.name or span.kind,
        "span_type": _KINDS[span.kind],
        "inputs": {"input": _text(span.given)},
        "attributes": {key: value for key, value in figures.items() if value is not None},
        "start_time_ns": earliest if span.start_ms is None else max(earliest, zero + round(span.start_ms * 1e6)),
    }


def _text(said: str) -> str:
    masked = redact(said)
    return masked if len(masked) <= _LONGEST else f"{masked[:_LONGEST]}… {len(masked) - _LONGEST:,} characters cut"
