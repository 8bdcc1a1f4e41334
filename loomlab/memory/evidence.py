"""What may support a fact: what the user stated and what a tool returned. Never an answer, never a recalled text."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from loomlab.memory.words import words

# How memory writes itself into prompts and tool outputs: a fact, an episode. What looks like it is recalled, not said.
_RECALLED = re.compile(
    r"^.*(?:\[confidence [\d.]+\]|\[\d{4}-\d\d-\d\d[ T]\d\d:\d\d[^\]]*\] user: ).*$"
    r"|^(?:Known facts about this user|Relevant past episodes|Lessons from earlier attempts).*:$",
    re.MULTILINE | re.IGNORECASE,
)
_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+|(?<=[。！？])")
_CLAUSE = re.compile(
    r"[,;:–—]\s+|\s+(?:but|whereas|although|however|because|and (?=(?:i|we|my|he|she|they)\b))\s*", re.IGNORECASE
)
_ASKS = re.compile(
    r"^\W*(?:and |so |but )?(?:do|does|did|is|are|was|were|am|what|where|when|who|whom|whose|why|how|which|can|could|"
    r"should|would|will|shall|may|might|have|has|had)\b",
    re.IGNORECASE,
)
_TELLS = re.compile(
    r"\b(?:i'm|i am|i've|i have|i was|i live|i work|i moved|i prefer|i like|i love|i hate|i need|i own|we're|we are|"
    r"we have|my name is|my \w+ (?:is|are|was|has))\b",
    re.IGNORECASE,
)
_SUPPOSES = re.compile(
    r"^\W*(?:if|what if|suppose|supposing|imagine|assume|assuming|unless|in case|let's say)\b", re.IGNORECASE
)
_DENIES = re.compile(
    r"\b(?:not|never|no longer|no|cannot|without|neither|nor|stopped|quit|hate[sd]?|dislike[sd]?|avoid|nicht|kein\w*|"
    r"nie|pas|jamais|nunca)\b|n't\b",
    re.IGNORECASE,
)
_HAS_SUBJECT = re.compile(
    r"\b(?:i|we|he|she|they|it|you|my|our|his|her|their|is|am|are|was|were|have|has)\b", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Clause:
    """A part of a statement. ``denies``: it says that something is not so."""

    words: frozenset[str]
    text: str
    denies: bool


@dataclass(frozen=True, slots=True)
class Evidence:
    """The statements that an exchange holds, cut into clauses."""

    clauses: tuple[Clause, ...]
    said_by_user: bool

    @property
    def words(self) -> frozenset[str]:
        """All words of all statements."""
        return frozenset().union(*(clause.words for clause in self.clauses))

    @property
    def text(self) -> str:
        """The statements, one after the other."""
        return " ".join(clause.text for clause in self.clauses)

    def __bool__(self) -> bool:
        return bool(self.clauses)


def evidence_of(said: str, returned: Sequence[str] = ()) -> Evidence:
    """What ``said`` (the user's words) and ``returned`` (texts of tools) state.

    Questions are no statements, unless they also tell something ("I'm vegan, where can I eat?"); nor are suppositions,
    nor lines in the form in which memory shows what it recalled.
    """
    own = [clause for sentence in _sentences(said) if _states(sentence) for clause in _clauses(sentence)]
    tools = [clause for text in returned for sentence in _sentences(text) for clause in _clauses(sentence)]
    return Evidence(tuple(own + tools), bool(own))


def without_recalled(text: str) -> str:
    """``text`` without the lines in which memory shows what it recalled."""
    return _RECALLED.sub("", text)


def denies(text: str) -> bool:
    """Whether a text says that something is not so."""
    return _DENIES.search(text) is not None


def _sentences(text: str) -> list[str]:
    plain = without_recalled(text).replace("’", "'")
    return [one.strip() for one in _SENTENCE.split(plain) if one.strip()]


def _states(sentence: str) -> bool:
    return not _is_question(sentence) or _TELLS.search(sentence) is not None


def _is_question(sentence: str) -> bool:
    return sentence.rstrip("\"' )").endswith(("?", "？"))


def _clauses(sentence: str) -> list[Clause]:
    found: list[Clause] = []
    asking = _is_question(sentence)
    for part in _CLAUSE.split(sentence):
        if not part.strip() or _SUPPOSES.match(part) or (asking and _ASKS.match(part)):
            continue
        denied = denies(part)
        # "no tea, coffee or wine": what has no subject of its own goes on with what was said before it.
        if found and not denied and not _HAS_SUBJECT.search(part):
            denied = found[-1].denies
        found.append(Clause(frozenset(words(part)), part, denied))
    return found
