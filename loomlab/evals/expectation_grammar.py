"""How an expectation is written: two sides, a sign between them, how far apart, how sure."""

import operator
import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from loomlab.core.errors import ConfigError
from loomlab.evals.measure import Measure

SIGNS: Mapping[str, Callable[[float, float], bool]] = {
    ">=": operator.ge,
    ">": operator.gt,
    "<=": operator.le,
    "<": operator.lt,
    "==": operator.eq,
    "!=": operator.ne,
}
_SIGN = re.compile(r">=|<=|==|!=|≥|≤|>|<|=")
_SPELT = {"≥": ">=", "≤": "<=", "=": "=="}
_CONFIDENCE = re.compile(r"\s*@\s*([0-9]*\.?[0-9]+)\s*%?\s*$")
_TERM = re.compile(r"""\s*([^()"']+?)\s*(?:\(\s*(?:"([^"]*)"|'([^']*)'|([^()"']*?))\s*\))?\s*""")
_QUOTED = re.compile(r"""\s*(?:"([^"]+)"|'([^']+)')\s*""")
_NUMBER = re.compile(
    r"\s*(\$)?\s*(-?(?:[0-9][0-9_,]*(?:\.[0-9]*)?|\.[0-9]+)(?:[eE]-?[0-9]+)?)\s*(%|\$|usd|ms|s|min)?\s*", re.I
)
_APART = re.compile(r"\s(by|within)\s+([^()]+)$")
_MILLISECONDS = {"ms": 1.0, "s": 1_000.0, "min": 60_000.0}
_EXAMPLES = "accuracy(react) >= 0.7 @95%, cost(react) <= 0.01, react > rewoo by 0.05 @95%"


class Term(NamedTuple):
    """One side: ``measure(arm)``; a bare word is the measure, or the arm, and ``arm`` is None."""

    measure: str | None
    arm: str | None


class Sides(NamedTuple):
    """Both sides, found in an evaluation; ``right`` is None where the other side is a number."""

    measure: Measure
    left: str
    right: str | None


def read(text: str) -> dict[str, Any]:
    """The parts of an expectation. Raises ConfigError for what can't be read."""
    line = " ".join(text.split())
    rest, confidence = _confidence(line)
    found = _sign(rest)
    if found is None:
        raise ConfigError(f"{line!r} expects nothing; write it as {_EXAMPLES}")
    sign = _SPELT.get(found[0], found[0])
    left, right = rest[: found.start()], rest[found.end() :]
    if _number(left) is not None:
        raise ConfigError(f"{line!r} begins with a number; write the measure first, as in accuracy(react) >= 0.7")
    apart = _APART.search(right)
    bound, unit, slack = 0.0, "", 0.0
    number = _number(right)
    if number is not None:
        return _whole(line, _term(left, line), sign, None, number[0], 0.0, number[1], confidence)
    other = _term(right[: apart.start()] if apart else right, line)
    if apart is not None:
        size = _number(apart[2])
        if size is None or size[0] < 0:
            raise ConfigError(f"{line!r}: after {apart[1]!r} comes a number from 0, as in react > rewoo by 0.05")
        bound, slack, unit = _shift(apart[1], sign, size[0], line), 0.0, size[1]
        if sign == "==":
            bound, slack = 0.0, size[0]
    return _whole(line, _term(left, line), sign, other, bound, slack, unit, confidence)


def _whole(
    text: str,
    left: Term,
    sign: str,
    right: Term | None,
    bound: float,
    slack: float,
    unit: str,
    confidence: float | None,
) -> dict[str, Any]:
    if confidence is not None and (sign == "!=" or (sign == "==" and not slack)):
        raise ConfigError(
            f"{text!r}: no interval can show that a figure is exactly {'so' if sign == '==' else 'something else'}; "
            "write a bound with >= or <=, or react == rewoo within 0.02"
        )
    return {
        "text": text,
        "left": left,
        "sign": sign,
        "right": right,
        "bound": bound,
        "slack": slack,
        "unit": unit,
        "confidence": confidence,
    }


def _shift(word: str, sign: str, size: float, line: str) -> float:
    """Where the line lies for the difference, left less right."""
    if sign == "!=" or (sign == "==" and word == "by"):
        raise ConfigError(
            f"{line!r}: {word!r} goes with > >= < <=" + (", 'within' with == too" if word == "by" else "")
        )
    up = size if sign in (">", ">=") else -size
    return up if word == "by" else -up


def _confidence(line: str) -> tuple[str, float | None]:
    found = _CONFIDENCE.search(line)
    if found is None:
        if re.search(r"@\s*[^@()]*$", line) and "pass@" not in line.rpartition("@")[0][-5:] + "@":
            raise ConfigError(f"{line!r}: after @ comes how sure it must be, as in @95%")
        return line, None
    value = float(found[1])
    share = value / 100 if value > 1 or "%" in found[0] else value
    if not 0.5 <= share < 1:
        raise ConfigError(f"{line!r}: a confidence lies between 50% and 100%, as in @95%")
    return line[: found.start()], share


def _sign(text: str) -> "re.Match[str] | None":
    """The first sign that stands outside of quotation marks and brackets."""
    plain = re.sub(r"""\([^()]*\)|"[^"]*"|'[^']*'""", lambda one: "_" * len(one[0]), text)
    found = _SIGN.search(plain)
    return found and _SIGN.match(text, found.start())


def _term(text: str, line: str) -> Term:
    if quoted := _QUOTED.fullmatch(text):
        return Term(quoted[1] or quoted[2], None)
    found = _TERM.fullmatch(text)
    if found is None:
        raise ConfigError(f"{text.strip()!r} in {line!r} can't be read; write it as {_EXAMPLES}")
    arm = next((part for part in found.groups()[1:] if part is not None), None)
    return Term(found[1], arm or None)


def _number(text: str) -> tuple[float, str] | None:
    """A number in the unit that is kept (ms, dollars, a share of 1), and which unit that is."""
    found = _NUMBER.fullmatch(text)
    if found is None:
        return None
    value = float(found[2].replace(",", "").replace("_", ""))
    unit = (found[3] or "").lower()
    if found[1] or unit in ("$", "usd"):
        return value, "$"
    if unit == "%":
        return value / 100, "%"
    return (value * _MILLISECONDS[unit], "ms") if unit else (value, "")
