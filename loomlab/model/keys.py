"""Where an adapter's API key comes from."""

import os
from typing import Any

from loomlab.core.errors import AuthenticationError
from loomlab.core.protocols import Secrets


def find_key(variable: str, *, api_key: str | None, secrets: Secrets | None) -> str | None:
    """The key that was given, else the one in ``secrets``, else the environment's; None where there is none."""
    if api_key:
        return api_key
    if secrets is not None and (found := secrets.lookup_sync(variable)):
        return found
    return os.environ.get(variable) or None


def require_key(variable: str, *, api_key: str | None, secrets: Secrets | None, provider: str) -> str:
    """The same, for a provider that does not answer without a key.

    Raises:
        AuthenticationError: there is none; the message names the variable.
    """
    key = find_key(variable, api_key=api_key, secrets=secrets)
    if key is None:
        raise AuthenticationError(
            f"{provider} needs a key: set the environment variable {variable}, or pass api_key= or secrets=",
            provider=provider,
        )
    return key


def key_of(client: Any) -> str | None:
    """The key that an SDK client holds, so that no error text repeats it."""
    key = getattr(client, "api_key", None)
    return key if isinstance(key, str) and key else None
