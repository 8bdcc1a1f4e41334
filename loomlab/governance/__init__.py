"""What a run may cost: budgets, and how often a failed model call is tried again. Open ``budget.py`` first."""

from loomlab.governance.budget import NoBudget
from loomlab.governance.classify import classify_model_error
from loomlab.governance.retry import RetryPolicy, compute_backoff

__all__ = ["NoBudget", "RetryPolicy", "classify_model_error", "compute_backoff"]
