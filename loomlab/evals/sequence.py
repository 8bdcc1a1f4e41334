"""An interval for a mean that stays valid however often one looks at it, and whenever one stops."""

import math
from typing import Any

from loomlab.core.errors import ConfigError

_POINTS = 2_001
_CUT = 0.5
"""How much of its capital a bet may lose at most."""


class ConfidenceSequence:
    """The mean of bounded observations, bounded at every moment at once: P(the mean is ever outside) <= 1 - confidence.

    Two gamblers bet on every candidate mean of a grid, one that the truth lies above it and one that it lies below; a
    candidate against which they grow rich enough is ruled out for good. Observations may have ranges of their own, as
    long as each range is known before the observation is.

    Source: Waudby-Smith and Ramdas, "Estimating means of bounded random variables by betting", JRSS B, 2024 (the hedged
    capital process with predictable plug-in bets).

    ``low`` and ``high`` bound the mean. Raises ``ConfigError`` for a confidence that is none, or an empty range.
    """

    def __init__(self, low: float = -1.0, high: float = 1.0, *, confidence: float = 0.95) -> None:
        if not 0 < confidence < 1:
            raise ConfigError(f"confidence lies between 0 and 1, not {confidence}")
        if not low < high:
            raise ConfigError(f"a mean between {low} and {high} is known already")
        try:
            import numpy
        except ImportError:
            raise ImportError("a sequential interval needs the package numpy: pip install 'loomlab[evals]'") from None
        self._numpy: Any = numpy
        self.confidence = confidence
        self.count = 0
        self._alpha = 1 - confidence
        self._grid = numpy.linspace(low, high, _POINTS)
        self._above = numpy.zeros(_POINTS)
        self._below = numpy.zeros(_POINTS)
        self._alive = numpy.ones(_POINTS, dtype=bool)
        self._sum = 0.0
        self._scatter = ((high - low) / 2) ** 2

    @property
    def interval(self) -> tuple[float, float]:
        """Lower and upper end at this moment; never wider than before."""
        alive = self._grid[self._alive]
        if not len(alive):  # rounding: the last candidates fell together
            return self.mean, self.mean
        return float(alive[0]), float(alive[-1])

    @property
    def mean(self) -> float:
        """The mean so far, 0 before the first observation."""
        return self._sum / self.count if self.count else 0.0

    def add(self, value: float, low: float = -1.0, high: float = 1.0) -> None:
        """Take an observation that could have been anywhere between ``low`` and ``high``."""
        if not low <= value <= high:
            raise ConfigError(f"the observation {value} is not between {low} and {high}")
        numpy = self._numpy
        self.count += 1
        variance = self._scatter / self.count
        bet = math.sqrt(2 * math.log(2 / self._alpha) / (variance * self.count * math.log(1 + self.count)))
        room_below = numpy.maximum(self._grid - low, 1e-9)
        room_above = numpy.maximum(high - self._grid, 1e-9)
        gap = value - self._grid
        self._above += numpy.log1p(numpy.minimum(bet, _CUT / room_below) * gap)
        self._below += numpy.log1p(-numpy.minimum(bet, _CUT / room_above) * gap)
        richest = numpy.maximum(self._above, self._below) + math.log(0.5)
        self._alive &= richest < math.log(1 / self._alpha)
        self._sum += value
        self._scatter += (value - self._sum / self.count) ** 2
