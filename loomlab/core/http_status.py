"""What an HTTP status of a provider means: the one table, for chat models and embedders alike."""

from collections.abc import Mapping

from loomlab.core.errors import (
    AuthenticationError,
    InvalidRequestError,
    ModelError,
    PermanentModelError,
    RateLimitError,
    TransientModelError,
)

STATUSES: Mapping[int, type[ModelError]] = {
    400: InvalidRequestError,
    401: AuthenticationError,
    403: AuthenticationError,
    404: InvalidRequestError,
    408: TransientModelError,
    409: TransientModelError,
    413: InvalidRequestError,
    422: InvalidRequestError,
    425: TransientModelError,
    429: RateLimitError,
    498: AuthenticationError,
    501: PermanentModelError,
}
"""The statuses that do not go by their hundred."""


def error_of_status(status: int) -> type[ModelError]:
    """The error for a status; of those not in the table, 500 and above may pass, the others will not."""
    return STATUSES.get(status) or (TransientModelError if status >= 500 else PermanentModelError)
