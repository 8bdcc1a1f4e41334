"""What people said of two answers beside each other: votes, their tally, and labels made of them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import TYPE_CHECKING, Any

from loomlab.core.errors import ConfigError
from loomlab.core.ids import deterministic_hash
from loomlab.core.messages import utc_now
from loomlab.core.nearest import did_you_mean
from loomlab.evals.case import Case
from loomlab.evals.judging import Labelled
from loomlab.evals.judging.measures import Share

if TYPE_CHECKING:
    from pandas import DataFrame

CHOICES = ("a", "b", "tie", "bad")
"""What can be said: the first is better, the second is, they are equally good, both are bad."""

_VALUES = {"a": 1.0, "b": 0.0, "tie": 0.5, "bad": None}


def checked_choice(text: str) -> str:
    """The choice that a person means. Raises ConfigError with the nearest for anything else."""
    choice = text.strip().lower()
    if choice not in CHOICES:
        raise ConfigError(f"a vote is a, b, tie or bad, not {text!r}: {did_you_mean(choice, CHOICES)}")
    return choice


@dataclass(frozen=True, slots=True)
class Vote:
    """One judgement over two runs of one prompt; ``a`` and ``b`` are the names of the arms in the order they stood.

    ``answers`` are the two texts, None where the log has them no more. ``blind``: the names were hidden until then.
    """

    a: str
    b: str
    choice: str
    run_a: str
    run_b: str
    reason: str = ""
    prompt: str = ""
    blind: bool = False
    user_id: str | None = None
    at: datetime | None = None
    answers: tuple[str | None, str | None] = (None, None)

    @property
    def id(self) -> str:
        """The same for every vote over these two runs: a later one replaces it."""
        return f"vote_{deterministic_hash([self.run_a, self.run_b])[:24]}"

    @property
    def winner(self) -> str | None:
        """The name of the better arm; None for a tie and where both are bad."""
        return {"a": self.a, "b": self.b}.get(self.choice)

    def as_row(self) -> dict[str, Any]:
        """The vote as a row of the run log's table ``labels``."""
        return {
            "label_id": self.id,
            "kind": "vote",
            "user_id": self.user_id,
            "run_id": self.run_a,
            "other_run_id": self.run_b,
            "arm": self.a,
            "other_arm": self.b,
            "choice": self.choice,
            "value": _VALUES[self.choice],
            "reason": self.reason or None,
            "blind": self.blind,
            "prompt": self.prompt,
            "labelled_at": self.at or utc_now(),
        }

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> "Vote":
        """A row of the table ``labels``, with ``answer`` and ``other_answer`` where they were joined to it."""

        def text(name: str) -> str:
            return str(row[name]) if isinstance(row.get(name), str) else ""

        answers = tuple(row.get(name) if isinstance(row.get(name), str) else None for name in _ANSWERS)
        return cls(
            text("arm"),
            text("other_arm"),
            text("choice"),
            text("run_id"),
            text("other_run_id"),
            text("reason"),
            text("prompt"),
            row.get("blind") in (True, 1),
            text("user_id") or None,
            row.get("labelled_at"),
            (answers[0], answers[1]),
        )


_ANSWERS = ("answer", "other_answer")


@dataclass(frozen=True, slots=True)
class PairTally:
    """How two arms fared against each other. ``b_wins`` is the share of decided votes that went to ``b``, with the
    exact interval (Clopper and Pearson, "The use of confidence or fiducial limits", 1934); ``p_value`` the exact
    two-sided test that neither is preferred.
    """

    a: str
    b: str
    a_won: int
    b_won: int
    ties: int
    both_bad: int
    blind: int
    b_wins: Share
    p_value: float

    @property
    def n(self) -> int:
        """Votes in all."""
        return self.a_won + self.b_won + self.ties + self.both_bad


