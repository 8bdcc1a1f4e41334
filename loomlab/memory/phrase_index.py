"""Which texts hold a string of characters, without looking into them one by one."""

_PAGE = 64
"""Texts that are joined, so that one test can rule all of them out."""
_READ = 4_000_000
"""Characters looked through for one question; older texts are then found by their words only."""


class PhraseIndex:
    """Texts in lower case, known by their numbers 0, 1, 2 and so on in order of arrival."""

    def __init__(self) -> None:
        self._texts: list[str] = []
        self._pages: list[str] = []  # each the joined texts of _PAGE; the unfinished last page is not joined

    def add(self, text: str) -> None:
        """The next text."""
        self._texts.append(text.lower())
        if len(self._texts) % _PAGE == 0:
            self._pages.append("\0".join(self._texts[-_PAGE:]))

    def blank(self, number: int) -> None:
        """Keep nothing of a text but its number."""
        self._texts[number] = ""
        page = number // _PAGE
        if page < len(self._pages):
            self._pages[page] = "\0".join(self._texts[page * _PAGE : (page + 1) * _PAGE])

    def holding(self, text: str, limit: int) -> list[int]:
        """The last ``limit`` texts that contain ``text`` in any case, latest first."""
        needle = text.lower()
        found: list[int] = []
        at, left = len(self._texts), _READ
        while at > 0 and left > 0:
            page = (at - 1) // _PAGE
            start = page * _PAGE
            if page < len(self._pages):
                left -= len(self._pages[page])
            if page >= len(self._pages) or needle in self._pages[page]:
                for number in range(at - 1, start - 1, -1):
                    if needle in self._texts[number]:
                        found.append(number)
                        if len(found) == limit:
                            return found
            at = start
        return found
