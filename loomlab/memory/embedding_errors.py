"""A provider's failure to embed as our error, read from what all their SDKs have in common: a status and a name."""

import re

from loomlab.core.errors import (
    ModelError,
    PermanentModelError,
    TransientModelError,
)
from loomlab.core.http_status import error_of_status
from loomlab.core.redact import MASK, redact

_LOST = re.compile(r"timeout|timed ?out|connect|unavailable|protocol|network", re.IGNORECASE)
# what providers echo of a refused key: its ends, and stars between
_HALF_MASKED = re.compile(r"\b[A-Za-z0-9]{2,}[-_]?[\w-]*\*{2,}[\w*-]*")
_SHOWN = 300


def translated(exc: Exception, *, provider: str, key: str | None) -> Exception:
    """The error to raise for ``exc``. No part of ``key`` is in its text."""
    if isinstance(exc, ModelError):
        return exc
    status = _status(exc)
    if status is not None:
        kind = error_of_status(status)
    # A ValueError tells of a reply that is no JSON, or holds no vectors: the request was fine.
    elif isinstance(exc, (OSError, ValueError)) or any(_LOST.search(one.__name__) for one in type(exc).__mro__[:3]):
        kind = TransientModelError
    elif isinstance(exc, (TypeError, AttributeError, LookupError, ImportError, AssertionError)):
        return exc  # a mistake in code, not a provider's refusal
    else:
        kind = PermanentModelError
    text = str(exc) or type(exc).__name__
    if key:
        text = text.replace(key, MASK)
    text = _HALF_MASKED.sub(MASK, redact(text))
    return kind(
        f"{provider} could not embed: {text[:_SHOWN]}",
        provider=provider.lower(),
        status=status,
        retry_after=_retry_after(exc),
        cause=exc,
    )


def _status(exc: Exception) -> int | None:
    for name in ("status_code", "http_status", "status"):
        value = getattr(exc, name, None)
        if isinstance(value, int):
            return value
    return None


def _retry_after(exc: Exception) -> float | None:
    headers = getattr(getattr(exc, "response", None), "headers", None) or getattr(exc, "headers", None)
    try:
        return float(headers["retry-after"]) if headers else None
    except (LookupError, TypeError, ValueError):  # a date, which is as good as nothing here
        return None
