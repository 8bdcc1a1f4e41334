"""Who comes first: variety, words, and how two orders become one."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Matrix = NDArray[np.float64]

T = TypeVar("T")

_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]|[^\W_]+")

FUSION = 60
"""The constant of reciprocal rank fusion (Cormack et al., SIGIR 2009): the higher, the less the first ranks weigh."""


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
    """The words of a text, case and width folded; of scripts without spaces, the characters."""
    return _WORD.findall(unicodedata.normalize("NFKC", text).casefold())


def fused(orders: Sequence[tuple[float, Sequence[T]]]) -> list[tuple[T, float]]:
    """Several orders, each with its weight, as one: (item, fused score), best first; of equals the first named."""
    total: dict[T, float] = {}
    for weight, order in orders:
        for rank, item in enumerate(order, start=1):
            total[item] = total.get(item, 0.0) + weight / (FUSION + rank)
    return sorted(((one, score) for one, score in total.items() if score > 0), key=lambda pair: -pair[1])
