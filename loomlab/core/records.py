"""What is written down beside a run: audit entries, spans, changes to the tools, certified values."""

from datetime import datetime
from typing import Any, Literal

from pydantic import ConfigDict, Field

from loomlab.core.ids import new_id
from loomlab.core.messages import utc_now
from loomlab.core.value import Value


class AuditEntry(Value):
    """One signed line of an audit log. ``previous`` is the signature of the line before it, empty for the first."""

    model_config = ConfigDict(frozen=True)

    seq: int
    timestamp: datetime
    session_id: str
    user_id: str | None = None
    actor: str
    action: str
    payload: dict[str, Any] = Field(default_factory=dict)
    previous: str = ""
    signature: str = ""


class Span(Value):
    """A stretch of work that telemetry measures."""

    name: str
    trace_id: str = ""
    span_id: str = Field(default_factory=lambda: new_id("span"))
    started_at: datetime = Field(default_factory=utc_now)
    attributes: dict[str, Any] = Field(default_factory=dict)


class ToolEvent(Value):
    """A tool host gained, lost or changed a tool."""

    kind: Literal["added", "removed", "updated"]
    tool: str
    server: str | None = None
    at: datetime = Field(default_factory=utc_now)


class CertifiedValue(Value):
    """A value with its source, its age and the values it was made from."""

    model_config = ConfigDict(frozen=True)

    value: Any
    source: str
    fetched_at: datetime
    valid_until: datetime | None = None
    schema_version: str = "1"
    lineage: tuple["CertifiedValue", ...] = ()
