"""Since when, as people write it: "in March", "since 2019", "two weeks ago"."""

import re
from datetime import datetime, timedelta

_MONTH_NAMES = "january february march april may june july august september october november december"
_MONTHS = _MONTH_NAMES.split()
_MONTH = "|".join(_MONTHS)
_NUMBERS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_ISO = re.compile(r"\b(?:19|20)\d\d-\d\d-\d\d\b")
_DAY = re.compile(rf"(?i)\b(\d{{1,2}})(?:st|nd|rd|th)?\s+(?:of\s+)?({_MONTH})\b(?:,?\s+((?:19|20)\d\d))?")
_DAY_AFTER = re.compile(rf"(?i)\b({_MONTH})\s+(\d{{1,2}})(?:st|nd|rd|th)?\b(?:,?\s+((?:19|20)\d\d))?")
_IN_MONTH = re.compile(
    rf"(?i)\b(?:in|since|last|from)\s+(?:early\s+|late\s+|mid-?)?({_MONTH})\b(?:\s+(?:of\s+)?((?:19|20)\d\d))?"
)
_YEAR = re.compile(r"(?i)\b(?:in|since|from)\s+((?:19|20)\d\d)\b")
_AGO = re.compile(rf"(?i)\b(\d{{1,2}}|an?|{'|'.join(_NUMBERS[1:])})\s+(day|week|month|year)s?\s+ago\b")
_LAST = re.compile(r"(?i)\b(yesterday|last\s+(?:week|month|year))\b")
_SPAN = {"day": 1, "week": 7, "month": 30, "year": 365}


def told_when(text: str, said_at: datetime) -> str | None:
    """The day from which something is told to hold, as ISO text; None where nothing is said of it.

    A month or day without a year is the latest one that is not after ``said_at``.
    """
    if found := _ISO.search(text):
        return found[0]
    if found := _DAY.search(text):
        return _date(int(found[1]), found[2], found[3], said_at)
    if found := _DAY_AFTER.search(text):
        return _date(int(found[2]), found[1], found[3], said_at)
    if found := _IN_MONTH.search(text):
        return _date(1, found[1], found[2], said_at)
    if found := _YEAR.search(text):
        return f"{found[1]}-01-01"
    if found := _AGO.search(text):
        word = found[1].lower()
        number = int(word) if word.isdigit() else 1 if word in ("a", "an") else _NUMBERS.index(word)
        return f"{said_at - timedelta(days=number * _SPAN[found[2].lower()]):%Y-%m-%d}"
    if found := _LAST.search(text):
        span = "day" if found[1].lower() == "yesterday" else found[1].split()[-1].lower()
        return f"{said_at - timedelta(days=_SPAN[span]):%Y-%m-%d}"
    return None


def _date(day: int, name: str, year: str | None, said_at: datetime) -> str | None:
    month = _MONTHS.index(name.lower()) + 1
    chosen = int(year) if year else said_at.year - ((month, day) > (said_at.month, said_at.day))
    try:
        return f"{said_at.replace(year=chosen, month=month, day=day):%Y-%m-%d}"
    except ValueError:  # no such day
        return None
