"""Where certified values are held to the policies of a run: after the tool ran, before anybody reads its result."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from loomlab.core.errors import ConfigError
from loomlab.core.events import EventKind
from loomlab.core.messages import ToolCall, ToolResult, utc_now
from loomlab.core.records import CertifiedValue
from loomlab.data.found import certified_values
from loomlab.data.freshness import FreshnessPolicy, aware, lasting, staleness
from loomlab.data.lineage import LineagePolicy, ancestry, listed

if TYPE_CHECKING:
    from loomlab.runtime.run import Run

SHOWN = 20
"""Values of one result that watchers are told of."""


@dataclass(frozen=True, slots=True)
class ValuePolicies:
    """What the certified values of a run's tools are held to. ConfigError for what is no such policy."""

    freshness: FreshnessPolicy | None = None
    lineage: LineagePolicy | None = None

    def __post_init__(self) -> None:
        for given, kind in ((self.freshness, FreshnessPolicy), (self.lineage, LineagePolicy)):
            if given is not None and not isinstance(given, kind):
                raise ConfigError(
                    f"{kind.__name__.removesuffix('Policy').lower()} takes a loomlab.data.{kind.__name__}, "
                    f"not {type(given).__name__}"
                )


@dataclass(frozen=True, slots=True)
class _Seen:
    """A value, what it is part of, and its age when the tool returned it."""

    value: CertifiedValue
    whole: CertifiedValue
    age: timedelta


async def hold(
    run: Run, call: ToolCall, result: ToolResult, seen: list[dict[str, Any]], *, replayed: bool = False
) -> ToolResult:
    """The result, or an error in its place where one of its values is stale or of a source that is not allowed.

    ``seen`` gets source and age of each value, for those who watch. What a value was made from counts like the value. A
    result ``replayed`` from a journal is judged as of when the tool returned it.
    """
    if not result.ok:
        return result
    faults: list[dict[str, Any]] = []
    for one in _aged(run, call, result.output, result.started_at if replayed else utc_now()):
        found = next(filter(None, (_fault(one, policies) for policies in run.held_to)), None)
        if one.value is one.whole and len(seen) < SHOWN:
            seen.append(_told(one))
        if found is not None:
            faults.append({"call_id": call.id, "tool": call.tool, **_told(one), **found})
    if not faults:
        return result
    for fault in faults[:SHOWN]:
        if run.audit_log is not None and not replayed:
            await run.audit_log.append(
                session_id=run.context.session_id or "",
                actor="system",
                action="value_rejected",
                payload=fault,
                user_id=run.context.user_id,
            )
        if run.watched:
            await run.emit(EventKind.ARCHITECTURE_EVENT, {"name": "value.rejected", **fault})
    more = f" (and {len(faults) - 3} more)" if len(faults) > 3 else ""
    said = "; ".join(dict.fromkeys(str(fault["why"]) for fault in faults[:3]))
    return ToolResult.error_(
        call.id,
        f"{said}{more}. The result was not used: fetch the value again, or from a source that is allowed.",
        duration_ms=result.duration_ms,
        started_at=result.started_at,
    )


def _aged(run: Run, call: ToolCall, output: Any, now: datetime) -> Iterator[_Seen]:
    key = f"tool {call.tool} {call.args} age" if run.timer.taped else ""
    for whole in certified_values(output):
        for value in ancestry(whole):
            # An age is a measured figure: a replayed run shows, and goes by, the one that was recorded.
            seconds = run.timer.keep(key, (aware(now) - aware(value.fetched_at)).total_seconds())
            yield _Seen(value, whole, timedelta(seconds=seconds))


def _fault(one: _Seen, policies: ValuePolicies) -> dict[str, Any] | None:
    value = one.value
    name = f"the value from {value.source!r}"
    if value is not one.whole:
        name += f", which the one from {one.whole.source!r} was made from,"
    if policies.lineage is not None and not policies.lineage.allows(value.source):
        allowed = listed(policies.lineage)
        return {
            "reason": "source",
            "allowed": allowed,
            "why": f"{name} is from a source that is not allowed (allowed: {allowed})",
        }
    if policies.freshness is not None:
        stale = staleness(value, policies.freshness, now=aware(value.fetched_at) + one.age)
        if stale is not None:
            most = policies.freshness.max_age_for(value.source)
            return {
                "reason": "stale",
                "allowed": "valid values" if most is None else lasting(most),
                "why": f"{name} is stale: {stale}",
            }
    return None


def _told(one: _Seen) -> dict[str, Any]:
    value = one.value
    behind = list(dict.fromkeys(parent.source for parent in ancestry(value) if parent is not value))
    told: dict[str, Any] = {"source": value.source, "age_s": round(one.age.total_seconds(), 3)}
    told["fetched_at"] = aware(value.fetched_at).isoformat()
    if value is not one.whole:
        told["part_of"] = one.whole.source
    return told | ({"made_from": behind[:SHOWN]} if behind else {})
