"""Evaluations in the formats of other tools, and back. Open ``inspect_log.py`` first.

``inspect_log.py`` writes logs of inspect_ai and ``inspect_read.py`` reads them; ``inspect_calls.py`` turns what
happened in a run into their events, ``inspect_runs.py`` turns such events into a run. ``page.py`` makes one HTML file,
``mlflow_log.py`` fills an MLflow store.
"""

from loomlab.evals.interop.inspect_log import to_inspect
from loomlab.evals.interop.inspect_read import from_inspect
from loomlab.evals.interop.mlflow_log import to_mlflow
from loomlab.evals.interop.page import to_html

__all__ = ["from_inspect", "to_html", "to_inspect", "to_mlflow"]
