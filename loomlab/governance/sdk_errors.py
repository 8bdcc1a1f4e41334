"""One table a package: its exception, and which of our errors that is.

``BY_STATUS`` leaves the choice to the HTTP status of the exception; None means that the exception tells of a
mistake in the calling code, which is nobody's model error. Names that an installed release does not have are harmless.
"""

from collections.abc import Mapping
from typing import Literal

from loomlab.core.errors import (
    AuthenticationError,
    ContentFilterError,
    InvalidRequestError,
    ModelError,
    PermanentModelError,
    RateLimitError,
    TransientModelError,
)

ErrorClass = type[ModelError]
BY_STATUS: Literal["by status"] = "by status"
Row = ErrorClass | Literal["by status"]
Table = Mapping[str, Row | None]

OPENAI: Table = {
    "OpenAIError": PermanentModelError,
    "APIError": TransientModelError,
    "APIResponseValidationError": TransientModelError,
    "APIStatusError": BY_STATUS,
    "APIConnectionError": TransientModelError,
    "APITimeoutError": TransientModelError,
    "BadRequestError": InvalidRequestError,
    "AuthenticationError": AuthenticationError,
    "OAuthError": AuthenticationError,
    "SubjectTokenProviderError": AuthenticationError,
    "PermissionDeniedError": AuthenticationError,
    "NotFoundError": InvalidRequestError,
    "ConflictError": TransientModelError,
    "UnprocessableEntityError": InvalidRequestError,
    "RateLimitError": RateLimitError,
    "InternalServerError": TransientModelError,
    "LengthFinishReasonError": PermanentModelError,
    "ContentFilterFinishReasonError": ContentFilterError,
    "InvalidWebhookSignatureError": None,
    "WebSocketConnectionClosedError": TransientModelError,
    "WebSocketQueueFullError": TransientModelError,
}

ANTHROPIC: Table = {
    "AnthropicError": PermanentModelError,
    "APIError": TransientModelError,
    "APIResponseValidationError": TransientModelError,
    "APIWebhookValidationError": None,
    "APIStatusError": BY_STATUS,
    "APIConnectionError": TransientModelError,
    "APITimeoutError": TransientModelError,
    "RetryableError": TransientModelError,
    "CredentialsError": AuthenticationError,
    "IdentityTokenFileError": AuthenticationError,
    "BadRequestError": InvalidRequestError,
    "AuthenticationError": AuthenticationError,
    "PaymentRequiredError": PermanentModelError,
    "PermissionDeniedError": AuthenticationError,
    "NotFoundError": InvalidRequestError,
    "RequestTimeoutError": TransientModelError,
    "ConflictError": TransientModelError,
    "PreconditionFailedError": PermanentModelError,
    "ContentTooLargeError": InvalidRequestError,
    "RequestTooLargeError": InvalidRequestError,
    "UnprocessableEntityError": InvalidRequestError,
    "RateLimitError": RateLimitError,
    "RequestHeaderFieldsTooLargeError": InvalidRequestError,
    "ClientClosedRequestError": PermanentModelError,
    "InternalServerError": TransientModelError,
    "HTTPNotImplementedError": PermanentModelError,
    "ServiceUnavailableError": TransientModelError,
    "GatewayTimeoutError": TransientModelError,
    "DeadlineExceededError": TransientModelError,
    "OverloadedError": TransientModelError,
}

