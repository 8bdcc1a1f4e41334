"""Masking of secrets in whatever leaves the process. Never shows a prefix of what it masks."""

import re
from functools import lru_cache
from typing import Any

MASK = "[REDACTED]"

# Each begins where no letter stands before it, so that "risk-assessment-frameworks" is no key that begins with "sk-".
_KEYS = re.compile(
    r"""
      (?<![A-Za-z])(?:
        sk-[A-Za-z0-9_-]{16,}                                   # OpenAI, Anthropic, OpenRouter
      | gh[pousr]_[A-Za-z0-9]{30,} | github_pat_[A-Za-z0-9_]{40,}  # GitHub
      | xox[abeoprs]-[A-Za-z0-9-]{10,} | xapp-[A-Za-z0-9-]{10,}    # Slack
      | hf_[A-Za-z0-9]{30,} | glpat-[A-Za-z0-9_-]{20,} | pypi-[A-Za-z0-9_-]{40,} | npm_[A-Za-z0-9]{36}
      | (?:sk|rk|pk)_(?:live|test)_[A-Za-z0-9]{16,}             # Stripe
      | gsk_[A-Za-z0-9]{40,} | pa-[A-Za-z0-9_-]{40,} | r8_[A-Za-z0-9]{36,} | SG\.[\w-]{16,}\.[\w-]{16,}
      )
    | (?:AKIA|ASIA)[0-9A-Z]{16}                                 # AWS
    | AIza[0-9A-Za-z_-]{35}                                     # Google
    | eyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]+  # JSON web token
    | -----BEGIN\ [A-Z ]*PRIVATE\ KEY-----.*?(?:-----END\ [A-Z ]*PRIVATE\ KEY-----|\Z)
    """,
    re.VERBOSE | re.DOTALL,
)
_NAMED = re.compile(
    r"""(?ix) ((?<![a-z0-9])(?:api[_-]?key|secret[_-]?key|access[_-]?key|account[_-]?key|private[_-]?key|auth[_-]?token
        |access[_-]?token|refresh[_-]?token|client[_-]?secret|password|passwd|passphrase)|(?<=[a-z0-9][_-])(?:token|secret|pwd))
        (["']?\s*[:=]\s*["']?) ([^\s"',;&{}\[\]]{6,})"""
)
_BEARER = re.compile(r"\b((?i:bearer|basic))\s+(?=[A-Za-z._~+/-]*(?:[0-9=]|[a-z][A-Z]))[A-Za-z0-9._~+/-]{16,}=*")
_URL_PASSWORD = re.compile(r"(?i)(?<![a-z0-9+.-])([a-z][a-z0-9+.-]{0,30}://[^\s:/@]{0,200}):([^\s/@]{3,500})@")
_GIVEN = re.compile(r"(?:key|token|secret|password|passwd|passphrase|pwd)[\"']?\s*[:=]")
_NO_VALUES = {"string", "required", "optional", "unknown", "hidden", "secret", "password", "redacted", "undefined"}
_CODE = re.compile(r"[A-Za-z_][A-Za-z_.]*\(|[A-Za-z_]+(?:\.[A-Za-z_]+)+$|<[^>]*>?$|\$|\*+$|your[_-]|\(|\)")
"""What stands after a name such as "password" and is no password: a call, an attribute, a placeholder."""
_VARIABLE = re.compile(r"[A-Za-z]+(?:_[A-Za-z]+)+\)*")

# A long run of letters and digits without order. Looked at only in a text of more than one word: a value that stands
# alone may be an identifier, and identifiers must stay different from one another.
_RUNS = re.compile(r"(?<![A-Za-z0-9+/_=.:-])[A-Za-z0-9+/_-]{20,200}(?![A-Za-z0-9+/_-])")
_HINT = re.compile(r"(?i)(?:key|token|secret|passw|credential|pwd)[a-z]*\W{0,3}(?:\w+\W{1,3}){0,3}$")
_SHAPES = re.compile(r"[a-z]+|[A-Z]+|[0-9]+|[^A-Za-z0-9]+")
_SURE, _HINTED = 36, 20
"""From which length on a run without order is masked by itself, and after a word such as "key"."""
_ORDERED = re.compile(r"(?s).*(?:sha\d*[-:=]|base64,|id[=:\"' ]*)$")
"""What stands before a digest, data, or an identifier."""
_PICTURES = ("iVBORw0KGg", "/9j/", "R0lGOD", "UklGR", "JVBERi0")
"""How PNG, JPEG, GIF, WebP and PDF begin in base64."""
_known: tuple[str, ...] = ()
_MOST_KNOWN = 256

