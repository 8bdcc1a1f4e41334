"""What the models cost, grouped: a view over the calls, computed when it is asked for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from loomlab.core.errors import ConfigError
from loomlab.core.nearest import did_you_mean
from loomlab.runlog.asking import Asking, conditions
from loomlab.runlog.schema import TABLES

if TYPE_CHECKING:
    import pandas as pd

_GROUPS = {
    "model": "m.model",
    "role": "m.role",
    "user": "m.user_id",
    "session": "m.session_id",
    "run": "m.run_id",
    "agent": "r.agent",
    "architecture": "r.architecture",
    "day": "strftime(m.finished_at, '%Y-%m-%d')",
}
_NAMES = {"user": "user_id", "session": "session_id", "run": "run_id"}
_SUMS = """
    count(*) AS calls,
    coalesce(sum(m.tokens_in), 0)::BIGINT AS tokens_in,
    coalesce(sum(m.tokens_out), 0)::BIGINT AS tokens_out,
    coalesce(sum(m.cached_tokens), 0)::BIGINT AS cached_tokens,
    coalesce(sum(m.cost_usd) FILTER (NOT coalesce(m.cached, false)), 0)::DOUBLE AS cost_usd,
    count(*) FILTER (m.cost_usd IS NULL AND NOT coalesce(m.cached, false)) AS calls_unpriced,
    count(*) FILTER (m.cached) AS calls_cached,
    coalesce(sum(m.cost_usd) FILTER (m.cached), 0)::DOUBLE AS cached_usd
"""


@dataclass(frozen=True)
class Spent:
    """Use of models. ``cost_usd`` is the known part of what was paid, ``calls_unpriced`` have no known price."""

    calls: int
    tokens_in: int
    tokens_out: int
    cost_usd: float
    calls_unpriced: int
    calls_cached: int


def read_spent(asking: Asking, since: datetime | None, notebook: str | None) -> Spent:
    """See ``RunLog.spent``."""
    parts: list[str] = []
    params: list[Any] = []
    if since is not None:
        parts.append("epoch_us(m.finished_at) >= ?::BIGINT")
        params.append(int(since.timestamp() * 1_000_000))
    if notebook is not None:
        parts.append("m.run_id IN (SELECT run_id FROM runs WHERE notebook = ?)")
        params.append(notebook)
    where = f" WHERE {' AND '.join(parts)}" if parts else ""
    found = asking.fetch(f"SELECT {_SUMS} FROM model_calls m{where}", params)[0]
    calls, tokens_in, tokens_out, _, cost_usd, unpriced, cached, _ = found
    return Spent(calls, tokens_in, tokens_out, cost_usd, unpriced, cached)


def read_cost(asking: Asking, by: str | Sequence[str] | None, filters: Mapping[str, Any]) -> "pd.DataFrame":
    """One row a group, the dearest first; one row in all where ``by`` is empty."""
    groups = [by] if isinstance(by, str) else list(by or ())
    short = {long: name for name, long in _NAMES.items()}
    groups = [short.get(group, group) for group in groups]
    for group in groups:
        if group not in _GROUPS:
            raise ConfigError(f"cost can't be grouped by {group!r}; {did_you_mean(group, _GROUPS)}")
    where, params = conditions(TABLES["model_calls"], filters, of="m.")
    columns = "".join(f'{_GROUPS[group]} AS "{_NAMES.get(group, group)}", ' for group in groups)
    tail = " GROUP BY ALL ORDER BY cost_usd DESC, calls DESC, ALL" if groups else ""
    if groups:
        order = ", ".join(f'"{_NAMES.get(group, group)}"' for group in groups)
        tail = f" GROUP BY ALL ORDER BY cost_usd DESC, tokens_in DESC, {order}"
    return asking.frame(
        f"SELECT {columns}{_SUMS} FROM model_calls m LEFT JOIN runs r ON r.run_id = m.run_id{where}{tail}", params
    )
