"""Whose a row is, and which of its columns are words: what scrubbing a log goes by."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from loomlab.runlog.clip import cut, safe
from loomlab.runlog.schema import Table

_KEPT_NAMES = (
    "run_id parent_run_id agent architecture model status error_type kind role finish_reason call_id tool decided_by "
    "action fact_id evaluation_id trial_id case_id arm scorer metric name dataset dataset_digest report arms scorers "
    "summary ended node label_id other_run_id other_arm choice"
)
_KEPT = frozenset(_KEPT_NAMES.split())
_FIGURES = frozenset({"BIGINT", "DOUBLE", "BOOLEAN", "TIMESTAMPTZ"})


def is_text(table: Table, name: str) -> bool:
    """Whether a column may hold what a user, a model or a tool said, or tell who the user is.

    Whatever is not known to be a figure or a name of ours counts as text, columns of the future too.
    """
    return name not in _KEPT and table.by_name[name].type not in _FIGURES


@dataclass(frozen=True)
class Owner:
    """Whose rows are meant: the forms in which the log writes the user, and the runs that are known to be theirs.

    No form: nobody in particular. ``others`` are runs of named users; only they tell which rows that name no user
    belong to somebody all the same.
    """

    forms: frozenset[str]
    runs: frozenset[str]
    others: frozenset[str]

    @classmethod
    def among(cls, user_id: str | None, pairs: Iterable[tuple[Any, Any]]) -> "Owner":
        """The owner, as far as ``pairs`` of run and user tell."""
        stored = None if user_id is None else str(safe(user_id))
        forms = frozenset() if stored is None else frozenset({stored, cut(stored)})
        mine: set[str] = set()
        others: set[str] = set()
        for run, user in pairs:
            if isinstance(run, str) and isinstance(user, str):
                (mine if user in forms else others).add(run)
        return cls(forms, frozenset(mine), frozenset(others))

    def owns(self, row: dict[str, Any]) -> bool:
        """Whether a row is the user's."""
        user, run = row.get("user_id"), row.get("run_id")
        if self.forms:
            return user in self.forms if user is not None else run in self.runs
        return user is None and run not in self.others
