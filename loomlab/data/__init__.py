"""Certified values: how old a value may be and where it may come from. Open ``freshness.py`` first.

A tool returns a ``CertifiedValue`` (``loomlab.core``): the value, its source, when it was fetched, what it was made
from. ``Agent(freshness=…, lineage=…)`` lets no stale value and none from a foreign source through to the model.
"""

from loomlab.data.found import certified_values
from loomlab.data.freshness import FreshnessPolicy, check_freshness, require_freshness
from loomlab.data.lineage import LineagePolicy, ancestry, check_lineage, require_lineage

__all__ = [
    "FreshnessPolicy",
    "LineagePolicy",
    "ancestry",
    "certified_values",
    "check_freshness",
    "check_lineage",
    "require_freshness",
    "require_lineage",
]
