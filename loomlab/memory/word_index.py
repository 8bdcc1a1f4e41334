"""Which texts share words with a question, and how much those words say."""

from collections.abc import Iterable
from math import log

FEW = 8
"""Up to this many texts, a word that most of them hold still tells them apart."""
_READ = 4_000
"""Entries read for one question: rare words first, of a frequent word's texts the last that came."""


class WordIndex:
    """Texts by the words in them; a text is known by a number.

    ``common=False`` takes no word for evidence that more than half of the texts hold (once there are more than a few).
    """

    def __init__(self, *, common: bool) -> None:
        self._common = common
        self._texts: dict[str, list[int]] = {}
        self._count = 0

    def add(self, number: int, words: Iterable[str]) -> None:
        """A text is there."""
        self._count += 1
        for word in words:
            numbers = self._texts.get(word)
            if numbers is None:
                self._texts[word] = [number]
            else:
                numbers.append(number)

    def remove(self, number: int, words: Iterable[str]) -> None:
        """It is no longer."""
        self._count -= 1
        for word in words:
            numbers = self._texts[word]
            numbers.remove(number)
            if not numbers:
                del self._texts[word]

    def __contains__(self, word: object) -> bool:
        return word in self._texts

    def shares(self, words: Iterable[str]) -> dict[int, float]:
        """For each text that holds a word of the question: the share of it that it holds, rare words counting more.

        A word's weight is its inverse document frequency as in BM25 (Robertson & Zaragoza 2009). Neither the length of
        a text nor how often a word is in it counts: episodes are told apart by what they speak of, then by their age.
        """
        whole = 0.0
        held: list[tuple[int, str, float]] = []
        for word in words:
            frequency = len(self._texts.get(word, ()))
            if not self._common and self._count > FEW and 2 * frequency > self._count:
                continue
            weight = log(1.0 + (self._count - frequency + 0.5) / (frequency + 0.5))
            whole += weight
            if frequency:
                held.append((frequency, word, weight))
        shares: dict[int, float] = {}
        left = _READ
        held.sort()  # sums must not depend on the order of a set
        for frequency, word, weight in held:
            numbers = self._texts[word]
            for number in numbers if frequency <= left else numbers[-left:]:
                shares[number] = shares.get(number, 0.0) + weight
            left -= frequency
            if left <= 0:
                break
        return {number: round(min(weight / whole, 1.0), 6) for number, weight in shares.items()}
