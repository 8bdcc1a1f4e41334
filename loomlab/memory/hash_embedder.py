"""Vectors with no model: texts that share words are close, texts that share none are not."""

import math
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import lru_cache
from hashlib import blake2b

from loomlab.memory.words import STOP_WORDS, stem, words

_COMMON = 0.1
"""Weight of a word that says nothing of what a text is about: long texts would be alike by these words alone."""
_SPREAD = 4
"""Dimensions each word writes to: two words seldom share one, and never all of them."""


class HashEmbedder:
    """A deterministic bag-of-words embedder in pure Python: unit vectors, the same on every machine.

    It knows words, not meanings: "I like green tea" and "I like green tea!" have cosine 1, "car" and "automobile"
    about 0. Words weigh less the more often a text repeats them, and words such as "the" hardly at all;
    "cat" and "cats" are one word.
    ``dimensions`` below 1 is a ValueError.
    """

    def __init__(self, dimensions: int = 384) -> None:
        if dimensions <= 0:
            raise ValueError(f"dimensions must be at least 1, not {dimensions}")
        self.dimensions = dimensions
        self.name = f"hash-embedder-{dimensions}"

    async def embed(self, text: str) -> list[float]:
        """The unit vector of one text."""
        return self._vector(text)

    async def embed_batch(self, texts: list[str]) -> list[list[float]]:
        """One unit vector a text, in order."""
        return [self._vector(text) for text in texts]

    def _vector(self, text: str) -> list[float]:
        return _sum(
            _weights([word if word in STOP_WORDS else stem(word) for word in words(text)]), text, self.dimensions
        )


def older_and_today(text: str, dimensions: int) -> Iterator[tuple[list[float], list[float]]]:
    """The vectors that earlier makes of the embedder gave a text, each with today's."""
    found = words(text)
    today = HashEmbedder(dimensions)._vector(text) if dimensions else []
    for weights in ({word: float(count) for word, count in Counter(found).items()}, _weights(found)):
        if dimensions:
            yield _sum(weights, text, dimensions), today


def _weights(found: list[str]) -> dict[str, float]:
    return {
        word: (1.0 + math.log(count)) * (_COMMON if word in STOP_WORDS else 1.0)
        for word, count in Counter(found).items()
    }


def _sum(weights: Mapping[str, float], text: str, dimensions: int) -> list[float]:
    vector = [0.0] * dimensions
    # A text with no word in it ("?!") still needs a direction of its own.
    for word, weight in (weights or {f"\0{text}": 1.0}).items():
        for number in _numbers(word):
            vector[number % dimensions] += weight if number >> 63 else -weight
    norm = math.sqrt(math.fsum(value * value for value in vector))
    if norm == 0.0:
        # Opposite signs met in the same dimensions, which very few dimensions make likely.
        vector[_numbers(f"\0{text}")[0] % dimensions] = norm = 1.0
    return [value / norm for value in vector]


@lru_cache(maxsize=20_000)
def _numbers(word: str) -> tuple[int, ...]:
    digest = blake2b(word.encode("utf-8", "surrogatepass"), digest_size=8 * _SPREAD).digest()
    return tuple(int.from_bytes(digest[at : at + 8], "big") for at in range(0, len(digest), 8))


def forget_words() -> None:
    """Keep no word of anybody's text."""
    _numbers.cache_clear()
