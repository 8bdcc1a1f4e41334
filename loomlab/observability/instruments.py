"""The instruments of a meter: made when they are first used, and never more series than a process can hold."""

import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from loomlab.core.conventions import conventional
from loomlab.observability.attributes import Plain, labels_of

if TYPE_CHECKING:
    from opentelemetry.metrics import Counter, Histogram, Meter, UpDownCounter

USERS = 1_000
"""Users that have series of their own. A metric store keeps every series for good; the others share one."""
_UNITS = {"_ms": "ms", "_seconds": "s", "_bytes": "By"}
_FEW = ("gen_ai.operation.name", "gen_ai.provider.name", "gen_ai.request.model")


class Instruments:
    """Counters and histograms by name."""

    def __init__(self, meter: "Meter") -> None:
        self._meter = meter
        self._made: dict[str, Counter | Histogram | UpDownCounter] = {}
        self._users: set[str] = set()
        self._lock = threading.Lock()

    def measure(self, name: str, value: float, attrs: Mapping[str, Any]) -> None:
        """Count ``value``, or put it into the histogram where the name ends in ``_ms``, ``_seconds``, ``_bytes``."""
        labels = labels_of(self._bounded(attrs))
        instrument = self._instrument(name, value)
        if hasattr(instrument, "record"):
            instrument.record(value, labels)
        elif value >= 0:
            instrument.add(value, labels)

    def model_call(self, name: str, attrs: Mapping[str, Any], seconds: float, error: str | None) -> None:
        """The two metrics that the GenAI conventions want of every model call."""
        if not name.startswith("loom.model."):
            return
        theirs = conventional(name, attrs)
        labels: dict[str, Plain] = {key: str(theirs[key]) for key in _FEW if key in theirs}
        if error is not None:
            labels["error.type"] = error
        self._histogram("gen_ai.client.operation.duration", "s").record(seconds, labels)
        for ours, kind in (("tokens_in", "input"), ("tokens_out", "output")):
            if attrs.get(ours) is not None:
                self._histogram("gen_ai.client.token.usage", "{token}").record(
                    attrs[ours], {**labels, "gen_ai.token.type": kind}
                )

    def _bounded(self, attrs: Mapping[str, Any]) -> Mapping[str, Any]:
        user = attrs.get("user_id")
        if user is None or user in self._users:
            return attrs
        with self._lock:
            if len(self._users) < USERS:
                self._users.add(str(user))
                return attrs
        return {**{key: value for key, value in attrs.items() if key != "user_id"}, "otel.metric.overflow": True}

    def _instrument(self, name: str, value: float) -> Any:
        unit = next((unit for end, unit in _UNITS.items() if name.endswith(end)), None)
        if unit is not None:
            return self._histogram(name, unit)
        with self._lock:
            if name not in self._made:
                self._made[name] = self._meter.create_counter(name)
            return self._made[name]

    def _histogram(self, name: str, unit: str) -> "Histogram":
        with self._lock:
            if name not in self._made:
                self._made[name] = self._meter.create_histogram(name, unit=unit)
            made: Any = self._made[name]
        found: Histogram = made
        return found
