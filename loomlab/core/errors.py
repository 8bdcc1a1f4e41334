"""Every error of the package, in one tree.

LoomError
├── ConfigError                      a wrong or missing setting; the message names the remedy
├── BudgetExceeded                   a cap was reached outside a run that could stop by itself
├── PermissionDenied                 a tool was refused
├── ToolError, SandboxError          a tool or its sandbox failed
├── RuntimeJournalError, MemoryStoreError, MCPError
├── FreshnessError, LineageError     a certified value is stale, or from a source not allowed
├── CancelledByUser
├── CassetteMiss                     no recorded reply matches a request
├── OutputValidationError            the answer does not fit the schema
└── ModelError
    ├── TransientModelError          worth a retry
    │   └── RateLimitError           429 or quota; carries retry_after
    └── PermanentModelError          never retried
        ├── AuthenticationError
        ├── InvalidRequestError
        └── ContentFilterError
"""

import warnings
from typing import Any


class LoomError(Exception):
    """Base of every error that loomlab raises on purpose."""


class ConfigError(LoomError):
    """A setting is missing, unknown or malformed."""


class BudgetExceeded(LoomError):
    """A budget cap is reached. ``reason`` is the name of the cap."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"budget exceeded: {reason}")
        self.reason = reason


class PermissionDenied(LoomError):
    """A tool call was refused."""

    def __init__(self, tool: str, reason: str | None = None) -> None:
        super().__init__(f"{tool} was denied" + (f": {reason}" if reason else ""))
        self.tool = tool
        self.reason = reason


class ToolError(LoomError):
    """A tool failed."""


class SandboxError(LoomError):
    """A sandbox could not do its work."""


class RuntimeJournalError(LoomError):
    """The journal of a durable runtime could not be read or written."""


class MemoryStoreError(LoomError):
    """A memory backend failed; the message names the backend and the remedy."""


class MCPError(LoomError):
    """An MCP server could not be reached or broke the protocol."""


class FreshnessError(LoomError):
    """A certified value is older than its policy allows."""


class LineageError(LoomError):
    """A certified value stems from a source that is not allowed."""


class CancelledByUser(LoomError):
    """A person stopped the work."""


class CassetteMiss(LoomError):
    """A replayed model was asked something that its cassette does not hold."""


class OutputValidationError(LoomError):
    """The model's answer does not fit the requested schema.

    Attributes: ``raw`` (the text), ``schema`` (the requested type), ``cause`` (the validation error).
    """

    def __init__(self, message: str, *, raw: str, schema: Any, cause: Exception | None = None) -> None:
        super().__init__(message)
        self.raw = raw
        self.schema = schema
        self.cause = cause


class ModelError(LoomError):
    """A model call failed. Policy reads the fields, never the text.

    Attributes: ``retryable``; ``retry_after`` in seconds, where the provider said so; ``provider``;
    ``status`` (HTTP, where there was one); ``cause`` (the SDK's own exception).
    """

    retryable = False

    def __init__(
        self,
        message: str,
        *,
        retry_after: float | None = None,
        provider: str | None = None,
        status: int | None = None,
        cause: BaseException | None = None,
    ) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        self.provider = provider
        self.status = status
        self.cause = cause


class TransientModelError(ModelError):
    """The same request may succeed later: time-out, lost connection, 5xx."""

    retryable = True


class RateLimitError(TransientModelError):
    """The provider asks to slow down (429, or a quota)."""


class PermanentModelError(ModelError):
    """The same request will fail again."""


class AuthenticationError(PermanentModelError):
    """The key is missing, wrong, or lacks the right (401, 403)."""


class InvalidRequestError(PermanentModelError):
    """The provider refused the request as malformed (400, 404, 422)."""


class ContentFilterError(PermanentModelError):
    """The provider's safety system refused the request or cut the reply."""


class IsolationWarning(UserWarning):
    """A recall without ``user_id`` on a store that holds named users' data."""


class LoomDeprecationWarning(DeprecationWarning):
    """Something that still works and will stop working in the named release."""


_warned: set[tuple[str, str]] = set()


def warn_legacy_protocol(
    protocol: str, method: str, *, missing_kwarg: str = "user_id", removal: str = "1.0", stacklevel: int = 3
) -> None:
    """Warn once per process that an implementation of ``protocol.method`` lacks a keyword."""
    if (protocol, method) in _warned:
        return
    _warned.add((protocol, method))
    warnings.warn(
        f"this {protocol} has a {method}() without the keyword {missing_kwarg}=; add it, "
        f"because loomlab {removal} will pass it always",
        LoomDeprecationWarning,
        stacklevel=stacklevel,
    )
