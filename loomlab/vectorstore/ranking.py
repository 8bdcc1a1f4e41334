"""Who comes first: nearness, variety, words, and how two orders become one."""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Matrix = NDArray[np.float64]

_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]|[^\W_]+")

SATURATION, LENGTH = 1.5, 0.75
"""The usual constants of BM25: how soon repeating a word stops helping, how much a long text counts against itself."""
FUSION = 60
"""The constant of reciprocal rank fusion (Cormack et al., SIGIR 2009): the higher, the less the first ranks weigh."""


def nearest(scores: Matrix, k: int) -> list[int]:
    """Positions of the ``k`` greatest scores, best first; of equals the first."""
    import numpy as np

    return [int(one) for one in np.argsort(-scores, kind="stable")[:k]]


def varied(vectors: Matrix, scores: Matrix, k: int, diversity: float) -> list[int]:
    """Positions of ``k`` that are near the query and unlike each other; ``diversity`` 1 looks at the unlikeness only.

    Source: Carbonell and Goldstein, "The Use of MMR, Diversity-Based Reranking", SIGIR 1998.
    """
    import numpy as np

    chosen: list[int] = []
    left = np.ones(len(scores), dtype=bool)
    alike = np.full(len(scores), -np.inf)
    for _ in range(min(k, len(scores))):
        worth = scores if not chosen else (1 - diversity) * scores - diversity * alike
        pick = int(np.argmax(np.where(left, worth, -np.inf)))
        chosen.append(pick)
        left[pick] = False
        alike = np.maximum(alike, vectors @ vectors[pick])
    return chosen


def words(text: str) -> list[str]:
    """The words of a text, case and width folded."""
    return _WORD.findall(unicodedata.normalize("NFKC", text).casefold())


def by_words(query: str, texts: Sequence[str]) -> list[float]:
    """How well each text fits the words of ``query`` (BM25); 0 where they share none."""
    split = [Counter(words(text)) for text in texts]
    lengths = [sum(one.values()) for one in split]
    mean = sum(lengths) / len(texts) if texts and any(lengths) else 1.0
    scores = [0.0] * len(texts)
    for word in set(words(query)):
        holding = sum(word in one for one in split)
        rarity = math.log(1 + (len(texts) - holding + 0.5) / (holding + 0.5))
        for slot, counts in enumerate(split):
            if word in counts:
                times = counts[word]
                weight = SATURATION * (1 - LENGTH + LENGTH * lengths[slot] / mean)
                scores[slot] += rarity * times * (SATURATION + 1) / (times + weight)
    return scores


def fused(orders: Sequence[tuple[float, Sequence[int]]]) -> list[tuple[int, float]]:
    """Several orders, each with its weight, as one: (position, fused score), best first."""
    total: dict[int, float] = {}
    for weight, order in orders:
        for rank, position in enumerate(order, start=1):
            total[position] = total.get(position, 0.0) + weight / (FUSION + rank)
    return sorted(((one, score) for one, score in total.items() if score > 0), key=lambda pair: (-pair[1], pair[0]))
