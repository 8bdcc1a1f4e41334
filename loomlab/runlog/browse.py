"""The runs of a log for a list that is scrolled, searched and filtered: a page, the values to filter by, the sums."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from loomlab.core.errors import ConfigError
from loomlab.core.nearest import did_you_mean
from loomlab.runlog.asking import Asking

PREVIEW = 200
"""Characters of a prompt and of an output in a page."""

MOST_VALUES = 200
"""Values of one facet."""

OUTCOME = "coalesce(ended, status)"
"""How a run ended, as far as it did: why it ended, else running or lost."""

_FACETS = {
    "user": "user_id",
    "architecture": "architecture",
    "model": "model",
    "outcome": OUTCOME,
    "notebook": "notebook",
    "session": "session_id",
}
_SEARCHED = ("prompt", "output", "agent", "user_id", "error")
_SHORT = (
    *("run_id", "parent_run_id", "user_id", "session_id", "agent", "architecture", "model", "status", "ended", "turns"),
    *("tokens_in", "tokens_out", "cost_usd", "duration_ms", "notebook", "error_type"),
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class RunsPage:
    """A stretch of the runs that fit, the newest first, and how many fit in all.

    A row has the columns of ``runs``, without the long ones; ``prompt`` and ``output`` are cut to ``PREVIEW``.
    """

    total: int
    rows: list[dict[str, Any]]


@dataclass(frozen=True)
class Extent:
    """How much a log holds: runs (sub-runs included), evaluations, and the newest outermost run."""

    runs: int
    evaluations: int
    latest: str | None


def read_page(
    asking: Asking,
    *,
    limit: int,
    offset: int = 0,
    text: str = "",
    outermost: bool = True,
    min_cost: float | None = None,
    max_cost: float | None = None,
    filters: Mapping[str, str] | None = None,
) -> RunsPage:
    """See ``RunLog.page``."""
    if limit < 1 or offset < 0:
        raise ConfigError(f"a page has at least one row and begins at 0 or later, not limit={limit}, offset={offset}")
    parts = ["parent_run_id IS NULL"] if outermost else []
    params: list[Any] = []
    for name, value in (filters or {}).items():
        if name not in _FACETS:
            raise ConfigError(f"a page of runs can't be filtered by {name!r}; {did_you_mean(name, _FACETS)}")
        parts.append(f"coalesce({_FACETS[name]}, '') = ?")
        params.append(value)
    for bound, sign in ((min_cost, ">="), (max_cost, "<=")):
        if bound is not None:
            parts.append(f"cost_usd {sign} ?")
            params.append(bound)
    if text:
        parts.append("(" + " OR ".join(f"contains(lower({name}), lower(?))" for name in _SEARCHED) + ")")
        params += [text] * len(_SEARCHED)
    where = f" WHERE {' AND '.join(parts)}" if parts else ""
    order = "ORDER BY started_at DESC NULLS LAST, run_id DESC"
    found = asking.fetch(
        f"SELECT run_id, count(*) OVER () FROM runs{where} {order} LIMIT {int(limit)} OFFSET {int(offset)}", params
    )
    if found:
        total = int(found[0][1])
    else:
        total = int(asking.fetch(f"SELECT count(*) FROM runs{where}", params)[0][0]) if offset else 0
    rows = {row["run_id"]: row for row in read_rows(asking, [row[0] for row in found])}
    return RunsPage(total, [rows[run_id] for run_id, _ in found if run_id in rows])


def read_rows(asking: Asking, run_ids: Iterable[str]) -> list[dict[str, Any]]:
    """The rows of these runs, in no order, as a page has them."""
    wanted = list(run_ids)
    if not wanted:
        return []
    columns = ", ".join(_SHORT)
    found = asking.fetch(
        f"SELECT epoch_us(started_at), left(prompt, {PREVIEW}), left(output, {PREVIEW}), {columns} FROM runs "
        "WHERE run_id IN (SELECT unnest(?::VARCHAR[]))",
        [wanted],
    )
    return [
        {
            "started_at": None if started is None else _EPOCH + timedelta(microseconds=started),
            "prompt": prompt or "",
            "output": output or "",
            **dict(zip(_SHORT, rest, strict=True)),
        }
        for started, prompt, output, *rest in found
    ]


def read_facets(asking: Asking, names: Iterable[str]) -> dict[str, list[tuple[str | None, int]]]:
    """See ``RunLog.facets``."""
    made = {}
    for name in names:
        if name not in _FACETS:
            raise ConfigError(f"runs have no facet {name!r}; {did_you_mean(name, _FACETS)}")
        found = asking.fetch(
            f"SELECT {_FACETS[name]} AS value, count(*) AS n FROM runs WHERE parent_run_id IS NULL "
            f"GROUP BY value ORDER BY n DESC, value NULLS LAST LIMIT {MOST_VALUES}"
        )
        made[name] = [(value, int(count)) for value, count in found]
    return made


def read_extent(asking: Asking) -> Extent:
    """See ``RunLog.extent``."""
    runs, evaluations = asking.fetch("SELECT (SELECT count(*) FROM runs), (SELECT count(*) FROM evaluations)")[0]
    latest = asking.fetch(
        "SELECT run_id FROM runs WHERE parent_run_id IS NULL ORDER BY started_at DESC NULLS LAST, run_id DESC LIMIT 1"
    )
    return Extent(int(runs), int(evaluations), str(latest[0][0]) if latest else None)
