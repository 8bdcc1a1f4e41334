"""Ways to judge an answer. A scorer is ``(result, case) -> bool | float | Score | None``, sync or async, with a name.

Open ``exact.py`` first: the others have its shape. ``result`` is a ``RunResult``; ``case.target`` a value, or a list
of values of which any is right. A case without a target is *unscored*, which is not 0.
"""

from loomlab.evals.scorers.base import Scorer, scorer, scorer_name
from loomlab.evals.scorers.exact import exact
from loomlab.evals.scorers.includes import includes
from loomlab.evals.scorers.json_match import json_match
from loomlab.evals.scorers.named import from_spec, names
from loomlab.evals.scorers.numeric import numeric

__all__ = ["Scorer", "exact", "from_spec", "includes", "json_match", "names", "numeric", "scorer", "scorer_name"]
