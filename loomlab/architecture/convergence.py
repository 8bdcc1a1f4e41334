"""Whether several replies say the same: shared words, or the same final answer."""

import re
from collections import Counter
from collections.abc import Sequence
from itertools import combinations

from loomlab.architecture.reading import read_field

_WORD = re.compile(r"\w+(?:\.\d+)?")


def jaccard(one: str, other: str) -> float:
    """Shared words over all words of two texts, from 0 to 1, whatever the case; two empty texts are the same."""
    left, right = (set(_WORD.findall(text.lower())) for text in (one, other))
    return len(left & right) / len(left | right) if left or right else 1.0


def similarity(replies: Sequence[str]) -> float:
    """How alike the two most different replies are.

    Replies that all end in a line ``Answer: …`` are compared by that line: a hundred shared words do not make
    41 of 42.
    """
    answers = [final_answer(reply) for reply in replies]
    if None not in answers:
        replies = [normal(answer or "") for answer in answers]
    return min((jaccard(one, other) for one, other in combinations(replies, 2)), default=1.0)


def final_answer(reply: str) -> str | None:
    """What stands behind ``Answer:`` on the last such line."""
    for line in reversed(reply.splitlines()):
        found = read_field(line, "answer") or read_field(line, "final answer")
        if found is not None:
            return found
    return None


def normal(text: str) -> str:
    """A text without what does not matter to a vote: case, punctuation at the ends, spaces."""
    return re.sub(r"\s+", " ", text).strip(" .,;:!?*_`\"'()").casefold()


def majority(replies: Sequence[str]) -> tuple[int, int]:
    """The vote: the place of the first reply with the commonest answer (the first of several), and its votes."""
    answers = [normal(final_answer(reply) or reply) for reply in replies]
    winner, votes = Counter(answers).most_common(1)[0]
    return answers.index(winner), votes
