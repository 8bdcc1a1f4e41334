"""Text to words, one way for every part of memory that compares texts by their words."""

import re
import unicodedata

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
    return _WORD.findall(unicodedata.normalize("NFKC", text).casefold())


def keywords(text: str) -> set[str]:
    """The words that tell texts apart: at least two letters (or one CJK character), no stop words."""
    return {word for word in words(text) if word not in STOP_WORDS and (len(word) > 1 or word > "\u3040")}
