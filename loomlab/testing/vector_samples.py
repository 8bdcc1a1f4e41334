"""Chunks, filters and plain arithmetic for the tests of vector stores."""

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

from loomlab.core.documents import Chunk
from loomlab.vectorstore.filters import condition

_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?(e-?[0-9]+)?")

METADATA: list[dict[str, Any]] = [
    {},
    {"n": 1, "kind": "a"},
    {"n": 1.0, "kind": "b"},
    {"n": 2.5, "kind": ["a", "c"]},
    {"n": "1", "kind": None},
    {"n": True, "kind": "A"},
    {"n": False, "deep": {"x": 1}},
    {"n": -3, "kind": "é"},
    {"n": None, "kind": []},
    {"n": 10**20, "kind": [1, True, None]},
    {"n": [1, 2], "kind": "c", "tags": ["x", "y"]},
    {"kind": "ab", "tags": "x"},
]
"""One of each kind of value that a field may have, and some that look alike."""

FILTERS: list[dict[str, Any]] = [
    {"kind": "a"},
    {"n": 1},
    {"n": 1.0},
    {"n": True},
    {"n": "1"},
    {"n": None},
    {"kind": ["a", "b"]},
    {"n": {"$in": [1, "1", None]}},
    {"n": {"$nin": [1, True]}},
    {"kind": {"$ne": "a"}},
    {"n": {"$gt": 1}},
    {"n": {"$gte": 1, "$lt": 3}},
    {"n": {"$lte": -3.0}},
    {"n": {"$gt": True}},
    {"kind": {"$gt": "a"}},
    {"kind": {"$lte": "b"}},
    {"n": {"$exists": True}},
    {"n": {"$exists": False}},
    {"kind": {"$not": {"$in": ["a", "c"]}}},
    {"$not": {"kind": "a"}},
    {"$or": [{"kind": "a"}, {"n": {"$lt": 0}}]},
    {"$and": [{"kind": "a"}, {"n": 1}]},
    {"$and": [{"$or": [{"n": 1}, {"n": 2.5}]}, {"$not": {"kind": "b"}}]},
    {"tags": "x", "kind": {"$ne": "c"}},
    {"deep": {"x": 1}},
    {"kind": {"$eq": []}},
    {"n": {"$eq": [1, 2]}},
    {"n": {"$in": []}},
    {"n": 10**20},
    {"nothing": "here"},
    {"kind": {"$gt": 1}},
]
"""Every operator, alone and together, over values that look alike."""

HOSTILE_TEXTS = [
    "'; DROP TABLE chunks; --",
    '"}, {"$ne": ""}',
    "a.b",
    "{0} %s $1 :x",
    "loomlab:metadata",
    "<script>alert(1)</script>",
    "\u202eevil\u2066",
    " ",
    "🍵" * 40,
]


class Told:
    """An embedder that reads a text's vector off its last words."""

    def __init__(self, dimensions: int) -> None:
        self.name, self.dimensions = f"told-{dimensions}", dimensions

    @staticmethod
    def text(number: int, vector: Sequence[float]) -> str:
        """A text with this vector."""
        return f"chunk{number} " + " ".join(map(repr, vector))

    @staticmethod
    def vector(text: str) -> list[float]:
        """The vector of a text."""
        return [
            float(word)
            for word in text.split()
            if word.lstrip("-").replace(".", "").replace("e", "").replace("-", "").isdigit()
        ]

    async def embed(self, text: str) -> list[float]:
        """The vector; zeros for a text that tells none."""
        return self.vector(text) or [0.0] * self.dimensions

    async def embed_batch(self, texts: Sequence[str]) -> list[list[float]]:
        """One vector a text."""
        return [await self.embed(one) for one in texts]


def oracle(
    chunks: Mapping[str, Chunk], query: Sequence[float], filter: Mapping[str, Any] | None = None
) -> list[tuple[str, float]]:
    """``(id, cosine)`` of the chunks that fit, best first, by plain arithmetic."""
    fits = condition(filter)
    scored = [(id_, _cosine(Told.vector(one.content), query)) for id_, one in chunks.items() if fits(one.metadata)]
    return sorted(scored, key=lambda pair: -pair[1])


def _cosine(one: Sequence[float], other: Sequence[float]) -> float:
    length = math.hypot(*one) * math.hypot(*other)
    return sum(a * b for a, b in zip(one, other, strict=True)) / length if length else 0.0
