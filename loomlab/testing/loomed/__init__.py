"""The parts of ``pytest --loom``. Open ``suites.py`` first."""

from loomlab.testing.loomed.settings import Settings
from loomlab.testing.loomed.unmet import Unmet

__all__ = ["Settings", "Unmet"]
