"""An adapter's failure as our error, with nothing in its text that could open a door."""

import re
from types import TracebackType

from loomlab.core.errors import ModelError, TransientModelError
from loomlab.core.redact import MASK
from loomlab.governance.classify import classify_model_error

# what providers echo of a refused key: its ends, and stars between
_HALF_MASKED = re.compile(r"\b[A-Za-z]{2,}[-_][\w-]*\*{2,}[\w*-]*")


def translate(exc: Exception, *, provider: str, key: str | None = None) -> Exception:
    """The error to raise for ``exc``: ours where it is a provider's, else ``exc`` itself.

    A reply that is no JSON (``ValueError`` out of the SDK) counts as transient: the request was fine.
    """
    error = classify_model_error(exc, provider=provider)
    if error is None and isinstance(exc, ValueError):
        error = TransientModelError(f"{provider} sent a reply that is not JSON: {exc}", provider=provider, cause=exc)
    if error is None:
        return exc
    error.args = (_mask(str(error), key), *error.args[1:])
    return error


class Translating:
    """``with Translating(provider, key):`` raises what ``translate`` says instead of what the block raised."""

    __slots__ = ("_key", "_provider")

    def __init__(self, provider: str, key: str | None) -> None:
        self._provider = provider
        self._key = key

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(exc, Exception):
            error = translate(exc, provider=self._provider, key=self._key)
            if error is not exc:
                raise error from exc


def broken_off(provider: str) -> ModelError:
    """The error for a stream that ended before the reply did."""
    return TransientModelError(
        f"{provider} broke the reply off before its end: the connection was lost", provider=provider
    )


def _mask(text: str, key: str | None) -> str:
    if key:
        text = text.replace(key, MASK)
    return _HALF_MASKED.sub(MASK, text)
