"""Which of our model errors an SDK's exception is. The tables are in ``sdk_errors.py``."""

import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from loomlab.core.errors import (
    AuthenticationError,
    ContentFilterError,
    InvalidRequestError,
    ModelError,
    PermanentModelError,
    RateLimitError,
    TransientModelError,
)
from loomlab.core.http_status import error_of_status
from loomlab.core.redact import redact
from loomlab.governance.sdk_errors import REASONS, TABLES, ErrorClass, Row

_SAYS: Mapping[ErrorClass, str] = {
    RateLimitError: "asks to slow down",
    AuthenticationError: "refused the key; check that it is set, valid and allowed to do this",
    ContentFilterError: "blocked this by its safety rules",
    InvalidRequestError: "refused the request",
    TransientModelError: "failed for now",
    PermanentModelError: "failed",
}
_LONGEST = 1000  # characters of a provider's text that a message repeats: some answer with a whole page
_FILTER_WORDS = ("content_filter", "content filter", "content management policy", "content policy", "safety system")


def classify_model_error(exc: BaseException, *, provider: str | None = None) -> ModelError | None:
    """Our error for an exception of a provider's SDK or of an HTTP client; None where it is none of theirs.

    The message is redacted; ``retry_after``, ``status`` and ``cause`` are filled from the exception. No SDK is
    imported for this. ``provider`` names the provider in the message where the exception's package does not.
    """
    if isinstance(exc, ModelError):
        return exc
    found = _row(exc)
    if found is None:
        return None
    package, row = found
    status = _status(exc)
    kind = _kind(exc, row, status)
    who = provider or getattr(exc, "llm_provider", None) or package
    http = f" (HTTP {status})" if status else ""
    error = kind(
        f"{who} {_SAYS[kind]}{http}: {redact(_text(exc))[:_LONGEST]}",
        retry_after=_retry_after(exc),
        provider=who,
        status=status,
        cause=exc,
    )
    if "insufficient_quota" in _reasons(exc):
        error.retryable = False  # no wait refills an empty account
    return error


def _kind(exc: BaseException, row: Row, status: int | None) -> ErrorClass:
    reasons = [REASONS[reason] for reason in _reasons(exc) if reason in REASONS]
    kind = (_by_status(status) or TransientModelError) if isinstance(row, str) else row
    if kind is TransientModelError and status is None and reasons:
        return reasons[0]  # an error event inside a stream has no status of its own
    if kind is InvalidRequestError and (ContentFilterError in reasons or _mentions_filter(exc)):
        return ContentFilterError
    return kind


def _row(exc: BaseException) -> tuple[str, Row] | None:
    for cls in type(exc).__mro__:
        for module, table in TABLES.items():
            if cls.__name__ in table and getattr(sys.modules.get(module), cls.__name__, None) is cls:
                kind = table[cls.__name__]
                return None if kind is None else (module.partition(".")[0], kind)
    return None


def _by_status(status: int | None) -> ErrorClass | None:
    if status is None or status < 400:
        return None
    return error_of_status(status)


def _response(exc: BaseException) -> Any:
    return getattr(exc, "response", None)


def _status(exc: BaseException) -> int | None:
    """The HTTP status that tells of the error; that of a stream which began well tells nothing."""
    for value in (getattr(exc, "status_code", None), getattr(_response(exc), "status_code", None)):
        if isinstance(value, int) and value >= 400:
            return value
    return None


def _reasons(exc: BaseException) -> list[str]:
    """Every ``code`` and ``type`` that the provider's error body holds, the outermost first."""
    found = [getattr(exc, "code", None), getattr(exc, "type", None)]
    body = getattr(exc, "body", None)
    while isinstance(body, Mapping):
        found += [body.get("code"), body.get("type")]
        body = body.get("error") or body.get("innererror")
    return [reason for reason in found if isinstance(reason, str)]


def _mentions_filter(exc: BaseException) -> bool:
    text = str(exc).lower()
    return any(words in text for words in _FILTER_WORDS)


def _text(exc: BaseException) -> str:
    """The provider's own sentence where the body has one, else what the exception says."""
    original = getattr(exc, "original_exception", None)
    if isinstance(original, Exception) and original is not exc:
        return _text(original)
    body = getattr(exc, "body", None)
    inner = body.get("error", body) if isinstance(body, Mapping) else None
    said = inner.get("message") if isinstance(inner, Mapping) else None
    text = said if isinstance(said, str) and said else str(exc) or type(exc).__name__
    cause = str(exc.__cause__ or "")
    return f"{text} ({cause})" if cause and cause not in text and _status(exc) is None else text


def _headers(exc: BaseException) -> Iterator[Mapping[str, str]]:
    for value in (getattr(_response(exc), "headers", None), getattr(exc, "litellm_response_headers", None)):
        if value is not None and hasattr(value, "get"):
            yield value


def _retry_after(exc: BaseException) -> float | None:
    """Seconds to wait, from the response's headers: milliseconds, seconds, or an HTTP date."""
    import email.utils  # loads half of the network modules, and few replies carry a date

    for headers in _headers(exc):
        try:
            if millis := headers.get("retry-after-ms"):
                return max(0.0, float(millis) / 1000)
            if not (said := headers.get("retry-after")):
                continue
        except (TypeError, ValueError):
            continue
        try:
            return max(0.0, float(said))
        except (TypeError, ValueError):
            pass
        try:
            moment = email.utils.parsedate_to_datetime(said)
        except (TypeError, ValueError):
            continue
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return max(0.0, (moment - datetime.now(UTC)).total_seconds())
    return None