# What a pattern cannot match without. Looking for plain text is a hundred times faster than trying the patterns.
_DASHED = ("sk-", "glpat-", "pypi-", "pa-", "xox", "xapp-", "-----BEGIN ")
_UNDERSCORED = ("ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "hf_", "npm_", "sk_", "rk_", "pk_", "r8_")
_OTHERS = ("AKIA", "ASIA", "AIza", "eyJ", "SG.")
_SHORTEST = len("a://:abc@")
_REPEATED = 64
"""Up to this length (names of fields, models, tools) a text comes again and again: the answer is kept."""
_NAME_PARTS = ("key", "token", "secret", "passw", "passphrase", "pwd")
_BEARER_PARTS = ("bearer", "basic")
_SECRET_NAME = re.compile(
    r"(?i)^(?:.*[_-])?(?:api[_-]?key|secret|secret[_-]?key|access[_-]?key|private[_-]?key|auth[_-]?token|access[_-]?token|"
    r"refresh[_-]?token|client[_-]?secret|password|passwd|authorization|token)$"
)


def redact(text: str) -> str:
    """``text`` with everything that looks like a key, token or password replaced by ``[REDACTED]``."""
    if len(text) < _SHORTEST:
        return text
    return _redact_again(text) if len(text) <= _REPEATED else _redact(text)


def _redact(text: str) -> str:
    for value in _known:
        if value in text:
            text = text.replace(value, MASK)
    if (
        ("-" in text and _holds(text, _DASHED))
        or ("_" in text and _holds(text, _UNDERSCORED))
        or (not text.islower() and _holds(text, _OTHERS))
    ):
        text = _KEYS.sub(MASK, text)
    if "://" in text and "@" in text:
        text = _URL_PASSWORD.sub(rf"\1:{MASK}@", text)
    folded = text.lower()
    if _holds(folded, _BEARER_PARTS):
        text = _BEARER.sub(rf"\1 {MASK}", text)
    if (":" in text or "=" in text) and _holds(folded, _NAME_PARTS) and _GIVEN.search(folded):
        text = _NAMED.sub(_named, text)
    words = text.split()
    if len(words) > 1 and len(max(words, key=len)) >= _HINTED:
        text = _RUNS.sub(_run, text)
    return text


def _named(found: "re.Match[str]") -> str:
    """A value after a name such as ``api_key``: masked, unless it is plainly code or a placeholder."""
    value = found[3]
    if value.startswith(MASK[:-1]) or value.lower().rstrip(".") in _NO_VALUES or _CODE.match(value):
        return found[0]
    if _VARIABLE.fullmatch(value) and "pass" not in found[1].lower():
        return found[0]
    return f"{found[1]}{found[2]}{MASK}"


def _run(found: "re.Match[str]") -> str:
    """A long run of letters and digits: masked where it has no order, and either is long or is called a key."""
    value = found[0]
    shapes = _SHAPES.findall(value)
    # Words, names, hexadecimal figures, dates and paths change between letters and digits seldom; chance does so often.
    if len(shapes) < 0.34 * len(value) or not any(one.isdigit() for one in shapes) or len(set(value)) < 13:
        return value
    if value.islower() or value.isupper() or value.count("/") > 3 or value.startswith(_PICTURES):
        return value
    if len(value) >= _SURE and not _ORDERED.match(found.string, max(0, found.start() - 12), found.start()):
        return MASK
    return MASK if _HINT.search(found.string, max(0, found.start() - 48), found.start()) else value


_redact_again = lru_cache(maxsize=4096)(_redact)


def _holds(text: str, parts: tuple[str, ...]) -> bool:
    for part in parts:  # noqa: SIM110 - any() with a generator doubles the time, and this runs on every text
        if part in text:
            return True
    return False


def remember_secret(value: str) -> None:
    """Mask ``value`` from now on wherever it occurs in this process: it is known to be a secret.

    Short ones, plain words, addresses and whole sentences are not taken up: masking them would eat ordinary text.
    """
    global _known
    if value in _known or len(value) < 12 or re.search(r"\s|^[a-z]+://[^@]*$", value):
        return
    if value.isalpha() or value.isdigit():
        return
    _known = tuple(sorted({value, *_known[-_MOST_KNOWN + 1 :]}, key=len, reverse=True))
    _redact_again.cache_clear()


def redact_data(value: Any) -> Any:
    """The same over JSON-like data: texts are redacted, and values under names such as ``api_key`` masked whole."""
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, dict):
        return {
            redact(key) if isinstance(key, str) else key: MASK
            if isinstance(key, str) and isinstance(item, str) and item and _SECRET_NAME.match(key)
            else redact_data(item)
            for key, item in value.items()
        }
    if isinstance(value, (list, tuple)):
        return [redact_data(item) for item in value]
    return value
