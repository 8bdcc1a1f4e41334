"""What an evaluation spent before it was cut off on trials that it never finished, as the run log knows it."""

from typing import Any, Protocol, runtime_checkable

from loomlab.evals.evaluation import Evaluation
from loomlab.evals.ledger import Entry

_QUERY = """
WITH kept AS (
    SELECT r.session_id FROM trials t JOIN runs r ON r.run_id = t.run_id
    WHERE t.evaluation_id = $id AND r.session_id IS NOT NULL
), failed AS (
    SELECT user_id FROM trials WHERE evaluation_id = $id AND run_id IS NULL
)
SELECT user_id, role, model, count(*) AS calls, sum(tokens_in) AS tokens_in, sum(tokens_out) AS tokens_out,
    coalesce(sum(cost_usd), 0) AS known_usd, count(*) FILTER (cost_usd IS NULL OR error IS NOT NULL) AS unknown,
    count(*) FILTER (cached) AS cached
FROM model_calls
WHERE starts_with(user_id, $id || ':')
    AND split_part(session_id, '__', 1) NOT IN (SELECT session_id FROM kept)
    AND user_id NOT IN (SELECT user_id FROM failed)
GROUP BY user_id, role, model
"""
"""A trial's own ledger has the calls of its run and of the runs below (whose sessions begin with its session), and
those of a trial that failed: what is left belongs to trials that were broken off."""


@runtime_checkable
class AskedLog(Protocol):
    """The part of a run log that is needed here."""

    def sql(self, query: str, params: Any = None) -> Any:
        """Answer a query."""


def lost_work(log: object, evaluation: Evaluation) -> dict[str, list[Entry]]:
    """By arm, the calls of trials that were broken off; none where trials share a user: nothing tells them apart."""
    if evaluation.user_id is not None or not isinstance(log, AskedLog):
        return {}
    found: dict[str, list[Entry]] = {}
    for row in log.sql(_QUERY, {"id": evaluation.id}).to_dict("records"):
        rest = str(row["user_id"]).removeprefix(f"{evaluation.id}:")
        arm = next((one for one in evaluation.arms if rest.startswith(f"{one}:")), None)
        if arm is not None:
            calls, tokens_in, tokens_out, unknown, cached = (
                int(row[key]) for key in ("calls", "tokens_in", "tokens_out", "unknown", "cached")
            )
            by_whom, known_usd = (str(row["role"]), str(row["model"])), float(row["known_usd"])
            entry = Entry("abandoned", *by_whom, calls, tokens_in, tokens_out, known_usd, unknown, cached)
            found.setdefault(arm, []).append(entry)
    return found
