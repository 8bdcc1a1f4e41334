"""What a run may cost: budgets, and how often a failed model call is tried again. Open ``budget.py`` first."""

from loomlab.governance.budget import NoBudget, StandardBudget
from loomlab.governance.classify import classify_model_error
from loomlab.governance.config import BudgetConfig
from loomlab.governance.retry import RetryPolicy, compute_backoff

__all__ = ["BudgetConfig", "NoBudget", "RetryPolicy", "StandardBudget", "classify_model_error", "compute_backoff"]
