"""Masking of secrets in whatever leaves the process. Never shows a prefix of what it masks."""

import re
from functools import lru_cache
from typing import Any

MASK = "[REDACTED]"

_KEYS = re.compile(
    r"""
      sk-(?:ant-|proj-|or-|svcacct-)?[A-Za-z0-9_-]{16,}          # OpenAI, Anthropic, OpenRouter
    | (?:AKIA|ASIA)[0-9A-Z]{16}                                 # AWS
    | gh[pousr]_[A-Za-z0-9]{30,} | github_pat_[A-Za-z0-9_]{40,}  # GitHub
    | AIza[0-9A-Za-z_-]{35}                                     # Google
    | xox[abprs]-[A-Za-z0-9-]{10,}                              # Slack
    | hf_[A-Za-z0-9]{30,} | glpat-[A-Za-z0-9_-]{20,} | pypi-[A-Za-z0-9_-]{40,} | npm_[A-Za-z0-9]{36}
    | (?:sk|rk|pk)_(?:live|test)_[A-Za-z0-9]{16,}               # Stripe
    | gsk_[A-Za-z0-9]{40,} | pa-[A-Za-z0-9_-]{40,} | r8_[A-Za-z0-9]{36,}
    | eyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]+  # JSON web token
    | -----BEGIN\ [A-Z ]*PRIVATE\ KEY-----.*?(?:-----END\ [A-Z ]*PRIVATE\ KEY-----|\Z)
    """,
    re.VERBOSE | re.DOTALL,
)
_NAMED = re.compile(
    r"""(?ix) \b ((?:[a-z0-9]+[_-])*(?:api[_-]?key|secret[_-]?key|access[_-]?key|auth[_-]?token|access[_-]?token
        |refresh[_-]?token|client[_-]?secret|password|passwd)) (["']?\s*[:=]\s*["']?) ([^\s"',;&{}\[\]]{6,})"""
)
_BEARER = re.compile(r"(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/-]{16,}=*")
_URL_PASSWORD = re.compile(r"(?i)\b([a-z][a-z0-9+.-]*://[^\s:/@]*):([^\s/@]{3,})@")
# What a pattern cannot match without. Looking for plain text is a hundred times faster than trying the patterns.
_KEY_PARTS = (
    "sk-", "AKIA", "ASIA", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "AIza", "xox", "hf_", "glpat-",
    "pypi-", "npm_", "sk_", "rk_", "pk_", "pa-", "r8_", "eyJ", "-----BEGIN ",
)  # fmt: skip
_SHORTEST = len("a://:abc@")
_REPEATED = 64
"""Up to this length (names of fields, models, tools) a text comes again and again: the answer is kept."""
_NAME_PARTS = ("key", "token", "secret", "passw")
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
    folded = text.casefold()
    if _holds(text, _KEY_PARTS):
        text = _KEYS.sub(MASK, text)
    if "://" in text and "@" in text:
        text = _URL_PASSWORD.sub(rf"\1:{MASK}@", text)
    if _holds(folded, _BEARER_PARTS):
        text = _BEARER.sub(rf"\1 {MASK}", text)
    if _holds(folded, _NAME_PARTS):
        text = _NAMED.sub(lambda m: m[0] if m[3].startswith("[REDACTED") else f"{m[1]}{m[2]}{MASK}", text)
    return text


_redact_again = lru_cache(maxsize=4096)(_redact)


def _holds(text: str, parts: tuple[str, ...]) -> bool:
    for part in parts:  # noqa: SIM110 - any() with a generator doubles the time, and this runs on every text
        if part in text:
            return True
    return False


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
