"""Text to words, one way for every part of memory that compares texts by their words."""

import re
import unicodedata
from functools import lru_cache

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


_CACHED = 2_000
"""Up to this many characters a text's stems are kept: a prompt is read for facts, for episodes, and when stored."""


def stems(text: str) -> frozenset[str]:
    """The keywords without a plural or verbal s (Harman 1991, "How effective is suffixing?": the S stemmer)."""
    return _kept_stems(text) if len(text) <= _CACHED else _stems(text)


def forget_stems() -> None:
    """Keep no text of anybody."""
    _kept_stems.cache_clear()


def _stems(text: str) -> frozenset[str]:
    return frozenset(_stem(word) if word[-1] == "s" and len(word) > 3 else word for word in keywords(text))


_kept_stems = lru_cache(maxsize=64)(_stems)


def _stem(word: str) -> str:
    if word.endswith("ies"):
        return word if word.endswith(("eies", "aies")) else f"{word[:-3]}y"
    if word.endswith(("us", "ss", "aes", "ees", "oes")):
        return word
    return word[:-1]
