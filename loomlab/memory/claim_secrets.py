"""Whether a claim would put a secret into memory."""

import re

from loomlab.core.redact import MASK, redact, redact_data
from loomlab.memory.claims import Claim

_NAMES = re.compile(
    r"(?i)(?:^|[\s_-])(?:password|passwd|passcode|passphrase|pin|pin[\s_-]?code|secret|api[\s_-]?key|access[\s_-]?key|token|"
    r"private[\s_-]?key|ssn|social[\s_-]?security|cvv|cvc|credit[\s_-]?card|card[\s_-]?number|iban)(?:$|[\s_-])"
)
_DIGITS = re.compile(r"(?:\d[ -]?){13,19}")


def holds_secret(claim: Claim) -> bool:
    """True for keys, tokens and passwords by their shape, for card numbers, and for whatever is called a secret."""
    text = f"{claim.subject} {claim.predicate} {claim.object}"
    if (
        MASK in text
        or redact(text) != text
        or redact(f"{claim.predicate}: {claim.object}") != (f"{claim.predicate}: {claim.object}")
    ):
        return True
    if redact_data({claim.predicate: claim.object}) != {claim.predicate: claim.object}:
        return True
    if _NAMES.search(claim.predicate) or _NAMES.search(claim.subject):
        return True
    return any(_luhn(found[0]) for found in _DIGITS.finditer(claim.object))


def _luhn(text: str) -> bool:
    digits = [int(one) for one in text if one.isdigit()][::-1]
    doubled = [digit * 2 - 9 * (digit > 4) for digit in digits[1::2]]
    return (sum(digits[::2]) + sum(doubled)) % 10 == 0
