"""Text to words, one way for every part of memory that compares texts by their words."""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

# Chinese, Japanese and Korean are written without blanks, so each of their characters counts as a word.
_CJK = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff"
_WORD = re.compile(f"[{_CJK}]|[^\\W_{_CJK}]+")

_STOP_WORDS = """
an and are as at be been but by did do does for from had has have he her his how if in is it its me my no not of on or
our she so that the their them they this to us was we were what when where which who why will with you your
"""
STOP_WORDS = frozenset(_STOP_WORDS.split())
"""Words too common to say what a text is about."""


def words(text: str) -> list[str]:
    """The words of ``text`` in order, case and width folded, punctuation dropped."""
    # Plain letters are their own normal form, and most texts are plain.
    return _WORD.findall(text.lower() if text.isascii() else unicodedata.normalize("NFKC", text).casefold())


def keywords(text: str) -> set[str]:
    """The words that tell texts apart: at least two letters (or one CJK character), no stop words."""
    return {word for word in words(text) if word not in STOP_WORDS and (len(word) > 1 or word > "\u3040")}


class Read(NamedTuple):
    """A text's words in order, the stems of those that tell texts apart, and the stems of those inside of it."""

    words: tuple[str, ...]
    stems: frozenset[str]
    inner: frozenset[str]


_CACHED = 2_000
"""Up to this many characters a text's words are kept: a prompt is read for facts, for episodes, and when stored."""


def read(text: str) -> Read:
    """The words of a text, all of them and those that tell it from others."""
    return _kept(text) if len(text) <= _CACHED else _read(text)


def forget_texts() -> None:
    """Keep no text of anybody."""
    _kept.cache_clear()


def stems(found: Iterable[str]) -> list[str]:
    """The keywords among these words, without a plural or verbal s."""
    return [stem(word) for word in found if word not in STOP_WORDS and (len(word) > 1 or word > "\u3040")]


def _read(text: str) -> Read:
    found = tuple(words(text))
    return Read(found, frozenset(stems(found)), frozenset(stems(found[1:-1])))


_kept = lru_cache(maxsize=64)(_read)


def stem(word: str) -> str:
    """A word without a plural or verbal s.

    (Harman 1991, "How effective is suffixing?": the S stemmer.)
    """
    if word[-1] != "s" or len(word) <= 3:
        return word
    if word.endswith("ies"):
        return word if word.endswith(("eies", "aies")) else f"{word[:-3]}y"
    if word.endswith(("us", "ss", "aes", "ees", "oes")):
        return word
    return word[:-1]
