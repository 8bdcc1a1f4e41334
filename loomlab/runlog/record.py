"""One run, read back: its row, its events in order (those of its sub-runs among them), its result."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import ValidationError
from pydantic_core import from_json

from loomlab.core.errors import ConfigError
from loomlab.core.events import Event, EventKind
from loomlab.core.results import RunResult
from loomlab.runlog.asking import Asking, conditions
from loomlab.runlog.schema import TABLES

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_RUNS = TABLES["runs"]
_EVENTS = """
    WITH RECURSIVE family(run_id) AS (
        SELECT ? UNION SELECT r.run_id FROM runs r JOIN family f ON r.parent_run_id = f.run_id)
    SELECT e.run_id, e.parent_run_id, e.session_id, epoch_us(e.happened_at), e.seq, e.kind, e.payload, e._segment,
           m.messages
    FROM store.all_events e JOIN family USING (run_id)
    LEFT JOIN model_calls m ON m.run_id = e.run_id AND m.seq = e.seq AND e.kind = 'model_chunk'
"""


@dataclass(frozen=True)
class RunRecord:
    """What the log holds of one run.

    ``info`` is its row of the table ``runs``. ``result`` is None where it has none: it goes on, failed or was lost.
    """

    run_id: str
    status: str
    info: Mapping[str, Any]
    events: list[Event]
    result: RunResult | None


def read_record(asking: Asking, run: str | int, user_id: str | None) -> RunRecord:
    """The run that ``run`` stands for."""
    run_id = resolve(asking, run, user_id)
    columns = ", ".join(
        f'epoch_us("{column.name}")' if column.type == "TIMESTAMPTZ" else f'"{column.name}"' for column in _RUNS.columns
    )
    values = asking.fetch(f"SELECT {columns} FROM runs WHERE run_id = ?", [run_id])[0]
    info = {column.name: _read(column.type, value) for column, value in zip(_RUNS.columns, values, strict=True)}
    events = _events(asking, run_id)
    return RunRecord(run_id, str(info["status"]), info, events, _result(events, run_id))


def resolve(asking: Asking, run: str | int, user_id: str | None = None) -> str:
    """The id of a run given by its id, the beginning or end of it, ``"last"``, or -1, -2, … from the last.

    With ``user_id`` only that user's runs count. ConfigError where no run, or more than one, fits.
    """
    where, params = conditions(_RUNS, {} if user_id is None else {"user_id": user_id})
    if isinstance(run, bool) or run == "" or (isinstance(run, int) and run >= 0):
        raise ConfigError(f"a run is an id, the beginning of one, 'last', or -1, -2, … from the last; not {run!r}")
    if run == "last" or isinstance(run, int):
        place = -run if isinstance(run, int) else 1
        outer = f"{where} AND" if where else " WHERE"
        found = asking.fetch(
            f"SELECT run_id FROM runs{outer} parent_run_id IS NULL ORDER BY started_at DESC, run_id DESC "
            "LIMIT 1 OFFSET ?",
            [*params, place - 1],
        )
        if found:
            return str(found[0][0])
        raise ConfigError(f"no such run {run!r}; {_last(asking, user_id)}")
    found = asking.fetch(
        f"SELECT run_id, run_id IN (?, 'run_' || ?) AS exact FROM (FROM runs{where}) WHERE starts_with(run_id, ?) "
        "OR starts_with(run_id, 'run_' || ?) OR (length(?) >= 4 AND ends_with(run_id, ?)) "
        "ORDER BY exact DESC, run_id LIMIT 4",
        [run, run, *params, run, run, run, run],
    )
    if len(found) == 1 or (found and found[0][1]):
        return str(found[0][0])
    if found:
        some = ", ".join(str(row[0]) for row in found[:3])
        raise ConfigError(f"{run!r} fits more than one run ({some}{', …' * (len(found) > 3)}); give more of the id")
    raise ConfigError(f"no such run {run!r}; {_last(asking, user_id)}")


def _last(asking: Asking, user_id: str | None) -> str:
    where, params = conditions(_RUNS, {} if user_id is None else {"user_id": user_id})
    order = "ORDER BY parent_run_id IS NULL DESC, started_at DESC, run_id DESC"
    found = asking.fetch(f"SELECT run_id FROM runs{where} {order} LIMIT 3", params)
    if not found:
        return "the log holds no run yet" if user_id is None else f"the log holds no run of {user_id!r}"
    return "the last ones are " + ", ".join(str(row[0]) for row in found)


def _events(asking: Asking, run_id: str) -> list[Event]:
    found = asking.fetch(_EVENTS, [run_id])
    # Within one process the counter tells the order; between processes only the clock can.
    one_process = len({row[7] for row in found}) == 1
    found.sort(key=lambda row: row[4] if one_process else (row[3] or 0, row[4]))
    events = []
    for run, parent, session, at, _, kind, payload, _, messages in found:
        if kind not in EventKind.__members__.values():
            continue  # of a newer loomlab
        data = from_json(payload) if payload else {}
        data = data if isinstance(data, dict) else {}  # a line that somebody else has written
        if messages is not None and isinstance(data.get("call"), dict):
            data["call"]["messages"] = from_json(messages)
        events.append(
            Event(kind, session, _EPOCH + timedelta(microseconds=at or 0), data, run_id=run, parent_run_id=parent)
        )
    return events


def _result(events: list[Event], run_id: str) -> RunResult | None:
    for event in reversed(events):
        if event.run_id == run_id and event.kind in (EventKind.COMPLETED, EventKind.WORKFLOW_COMPLETED):
            try:
                return RunResult.model_validate(event.payload.get("result"))
            except ValidationError:  # so long that it was cut
                return None
    return None


def _read(kind: str, value: Any) -> Any:
    if value is None:
        return None
    if kind == "TIMESTAMPTZ":
        return _EPOCH + timedelta(microseconds=value)
    return from_json(value) if kind == "JSON" else value
