"""What people say of themselves in plain English, read by patterns: no model, no call, the same every time.

Few forms, each of them certain: a clause that fits none gives nothing. ``told_when.py`` reads the dates.
"""

import re
from datetime import datetime

from loomlab.memory.claims import Claim
from loomlab.memory.evidence import Evidence
from loomlab.memory.told_when import told_when

_WORD = r"(?-i:[A-Z])[\w'-]*"
_NAME = rf"{_WORD}(?:\s+(?:(?:de|da|van|von|la|le|al|bin)\s+){{0,2}}{_WORD}){{0,2}}"
_PLACE = rf"(?:{_NAME}|(?-i:[a-z])[\w-]{{2,}})"
_THING = r"[^,;:.!?]{2,60}?"
_THINGS = rf"{_THING}(?:\s+and\s+\w+(?=\s*(?:$|[.!?;])))?"
_END = (
    r"(?=\s*(?:$|[,;:.!?)])|\s(?:and|but|because|since|so|now|in|on|at|with|for|from|as|when|where|who|which|this|these|last|"
    r"yesterday|today|again|too|very)\b)"
)
_I = r"\b(?:i|we)"
_AM = r"\b(?:i(?:'m|\s+am)|we(?:'re|\s+are))"
_ALSO = r"(?:\s+(?:now|also|really|currently|still|both|already|just|finally))*"
_KIN = (
    r"wife|husband|partner|girlfriend|boyfriend|brother|sister|mother|father|mum|mom|dad|son|daughter|aunt|uncle|boss|"
    r"manager|doctor|dentist|friend|neighbou?r|colleague|team\s+lead|teacher"
)
_PETS = r"(?:dog|cat|rabbit|parrot|hamster|horse|turtle|bird|puppy|kitten)s?"
_DIETS = "vegan|vegetarian|pescatarian|flexitarian|gluten-free|lactose-intolerant|lactose-free|halal|kosher"

