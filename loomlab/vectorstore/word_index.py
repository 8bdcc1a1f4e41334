"""Which texts hold which words, so that a question by words need not read all texts again."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Callable, Iterable
from math import log

from loomlab.vectorstore.ranking import words

SATURATION, LENGTH = 1.5, 0.75
"""The usual constants of BM25: how soon repeating a word stops helping, how much a long text counts against itself."""


class WordIndex:
    """Texts by the words in them, ranked by BM25 (Robertson and Zaragoza, "The Probabilistic Relevance Framework",
    2009).

    Texts are read when a question is asked, as many a store is only asked by meaning.
    """

    def __init__(self) -> None:
        self._unread: dict[str, str] = {}
        self._clear()

    def _clear(self) -> None:
        self._slots: dict[str, int] = {}
        self._ids: list[str] = []
        self._lengths = array("I")
        self._alive = bytearray()
        self._postings: dict[str, tuple[array[int], array[int]]] = {}

    def add(self, id_: str, text: str) -> None:
        """A text is there, instead of the one this id had."""
        self.remove(id_)
        self._unread[id_] = text

    def remove(self, id_: str) -> None:
        """It is no longer."""
        self._unread.pop(id_, None)
        slot = self._slots.pop(id_, None)
        if slot is not None:
            self._alive[slot] = 0
            self._lengths[slot] = 0
            self._ids[slot] = ""
        if not self._slots:
            self._clear()

    def best(self, query: str, limit: int, fits: Callable[[str], bool] | None = None) -> list[tuple[str, float]]:
        """``(id, score)`` of the texts that share words with ``query``, best first; ``fits(id)`` narrows them."""
        import numpy as np

        self._read()
        count = len(self._slots)
        if not count or limit < 1:
            return []
        alive = np.frombuffer(self._alive, np.uint8)
        lengths = np.frombuffer(self._lengths, np.uint32)
        mean = max(float(lengths.sum()) / count, 1.0)
        scores = np.zeros(len(alive))
        for word in sorted(set(words(query))):
            if word not in self._postings:
                continue
            slots = np.frombuffer(self._postings[word][0], np.uint32)
            times = np.frombuffer(self._postings[word][1], np.uint32)
            holding = int(alive[slots].sum())
            rarity = log(1 + (count - holding + 0.5) / (holding + 0.5))
            weight = SATURATION * (1 - LENGTH + LENGTH * lengths[slots] / mean)
            scores[slots] += rarity * times * (SATURATION + 1) / (times + weight)
        scores *= alive
        order = np.argsort(-scores, kind="stable")[: int((scores > 0).sum())]
        found: list[tuple[str, float]] = []
        for slot in order.tolist():
            if fits is None or fits(self._ids[slot]):
                found.append((self._ids[slot], float(scores[slot])))
                if len(found) == limit:
                    break
        return found

    def _read(self) -> None:
        if len(self._ids) > 2 * len(self._slots) + 1_000:
            self._squeeze()
        for id_, text in self._unread.items():
            slot = self._slots[id_] = len(self._ids)
            counts = Counter(words(text))
            self._ids.append(id_)
            self._lengths.append(sum(counts.values()))
            self._alive.append(1)
            for word, times in counts.items():
                slots, how_often = self._postings.setdefault(word, (array("I"), array("I")))
                slots.append(slot)
                how_often.append(times)
        self._unread = {}

    def _squeeze(self) -> None:
        """Leave out the slots of texts that are gone."""
        old = [slot for slot, alive in enumerate(self._alive) if alive]
        new = {slot: at for at, slot in enumerate(old)}
        self._ids = [self._ids[slot] for slot in old]
        self._lengths = array("I", (self._lengths[slot] for slot in old))
        self._slots = {id_: at for at, id_ in enumerate(self._ids)}
        self._alive = bytearray(b"\1" * len(old))
        self._postings = {
            word: kept
            for word, (slots, times) in self._postings.items()
            if (kept := _kept(zip(slots, times, strict=True), new))[0]
        }


def _kept(entries: Iterable[tuple[int, int]], new: dict[int, int]) -> tuple[array[int], array[int]]:
    slots, times = array("I"), array("I")
    for slot, often in entries:
        if slot in new:
            slots.append(new[slot])
            times.append(often)
    return slots, times
