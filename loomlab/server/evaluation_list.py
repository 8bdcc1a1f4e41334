"""Evaluations in the run log, each with how far it is."""

from datetime import UTC, datetime
from typing import Any

from pydantic_core import from_json

from loomlab.display.text import preview
from loomlab.runlog import RunLog
from loomlab.server.shapes_evaluations import EvaluationList, EvaluationRow

_MOST = 300
_EMPTY = "%%loom --ab react,rewoo --on capitals --n 20"
_EVALUATIONS = """
    WITH done AS (
        SELECT evaluation_id, count(*) AS done, sum(cost_usd) AS cost,
               count(*) FILTER (cost_usd IS NULL) AS unpriced
        FROM trials GROUP BY evaluation_id)
    SELECT e.evaluation_id, e.name, e.dataset, CAST(e.arms AS VARCHAR) AS arms, e.cases, e.repeats, e.status,
           epoch_us(e.started_at) AS started_us, d.done, d.cost, d.unpriced
    FROM evaluations e LEFT JOIN done d USING (evaluation_id)
"""


def evaluation_list(log: RunLog) -> EvaluationList:
    """The newest evaluations, the newest first."""
    total = int(log.sql("SELECT count(*) AS n FROM evaluations")["n"][0])
    rows = _rows(log, "ORDER BY e.started_at DESC NULLS LAST, e.evaluation_id DESC LIMIT ?", [_MOST])
    answer: EvaluationList = {"rows": rows, "total": total}
    if not total:
        answer["empty"] = _EMPTY
    return answer


def evaluation_row(log: RunLog, evaluation_id: str) -> EvaluationRow | None:
    """The one with this very id; None where there is none."""
    return next(iter(_rows(log, "WHERE e.evaluation_id = ?", [evaluation_id])), None)


def _rows(log: RunLog, tail: str, params: list[Any]) -> list[EvaluationRow]:
    found = log.sql(f"{_EVALUATIONS}{tail}", params).to_dict("records")
    return [_row({str(name): None if value != value else value for name, value in one.items()}) for one in found]


def _row(row: dict[str, Any]) -> EvaluationRow:
    arms = from_json(row["arms"]) if isinstance(row["arms"], str) else {}
    names = [str(one) for one in arms] if isinstance(arms, (dict, list)) else []
    at, done = row["started_us"], int(row["done"] or 0)
    return {
        "evaluation_id": row["evaluation_id"],
        "suite": preview(str(row["name"] or "evaluation"), 200),
        "dataset": preview(str(row["dataset"] or ""), 200),
        "arms": [preview(one, 100) for one in names],
        "cases": int(row["cases"] or 0),
        "done": done,
        "planned": max(done, int(row["cases"] or 0) * int(row["repeats"] or 1) * len(names)),
        "status": str(row["status"] or ""),
        "started_at": None if at is None else datetime.fromtimestamp(int(at) / 1e6, UTC).isoformat(),
        "cost_usd": None if row["unpriced"] or not done else float(row["cost"] or 0.0),
    }
