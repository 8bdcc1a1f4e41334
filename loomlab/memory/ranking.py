"""What makes one memory a better answer than another, in one formula."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from loomlab.core.remembered import Episode, Fact
from loomlab.memory.record import Record

WEIGHTS: Mapping[str, float] = {"dense": 1.0, "words": 0.75, "phrase": 0.8}
"""A score is the weighted sum of its parts: ``dense``, the cosine of the meanings (where there is an embedder);
``words``, the share of the question's words that the text holds, rare ones counting more; ``phrase``, 1 where it holds
the whole question. The phrase outweighs any words, so a text that says just what was asked comes before those that say
some of it. Equal scores: the newest first. ``recency`` is shown beside them and adds nothing."""

NEAR = 0.3
"""The cosine from which a meaning counts as evidence; an embedder may say its own in an attribute ``near``."""


def score(dense: float, words: float, phrase: float) -> float:
    """The weighted sum of the parts."""
    return round(WEIGHTS["dense"] * dense + WEIGHTS["words"] * words + WEIGHTS["phrase"] * phrase, 6)


@dataclass(frozen=True, slots=True)
class Hit:
    """One memory that was found, and why.

    ``parts`` are ``dense``, ``words``, ``phrase`` and ``recency`` (1.0 for the user's newest, 0.0 for the oldest).
    ``matched``: there is evidence that it has to do with the question, not only that nothing came closer.
    """

    item: Episode | Fact
    score: float
    parts: dict[str, float] = field(default_factory=dict)
    matched: bool = False

    @property
    def kind(self) -> str:
        """``"fact"`` or ``"episode"``."""
        return "fact" if isinstance(self.item, Fact) else "episode"


@dataclass(slots=True)
class Candidate:
    """A record on its way to become a hit."""

    record: Record
    words: float = 0.0
    phrase: float = 0.0
    dense: float = 0.0

    @property
    def score(self) -> float:
        """The weighted sum of the parts."""
        return score(self.dense, self.words, self.phrase)

    def matched(self, near: float) -> bool:
        """Whether there is evidence."""
        return self.words > 0.0 or self.phrase > 0.0 or self.dense >= near
