"""Where keys come from: the environment, a dictionary, or several places in turn."""

import os
from collections.abc import Iterable, Mapping
from contextlib import suppress

import anyio.to_thread

from loomlab.core import ConfigError, Secrets
from loomlab.core.redact import MASK, redact, remember_secret

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
        return mask(text, self._seen)

    def lookup_sync(self, ref: str) -> str | None:
        """The environment variable ``ref``, or None."""
        value = os.environ.get(ref)
        if value:
            self._seen.add(value)
            remember_secret(value)
        return value


class DictSecrets:
    """Secrets in a dictionary of this process: for tests, and for keys that come from elsewhere."""

    def __init__(self, initial: Mapping[str, str] | None = None) -> None:
        self._values = dict(initial or {})

    async def resolve(self, ref: str) -> str:
        """The secret ``ref``; KeyError where there is none."""
        value = self.lookup_sync(ref)
        if value is None:
            raise KeyError(f"there is no secret {ref!r}")
        return value

    async def store(self, ref: str, value: str) -> None:
        """Keep a secret until the process ends."""
        self._values[ref] = value

    def redact(self, text: str) -> str:
        """``text`` with everything that looks like a key masked, and each value that is kept here."""
        return mask(text, self._values.values())

    def lookup_sync(self, ref: str) -> str | None:
        """The secret ``ref``, or None."""
        value = self._values.get(ref)
        if value:
            remember_secret(value)
        return value

    def __repr__(self) -> str:
        return f"DictSecrets({len(self._values)} kept)"


class ChainSecrets:
    """Several places for secrets as one: the first that has it answers, the first that can keeps.

    ``ChainSecrets(DictSecrets({…}), FileSecrets(), EnvSecrets())``: what is explicit wins, the environment comes last.
    """

    def __init__(self, *places: Secrets) -> None:
        if not places:
            raise ConfigError("ChainSecrets needs a place to look: ChainSecrets(FileSecrets(), EnvSecrets())")
        self._places = places

    async def resolve(self, ref: str) -> str:
        """The secret ``ref`` from the first place that has it; KeyError where none has."""
        value = await anyio.to_thread.run_sync(self.lookup_sync, ref)
        if value is not None:
            return value
        for place in self._places:  # one over a vault may answer only when it is awaited
            with suppress(KeyError):
                return await place.resolve(ref)
        raise KeyError(f"there is no secret {ref!r} in any of {len(self._places)} places")

    async def store(self, ref: str, value: str) -> None:
        """Keep a secret in the first place that can; ConfigError where none can."""
        for place in self._places:
            with suppress(ConfigError):
                return await place.store(ref, value)
        raise ConfigError(f"none of these places can keep {ref!r}: add a FileSecrets or a DictSecrets")

    def redact(self, text: str) -> str:
        """``text`` with everything masked that any of the places would mask."""
        for place in self._places:
            text = place.redact(text)
        return text

    def lookup_sync(self, ref: str) -> str | None:
        """The secret ``ref`` from the first place that has it, or None."""
        return next((found for one in self._places if (found := one.lookup_sync(ref)) is not None), None)


def mask(text: str, values: Iterable[str]) -> str:
    """``text`` without any of ``values``, and without what looks like a key."""
    known = sorted((one for one in values if len(one) >= _SHORTEST), key=len, reverse=True)
    for value in known:
        text = text.replace(value, MASK)
    return redact(text)
