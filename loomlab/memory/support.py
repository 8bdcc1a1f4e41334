"""Whether an exchange supports a claim. Lexical, and strict on purpose.

A fact that is missed can be told again; a false one poisons every answer after it.
"""

import re
from collections.abc import Iterable
from datetime import datetime

from loomlab.memory.claims import Claim
from loomlab.memory.evidence import Evidence, denies
from loomlab.memory.words import STOP_WORDS, words

SELF = frozenset(("user", "i", "me", "myself", "my", "speaker", "customer", "person", "human", "client"))
"""Subjects that mean the one who speaks."""

_MONTH = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"
_MONTHS = tuple(_MONTH.split("|"))
_NAMED_MONTH = re.compile(
    rf"\b(?:in|since|from|until|by|of|last|next|this|early|late|mid|\d{{1,2}}(?:st|nd|rd|th)?)[ -](?:{_MONTH})[a-z]*\b"
    r"|\b(?:january|february|march|april|june|july|august|september|october|november|december)\b",
    re.IGNORECASE,
)
_TIME = re.compile(
    r"\b(?:(?:19|20)\d\d|\d{1,2}[./]\d{1,2}[./]\d{2,4}|\d{1,2}(?:st|nd|rd|th)|since|ago|yesterday|tomorrow|"
    r"(?:last|next|this) (?:week|weekend|month|year|spring|summer|autumn|fall|winter|night)|"
    r"(?:mon|tues|wednes|thurs|fri|satur|sun)day)\b",
    re.IGNORECASE,
)
_NUMBERS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_EMPTY = frozenset(("yes", "true", "no", "false"))
_LONGEST_PREDICATE = 5
"""Words of a predicate: what is longer is a sentence that a small model copied."""
_ENOUGH = 0.6
"""Share of a long object's words that must have been said; of one with two words or fewer, all."""


def why_not(claim: Claim, evidence: Evidence, known_subjects: Iterable[str] = ()) -> str | None:
    """Why ``claim`` is not supported, as the end of a sentence; None where it is.

    Its subject is the user, is spoken of, or is one of ``known_subjects``; every number and enough of the words of
    its object were said, in a clause that does not deny it.
    """
    said = evidence.words
    others = [word for word in words(claim.subject.replace("_", " ")) if word not in STOP_WORDS | SELF]
    if not others:
        if not evidence.said_by_user:
            return "the user said nothing about themselves"
    elif claim.subject.casefold() not in {one.casefold() for one in known_subjects} and not any(
        _is_said(word, said) for word in others
    ):
        return f"nobody spoke of {claim.subject!r}"
    if len(words(claim.predicate.replace("_", " "))) > _LONGEST_PREDICATE or claim.object == claim.subject:
        return "it has not the form of a fact"
    wanted = _content(claim.object) or _content(claim.predicate)
    missing = [word for word in wanted if not _is_said(word, said)]
    for word in missing:
        if word.isdigit() or len(wanted) <= 2 or len(missing) > (1 - _ENOUGH) * len(wanted):
            return f"{word!r} was not said"
    where = [clause for clause in evidence.clauses if any(_is_said(word, clause.words) for word in wanted)]
    if where and all(clause.denies for clause in where) and not _is_negative(claim):
        return "it was denied"
    return None


def valid_from(claim: Claim, evidence: Evidence, said_at: datetime) -> datetime:
    """Since when a claim holds: the date in it, where the statements speak of such a time; else when it was said."""
    if claim.valid_from is None:
        return said_at
    text, told = claim.valid_from.strip(), evidence.text
    if re.fullmatch(r"\d{4}(?:-\d{1,2})?", text):
        year, _, month = text.partition("-")
        text = f"{year}-{int(month or 1):02}-01"
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        return said_at
    when = when if when.tzinfo is not None else when.replace(tzinfo=said_at.tzinfo)
    months = {found[0].split()[-1].split("-")[-1][:3].lower() for found in _NAMED_MONTH.finditer(told)}
    if not months and not _TIME.search(told):
        return said_at
    if months and _MONTHS[when.month - 1] not in months:
        return said_at
    near = abs(when.year - said_at.year) <= 1 or re.search(r"(?i)\bago\b", told)
    return when if near or str(when.year) in evidence.words else said_at


def was_before(claim: Claim, evidence: Evidence) -> bool:
    """Whether the statements name the object as what was left: "from Paris to Lyon"."""
    left = rf"(?i)\b(?:from|left|leaving|formerly|previously|used to [\w ]{{2,20}})\s+{re.escape(claim.object)}\b"
    return re.search(left, evidence.text) is not None


def _content(text: str) -> list[str]:
    return [word for word in words(text.replace("_", " ")) if word not in STOP_WORDS | _EMPTY]


def _is_said(word: str, said: frozenset[str]) -> bool:
    if word in said:
        return True
    if word.isdigit():
        number = int(word)
        if str(number) in said or (number < len(_NUMBERS) and _NUMBERS[number] in said):
            return True
        return 1 <= number <= 12 and any(one.startswith(_MONTHS[number - 1]) for one in said)
    return len(word) >= 4 and any(_same_stem(word, other) for other in said if len(other) >= 4)


def _same_stem(one: str, other: str) -> bool:
    """Two forms of a word: a common beginning of at least four letters, and little after it."""
    shared = 0
    for left, right in zip(one, other, strict=False):
        if left != right:
            break
        shared += 1
    return shared >= 4 and max(len(one), len(other)) - shared <= 3


def _is_negative(claim: Claim) -> bool:
    text = f"{claim.predicate} {claim.object}".replace("_", " ")
    return denies(text) or bool({"former", "left", "allergic", "allergy", "intolerant", "no"} & set(words(text)))
