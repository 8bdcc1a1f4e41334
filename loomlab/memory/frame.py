"""Facts as rows: one a fact, with its state and the words it came from."""

from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from loomlab.core.errors import ConfigError
from loomlab.core.messages import utc_now
from loomlab.core.remembered import Episode, Fact
from loomlab.memory.instants import instant

if TYPE_CHECKING:
    from pandas import DataFrame

COLUMNS = (
    "id", "subject", "predicate", "object", "confidence", "valid_from", "valid_until", "recorded_at", "state",
    "sources", "source_text",
)  # fmt: skip


class KnowsFacts(Protocol):
    """What rows are made from."""

    async def facts_at(
        self, *, user_id: str | None = None, true_at: datetime | None = None, known_at: datetime | None = None
    ) -> list[Fact]:
        """What was known when about when."""

    async def episodes(
        self, *, user_id: str | None = None, session_id: str | None = None, limit: int | None = None
    ) -> list[Episode]:
        """What facts came from."""


def state(fact: Fact, at: datetime) -> str:
    """``"future"`` before a fact holds, ``"true"`` while it does, ``"ended"`` after; ``"never"`` if corrected away."""
    if fact.valid_until is not None and instant(fact.valid_until) <= instant(fact.valid_from):
        return "never"
    if instant(at) < instant(fact.valid_from):
        return "future"
    return "true" if fact.valid_until is None or instant(at) < instant(fact.valid_until) else "ended"


async def fact_rows(
    memory: KnowsFacts, *, user_id: str | None = None, true_at: datetime | None = None, known_at: datetime | None = None
) -> list[dict[str, Any]]:
    """The facts as plain rows with the keys ``COLUMNS``; ``state`` is that at ``true_at``, or now."""
    facts = await memory.facts_at(user_id=user_id, true_at=true_at, known_at=known_at)
    said: dict[str, str] = {}
    if any(fact.sources for fact in facts):
        said = {one.id: one.input for one in await memory.episodes(user_id=user_id)}
    at = true_at or utc_now()
    rows: list[dict[str, Any]] = []
    for fact in facts:
        row = {name: getattr(fact, name, None) for name in COLUMNS}
        row["state"] = state(fact, at)
        row["source_text"] = "\n".join(said[source] for source in fact.sources if source in said)
        rows.append(row)
    return rows


async def fact_frame(
    memory: KnowsFacts, *, user_id: str | None = None, true_at: datetime | None = None, known_at: datetime | None = None
) -> "DataFrame":
    """The same as a pandas DataFrame; times are in UTC."""
    try:
        from pandas import DataFrame, to_datetime
    except ImportError as exc:
        raise ConfigError("a frame of facts needs the package pandas: pip install 'loomlab[memory]'") from exc
    rows = await fact_rows(memory, user_id=user_id, true_at=true_at, known_at=known_at)
    frame = DataFrame(rows, columns=list(COLUMNS))
    for name in ("valid_from", "valid_until", "recorded_at"):
        frame[name] = to_datetime(frame[name], utc=True)
    return frame