_FORMS = {
    rf"\b(?:my\s+name\s+is|my\s+name's|call\s+me)\s+(?P<o>{_NAME})": "name",
    rf"^(?:(?:hi|hello|hey)\b\W*)?i(?:'m|\s+am)\s+(?P<o>{_NAME}){_END}": "name",
    rf"{_I}{_ALSO}\s+live{_ALSO}\s+in\s+(?P<o>{_PLACE}){_END}": "lives_in",
    rf"{_AM}{_ALSO}\s+(?:living|based)\s+in\s+(?P<o>{_PLACE}){_END}": "lives_in",
    rf"{_I}(?:\s+have|'ve)?{_ALSO}\s+moved\s+(?:from\s+{_PLACE}\s+)?to\s+(?P<o>{_PLACE}){_END}": "lives_in",
    rf"\bmy\s+(?:new\s+)?(?:place|home|flat|house|apartment)\s+is\s+in\s+(?P<o>{_PLACE}){_END}": "lives_in",
    rf"(?:{_AM}(?:\s+originally)?|{_I}\s+come)\s+from\s+(?P<o>{_NAME}){_END}": "comes_from",
    rf"{_I}{_ALSO}\s+work{_ALSO}\s+(?:at|for)\s+(?P<o>{_NAME}){_END}": "works_at",
    rf"\bjob\s+at\s+(?P<o>{_NAME}){_END}": "works_at",
    rf"{_I}(?:\s+have|'ve)?{_ALSO}\s+joined\s+(?P<o>{_NAME}){_END}": "works_at",
    rf"{_I}{_ALSO}\s+work(?:\s+(?:at|for)\s+{_NAME})?\s+as\s+an?\s+(?P<o>{_THING}){_END}": "job",
    rf"{_AM}{_ALSO}\s+an?\s+(?P<o>[a-z][a-z -]{{2,40}}?){_END}": "job",
    rf"{_AM}{_ALSO}(?:\s+an?)?\s+(?P<o>{_DIETS})\b": "diet",
    rf"{_AM}{_ALSO}\s+(?P<o>\d{{1,3}})(?:\s+years?\s+old|{_END})": "age",
    rf"\ballergic\s+to\s+(?P<o>{_THINGS}){_END}": "allergic_to",
    rf"{_I}(?:\s+have|'ve\s+got|\s+own)\s+(?P<o>(?:an?|two|three|four)\s+(?:\w+\s+)?{_PETS}"
    rf"(?:\s+(?:called|named)\s+{_WORD})?)": "has_pet",
    rf"{_I}\s+(?:don't|do\s+not|never)\s+(?:really\s+)?(?:like|enjoy)\s+(?P<o>{_THINGS}){_END}": "dislikes",
    rf"{_I}{_ALSO}\s+(?:hate|dislike|can't\s+stand)\s+(?P<o>{_THINGS}){_END}": "dislikes",
    rf"{_I}{_ALSO}\s+(?:like|love|enjoy)\s+(?P<o>{_THINGS}){_END}": "likes",
    rf"{_I}{_ALSO}\s+prefer\s+(?P<o>{_THINGS}){_END}": "prefers",
    rf"{_I}{_ALSO}\s+speak\s+(?:fluent\s+|some\s+)?(?P<o>{_WORD}){_END}": "speaks",
    rf"{_I}{_ALSO}\s+drive\s+(?P<o>{_THING}){_END}": "drives",
    r"\bmy\s+birthday\s+is\s+(?:on\s+)?(?P<o>[^,;:.!?]{3,30})": "birthday",
    rf"\bmy\s+favou?rite\s+(?P<p>\w+(?:\s\w+)?)\s+is\s+(?P<o>{_THING}){_END}": "favourite",
    rf"\bmy\s+(?P<p>{_KIN})(?:'s\s+name)?\s+is\s+(?:called\s+|named\s+)?(?P<o>{_NAME}){_END}": "",
    rf"\bmy\s+(?:{_KIN})\s+(?P<s>{_NAME})\s+lives\s+in\s+(?P<o>{_PLACE}){_END}": "lives_in",
    rf"\bmy\s+(?:{_KIN})\s+(?P<s>{_NAME})\s+works\s+(?:at|for)\s+(?P<o>{_NAME}){_END}": "works_at",
    rf"\bmy\s+(?:{_KIN})\s+(?P<s>{_NAME})\s+drives\s+(?P<o>{_THING}){_END}": "drives",
}
_COMPILED = [(re.compile(form, re.IGNORECASE), name) for form, name in _FORMS.items()]
_NOT = {
    "lives_in": re.compile(r"(?i)^(?:an?|the|this|that|my|your|his|her|their|our|fear|peace|hope|love|there|here)$"),
    "job": re.compile(rf"(?i)\b(?:bit|little|lot|fan|person|user|member|customer|beginner|newbie|big|{_DIETS})\b"),
    "likes": re.compile(r"(?i)^(?:to (?:know|ask|see|hear)|it|that|this|them|you|your|how|what|when|if|some help)\b"),
    "name": re.compile(r"(?i)^(?:i|not|sorry|sure|glad|happy|fine|ok|okay|here|back|afraid|looking|trying|going)\b"),
}
_NATIONS = re.compile(
    r"(?i)^(?:french|german|austrian|swiss|italian|spanish|english|british|scottish|welsh|irish|dutch|belgian|danish|"
    r"swedish|norwegian|finnish|polish|czech|hungarian|portuguese|greek|turkish|russian|ukrainian|american|canadian|mexican|"
    r"brazilian|indian|chinese|japanese|korean|australian|african|asian|european|catholic|muslim|jewish|hindu|buddhist)\b"
)
_ASKED = re.compile(r"(?i)\b(?:where|whether|if|how|why|when|that)\s*$")
_PARTIAL = frozenset(("likes", "dislikes", "prefers", "allergic_to"))
"""Predicates whose object may go on behind an "and"."""


def read_statements(told: Evidence, said_at: datetime) -> list[Claim]:
    """The claims in what a user states, in the order of the text."""
    claims: dict[tuple[str, str, str], Claim] = {}
    for clause in told.clauses:
        found: list[tuple[int, Claim]] = []
        when = told_when(clause.text, said_at)
        for form, name in _COMPILED:
            for match in form.finditer(clause.text):
                if _ASKED.search(clause.text[: match.start()]):
                    continue  # "she asked where I live"
                named = match.groupdict()
                predicate = "_".join(one for one in (name, (named.get("p") or "").lower().replace(" ", "_")) if one)
                for thing in _several(match["o"], name):
                    if (name in _NOT and _NOT[name].search(thing)) or (name == "name" and _NATIONS.search(thing)):
                        continue
                    since = None if name == "birthday" else when
                    claim = Claim(named.get("s") or "user", predicate, thing, 0.9, since)
                    found.append((match.start(), claim))
        for _, claim in sorted(found, key=lambda one: one[0]):
            claims.setdefault((claim.subject, claim.predicate, claim.object.casefold()), claim)
    return list(claims.values())


def _several(text: str, name: str) -> list[str]:
    """A thing, or the things of "tea and coffee"."""
    parts = re.split(r"\s+(?:and|or)\s+", text) if name in _PARTIAL else [text]
    return [re.sub(r"(?i)^(?:the|some|any)\s+", "", part).strip(" '\"") for part in parts if part.strip(" '\"")]
