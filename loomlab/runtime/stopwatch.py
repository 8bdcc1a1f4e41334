"""Measured figures of a run: wall time in milliseconds, passed through the cassette where there is one."""

from time import perf_counter
from typing import Any

from loomlab.core.ids import deterministic_hash
from loomlab.core.protocols import Stopwatch


class Timer:
    """Measures from the start of the outermost run. A replayed run gets the recorded figures instead."""

    __slots__ = ("_prefix", "_started", "_tape")

    def __init__(self, model: Any, outer: "Timer | None" = None) -> None:
        self._started: float = outer._started if outer is not None else perf_counter()
        own = model if hasattr(model, "measure") else None
        self._tape: Stopwatch | None = own or (outer._tape if outer is not None else None)

        self._prefix = ""

    @property
    def taped(self) -> bool:
        """Whether figures are recorded or replayed, so that keys matter."""
        return self._tape is not None

    def label(self, prompt: str, *, outer: "Timer | None" = None, step: str = "") -> None:
        """Tell this run's figures from those of runs beside it.

        ``step``: of which step of the run around it, whose timer is ``outer``; several may be asked the same.
        """
        if self._tape is not None:
            parts = (prompt, step, outer._prefix) if step and outer is not None else (prompt,)
            self._prefix = deterministic_hash(*parts)[:12]

    def keep(self, key: str, value: float) -> float:
        """The figure to show for ``key``."""
        return self._tape.measure(f"{self._prefix} {key}", value) if self._tape is not None else value

    def offset_ms(self, key: str) -> float:
        """Milliseconds since the outermost run began."""
        return self.keep(f"{key} offset", (perf_counter() - self._started) * 1000)

    def since_ms(self, key: str, began: float) -> float:
        """Milliseconds since ``began`` (a ``perf_counter`` reading)."""
        return self.keep(f"{key} duration", (perf_counter() - began) * 1000)
