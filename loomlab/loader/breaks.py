"""Where a text may be cut: between paragraphs, lines, sentences, clauses, words, and never inside a character.

A character is what a reader sees as one, however many code points it is made of.

Scripts written without spaces (Chinese, Japanese, Thai, Lao, Khmer, Burmese) may be cut between any two characters;
everywhere else a word is what stands between white space.
"""

import re
import unicodedata

Level = tuple[tuple[str, int], ...]
"""Separators of one rank, each with how many of its last characters are white space, which a piece does not keep."""

PARAGRAPH, LINE = ("\n\n", "\r\n\r\n"), ("\n",)
SENTENCE = (". ", "! ", "? ", "… ", "。", "！", "？", "।", "؟ ")
CLAUSE = ("; ", ", ", ": ", "；", "，", "、", "：")

_ZWJ = "\u200d"
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u303f\u3040-\u312f\u31a0-\u31ff\u3400-\u4dbf\u4e00-\u9fff"
    "\ua000-\ua4cf\uf900-\ufaff\ufe30-\ufe4f\uff01-\uff9f\U0001b000-\U0001b16f\U00020000-\U0003ffff]"
)
_BLANK = re.compile(r"\s*")
# Signs that belong to the character before them though their category does not say so.
_CLINGING = re.compile(
    "[\u200c\u200d\u0e33\u0eb3\uff9e\uff9f\u1160-\u11ff\ud7b0-\ud7fb\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f]"
)
_PREPENDED = re.compile(
    "[\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\u0d4e\U000110bd\U000110cd\U000111c2\U000111c3"
    "\U0001193f\U00011941\U00011a3a\U00011a84-\U00011a89\U00011d46\U00011f02]"
)


def levels(*ranks: tuple[str, ...]) -> tuple[Level, ...]:
    """The ranks of separators, best first, as ``last_break`` wants them."""
    return tuple(tuple((one, len(one) - len(one.rstrip())) for one in rank if one) for rank in ranks)


DEFAULT = levels(PARAGRAPH, LINE, SENTENCE, CLAUSE)
ASCII = levels(*(tuple(one for one in rank if one.isascii()) for rank in (PARAGRAPH, LINE, SENTENCE, CLAUSE)))


def after_blank(text: str, at: int, end: int) -> int:
    """The first position from ``at`` on that is no white space; ``end`` if there is none."""
    if at >= end or not text[at].isspace():
        return at
    if at + 1 < end and not text[at + 1].isspace():  # one space, as nearly everywhere
        return at + 1
    found = _BLANK.match(text, at, end)
    return found.end() if found else at


def before_blank(text: str, start: int, at: int) -> int:
    """``at``, moved back over white space, not before ``start``."""
    while at > start and text[at - 1].isspace():
        at -= 1
    return at


def between_words(text: str, at: int) -> bool:
    """Whether no word is cut at ``at``, which is inside ``text``."""
    before, after = text[at - 1], text[at]
    if before.isspace() or after.isspace():
        return True
    if before < "\u0e00" and after < "\u0e00":
        return False
    return bool(_UNSPACED.match(before) or _UNSPACED.match(after)) and between_characters(text, at)


def between_characters(text: str, at: int, low: int = 0) -> bool:
    """Whether ``at`` lies between two characters as a reader counts them: accents, flags and joined emoji stay whole.

    ``low`` is a place known to be between two, before which nothing is looked at. Errs on the side of keeping together
    what Unicode's rules for grapheme clusters (UAX 29) would let go.
    """
    before, after = text[at - 1], text[at]
    if before < "\u0300" and after < "\u0300":
        return not (before == "\r" and after == "\n")
    if before in "\r\n" or after in "\r\n":
        return True
    if before == _ZWJ or _CLINGING.match(after) or _PREPENDED.match(before) or unicodedata.category(after)[0] == "M":
        return False
    if unicodedata.combining(before) == 9:  # a virama joins what follows it
        return False
    if "\u1100" <= before <= "\u115f" or "\ua960" <= before <= "\ua97c":
        return not ("\uac00" <= after <= "\ud7a3" or "\u1100" <= after <= "\u115f" or "\ua960" <= after <= "\ua97c")
    if _is_flag_letter(before) and _is_flag_letter(after):
        first = at - 1
        while first > low and _is_flag_letter(text[first - 1]):
            first -= 1
        return (at - first) % 2 == 0
    return True


def _is_flag_letter(character: str) -> bool:
    return "\U0001f1e6" <= character <= "\U0001f1ff"


def last_break(text: str, ranks: tuple[Level, ...], low: int, floor: int, reach: int) -> int | None:
    """The best place after ``low`` and not after ``reach`` to end a piece; None if there is only one word.

    Separators count from ``floor`` on, so that a heading is not left alone; words count anywhere.
    """
    first = max(low + 1, floor)
    for rank in ranks:
        best = -1
        for separator, blank in rank:
            at = text.rfind(separator, first, reach + blank)
            if at >= 0 and at + len(separator) > best:
                best = at + len(separator)
        if best >= 0:
            return min(best, reach)
    for at in range(reach, low, -1):
        if between_words(text, at):
            return at
    return None


def last_character(text: str, start: int, reach: int) -> int:
    """Where to cut a word that is too long: between two of its characters, or at ``reach`` if it is all one."""
    for at in range(reach, start, -1):
        if between_characters(text, at, start):
            return at
    return reach


def first_word(text: str, earliest: int, end: int) -> int | None:
    """Where a repeated part may begin: a line or a sentence in its first half, else a word; None if there is none."""
    middle = earliest + (end - earliest) // 2
    for separator in ("\n", ". "):
        at = text.find(separator, earliest - 1, middle)
        if at >= 0:
            found = after_blank(text, at + len(separator), end)
            if found < end:
                return found
    for at in range(earliest, end):
        if not text[at].isspace() and between_words(text, at):
            return at
    return None