LITELLM: Table = {
    "AuthenticationError": AuthenticationError,
    "NotFoundError": InvalidRequestError,
    "BadRequestError": InvalidRequestError,
    "ImageFetchError": InvalidRequestError,
    "VectorStoreSearchError": InvalidRequestError,
    "UnprocessableEntityError": InvalidRequestError,
    "Timeout": TransientModelError,
    "PermissionDeniedError": AuthenticationError,
    "RateLimitError": RateLimitError,
    "ContextWindowExceededError": InvalidRequestError,
    "PaymentRequiredError": PermanentModelError,
    "RejectedRequestError": InvalidRequestError,
    "ContentPolicyViolationError": ContentFilterError,
    "ServiceUnavailableError": TransientModelError,
    "BadGatewayError": TransientModelError,
    "InternalServerError": TransientModelError,
    "APIError": BY_STATUS,
    "APIConnectionError": TransientModelError,
    "APIResponseValidationError": TransientModelError,
    "JSONSchemaValidationError": TransientModelError,
    "OpenAIError": PermanentModelError,
    "UnsupportedParamsError": InvalidRequestError,
    "ModelNotMappedError": InvalidRequestError,
    "BudgetExceededError": PermanentModelError,
    "InvalidRequestError": InvalidRequestError,
    "MockException": BY_STATUS,
    "LiteLLMUnknownProvider": InvalidRequestError,
    "GuardrailRaisedException": ContentFilterError,
    "BlockedPiiEntityError": ContentFilterError,
    "MidStreamFallbackError": BY_STATUS,
    "ModifyResponseException": ContentFilterError,
    "SensitiveDataRouteException": PermanentModelError,
}

HTTPX: Table = {
    "HTTPError": TransientModelError,
    "RequestError": TransientModelError,
    "TransportError": TransientModelError,
    "TimeoutException": TransientModelError,
    "ConnectTimeout": TransientModelError,
    "ReadTimeout": TransientModelError,
    "WriteTimeout": TransientModelError,
    "PoolTimeout": TransientModelError,
    "NetworkError": TransientModelError,
    "ReadError": TransientModelError,
    "WriteError": TransientModelError,
    "ConnectError": TransientModelError,
    "CloseError": TransientModelError,
    "ProxyError": TransientModelError,
    "UnsupportedProtocol": InvalidRequestError,
    "ProtocolError": TransientModelError,
    "LocalProtocolError": InvalidRequestError,
    "RemoteProtocolError": TransientModelError,
    "DecodingError": TransientModelError,
    "TooManyRedirects": PermanentModelError,
    "HTTPStatusError": BY_STATUS,
    "InvalidURL": InvalidRequestError,
    "CookieConflict": None,
    "StreamError": None,
    "StreamConsumed": None,
    "StreamClosed": None,
    "ResponseNotRead": None,
    "RequestNotRead": None,
}

PYTHON: Table = {"ConnectionError": TransientModelError, "TimeoutError": TransientModelError}

TABLES: Mapping[str, Table] = {
    "litellm.exceptions": LITELLM,
    "openai": OPENAI,
    "openai._exceptions": OPENAI,
    "anthropic": ANTHROPIC,
    "anthropic._exceptions": ANTHROPIC,
    "httpx": HTTPX,
    "httpx2": HTTPX,
    "builtins": PYTHON,
}
"""By the module that offers the exceptions; it is looked up only where it is already loaded."""

REASONS: Mapping[str, ErrorClass] = {
    "content_filter": ContentFilterError,
    "content_policy_violation": ContentFilterError,
    "moderation_blocked": ContentFilterError,
    "ResponsibleAIPolicyViolation": ContentFilterError,
    "rate_limit_error": RateLimitError,
    "rate_limit_exceeded": RateLimitError,
    "insufficient_quota": RateLimitError,
    "overloaded_error": TransientModelError,
    "api_error": TransientModelError,
    "server_error": TransientModelError,
    "timeout_error": TransientModelError,
    "invalid_request_error": InvalidRequestError,
    "not_found_error": InvalidRequestError,
    "request_too_large": InvalidRequestError,
    "context_length_exceeded": InvalidRequestError,
    "authentication_error": AuthenticationError,
    "invalid_api_key": AuthenticationError,
    "permission_error": AuthenticationError,
    "billing_error": PermanentModelError,
}
"""What providers write as ``type`` or ``code`` of an error; for where the status says nothing, as inside a stream."""
