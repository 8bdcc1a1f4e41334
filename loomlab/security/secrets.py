"""Where keys come from: the environment, or a dictionary."""

import os
from collections.abc import Iterable, Mapping

from loomlab.core import ConfigError
from loomlab.core.redact import MASK, redact

_SHORTEST = 6
"""Values below this length are too common in plain text to be masked wherever they occur."""


class EnvSecrets:
    """Secrets from environment variables. Read-only: ``store`` raises ConfigError."""

    def __init__(self) -> None:
        self._seen: set[str] = set()

    async def resolve(self, ref: str) -> str:
        """The environment variable ``ref``; KeyError where it is not set."""
        value = self.lookup_sync(ref)
        if value is None:
            raise KeyError(f"the environment variable {ref} is not set")
        return value

    async def store(self, ref: str, value: str) -> None:
        """Always ConfigError: a process cannot keep anything in the environment."""
        raise ConfigError(
            f"EnvSecrets cannot keep {ref!r}: set the environment variable before the start, "
            "or use DictSecrets, or an object with resolve, store, redact and lookup_sync over your own vault"
        )

    def redact(self, text: str) -> str:
        """``text`` with everything that looks like a key masked, and each value that was looked up here."""
        return _mask(text, self._seen)

    def lookup_sync(self, ref: str) -> str | None:
        """The environment variable ``ref``, or None."""
        value = os.environ.get(ref)
        if value:
            self._seen.add(value)
        return value


class DictSecrets:
    """Secrets in a dictionary of this process: for tests, and for keys that come from elsewhere."""

    def __init__(self, initial: Mapping[str, str] | None = None) -> None:
        self._values = dict(initial or {})

    async def resolve(self, ref: str) -> str:
        """The secret ``ref``; KeyError where there is none."""
        try:
            return self._values[ref]
        except KeyError:
            raise KeyError(f"there is no secret {ref!r}") from None

    async def store(self, ref: str, value: str) -> None:
        """Keep a secret until the process ends."""
        self._values[ref] = value

    def redact(self, text: str) -> str:
        """``text`` with everything that looks like a key masked, and each value that is kept here."""
        return _mask(text, self._values.values())

    def lookup_sync(self, ref: str) -> str | None:
        """The secret ``ref``, or None."""
        return self._values.get(ref)

    def __repr__(self) -> str:
        return f"DictSecrets({len(self._values)} kept)"


def _mask(text: str, values: Iterable[str]) -> str:
    known = sorted((one for one in values if len(one) >= _SHORTEST), key=len, reverse=True)
    for value in known:
        text = text.replace(value, MASK)
    return redact(text)