class Votes(Sequence[Vote]):
    """Votes in the order in which they were cast."""

    def __init__(self, votes: Sequence[Vote]) -> None:
        self._votes = tuple(votes)

    @classmethod
    def read(cls, log: Any, *, run_ids: Sequence[str] | None = None) -> "Votes":
        """The votes in a run log; ``run_ids`` keeps those over these runs."""
        rows = log.sql(
            "SELECT l.*, a.output AS answer, b.output AS other_answer FROM labels l "
            "LEFT JOIN runs a ON a.run_id = l.run_id LEFT JOIN runs b ON b.run_id = l.other_run_id "
            "WHERE l.kind = 'vote' ORDER BY l.labelled_at, l.label_id"
        ).to_dict("records")
        votes = [Vote.from_row(row) for row in rows]
        return cls([one for one in votes if run_ids is None or one.run_a in run_ids])

    def __getitem__(self, index: Any) -> Any:
        return Votes(self._votes[index]) if isinstance(index, slice) else self._votes[index]

    def __len__(self) -> int:
        return len(self._votes)

    def __repr__(self) -> str:
        return f"Votes({len(self)})"

    def tally(self, *, confidence: float = 0.95) -> list[PairTally]:
        """One row for each two arms, whichever of them stood first; the most voted on first."""
        pairs = sorted(self._votes, key=_pair)
        found = [_tallied(pair, list(votes), confidence) for pair, votes in groupby(pairs, key=_pair)]
        return sorted(found, key=lambda one: (-one.n, one.a, one.b))

    def first_wins(self, *, confidence: float = 0.95) -> Share:
        """The share of decided votes that went to the answer that stood first: far from a half, the place matters."""
        won = Counter(vote.choice for vote in self._votes)
        return exact_share(won["a"], won["a"] + won["b"], confidence)

    def labelled(self) -> list[Labelled]:
        """The answers as labels for ``examine_judge``: the better one good and the other bad, both bad where both are.

        Ties say nothing of how good an answer is and are left out, as are answers that the log has no more.
        """
        labels = []
        for vote in self._votes:
            marks = {"a": (1.0, 0.0), "b": (0.0, 1.0), "bad": (0.0, 0.0)}.get(vote.choice)
            case = Case(id=vote.id, input=vote.prompt)
            for run, answer, mark in zip((vote.run_a, vote.run_b), vote.answers, marks or (), strict=False):
                if answer is not None:
                    labels.append(Labelled(case, answer, mark, id=run))
        return labels

    def frame(self) -> "DataFrame":
        """One row a vote."""
        try:
            import pandas
        except ImportError:
            raise ImportError("a DataFrame needs the package pandas: pip install 'loomlab[evals]'") from None
        columns = ("prompt", "a", "b", "choice", "winner", "reason", "blind", "user_id", "at", "run_a", "run_b")
        frame: DataFrame = pandas.DataFrame(
            [{name: getattr(vote, name) for name in columns} for vote in self._votes], columns=list(columns)
        )
        return frame


def exact_share(count: int, n: int, confidence: float = 0.95) -> Share:
    """A share with its exact binomial interval."""
    if n == 0:
        return Share(None, None, None, 0)
    ends = _binomial(count, n).proportion_ci(confidence, method="exact")
    return Share(count / n, float(ends.low), float(ends.high), n)


def _pair(vote: Vote) -> tuple[str, str]:
    first, second = sorted((vote.a, vote.b))
    return first, second


def _tallied(pair: tuple[str, str], votes: Sequence[Vote], confidence: float) -> PairTally:
    a, b = pair
    won = Counter(vote.winner for vote in votes)
    choices = Counter(vote.choice for vote in votes)
    decided = won[a] + won[b]
    return PairTally(
        a,
        b,
        won[a],
        won[b],
        choices["tie"],
        choices["bad"],
        sum(vote.blind for vote in votes),
        exact_share(won[b], decided, confidence),
        float(_binomial(won[b], decided).pvalue) if decided else 1.0,
    )


def _binomial(count: int, n: int) -> Any:
    try:
        from scipy import stats
    except ImportError:
        raise ImportError("an interval needs the package scipy: pip install 'loomlab[evals]'") from None
    return stats.binomtest(count, n)
