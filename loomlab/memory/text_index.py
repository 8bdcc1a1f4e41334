"""One user's records of one kind behind their texts: equal texts folded, words and phrases looked up."""

from bisect import insort
from collections.abc import Callable

from loomlab.memory.phrase_index import PhraseIndex
from loomlab.memory.record import Record
from loomlab.memory.word_index import WordIndex
from loomlab.memory.words import read

_PHRASES = 1_000
"""Texts that hold the whole question and are ranked; where more do, the last that came."""


class TextIndex:
    """Records grouped by what they say: texts of the same words in the same order are one group.

    ``text`` gives a record's text, ``newness`` what makes a record newer than others of its group. ``common``: a word
    that most texts hold is evidence too. ``parts``: so is a question found inside longer words, as "tea" is in "steam".
    Texts are read when a question is asked, as many a memory is only written to.
    """

    def __init__(
        self,
        text: Callable[[Record], str],
        newness: Callable[[Record], tuple[object, int]],
        *,
        common: bool,
        parts: bool,
    ) -> None:
        self._text = text
        self._newness = newness
        self._parts = parts
        self._words = WordIndex(common=common)
        self._phrases = PhraseIndex()
        self._groups: dict[tuple[int, int], int] = {}
        self._members: list[list[Record]] = []
        self.newest: list[tuple[object, int]] = []  # of each group: the newness of its last member
        self._group: dict[str, int] = {}
        self._unread: dict[str, Record] = {}

    def add(self, record: Record) -> None:
        """Keep a record whose id is not here."""
        self._unread[record.id] = record

    def remove(self, record: Record) -> None:
        """Drop a record that is here."""
        if self._unread.pop(record.id, None) is not None:
            return
        number = self._group.pop(record.id)
        members = self._members[number]
        members[:] = [member for member in members if member.id != record.id]
        if members:
            self.newest[number] = self._newness(members[-1])
        else:
            text = self._text(record)
            self._words.remove(number, read(text).stems)
            self._phrases.blank(number)
            del self._groups[_fold(text)]

    def matches(self, query: str) -> dict[int, tuple[float, float]]:
        """For each group with evidence: the share of the question's words it holds, and 1.0 where it holds it whole."""
        self._read()
        query = query.strip()
        asked = read(query)
        found = {number: (share, 0.0) for number, share in self._words.shares(asked.stems).items()}
        # A word inside the question, with its neighbours on both sides, is a whole word of any text that holds it.
        if query and all(word in self._words for word in asked.inner):
            for number in self._phrases.holding(query, _PHRASES):
                if number in found or self._parts:
                    found[number] = (found[number][0] if number in found else 0.0, 1.0)
        return found

    def group(self, record_id: str) -> int | None:
        """The group of a record; None where it is not here."""
        self._read()
        return self._group.get(record_id)

    def members(self, number: int) -> list[Record]:
        """The records of a group, oldest first. Not a copy."""
        return self._members[number]

    def _read(self) -> None:
        if not self._unread:
            return
        for record in self._unread.values():
            text = self._text(record)
            fold = _fold(text)
            number = self._groups.get(fold)
            if number is None:
                number = self._groups[fold] = len(self._members)
                self._members.append([record])
                self.newest.append(self._newness(record))
                self._words.add(number, read(text).stems)
                self._phrases.add(text)
            else:
                newness = self._newness(record)
                if self.newest[number] <= newness:
                    self._members[number].append(record)
                    self.newest[number] = newness
                else:
                    insort(self._members[number], record, key=self._newness)
            self._group[record.id] = number
        self._unread.clear()


def _fold(text: str) -> tuple[int, int]:
    # Two hashes instead of the words: a text is kept once. One without a word in it stands for itself.
    folded = read(text).words or (text,)
    return hash(folded), hash(folded[::-1])
