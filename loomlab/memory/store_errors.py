"""Errors of the stores: which backend, what happened, what to do; and never a password."""

import re

from loomlab.core.errors import MemoryStoreError

_LOGIN = re.compile(r"(?<=://)\S*@")
_PASSWORD = re.compile(r"(?i)\b(pass(?:word|wd)?|pwd|sslpassword)(\s*=\s*)('[^']*'|[^\s&]+)")


def without_password(address: str) -> str:
    """An address as it may be shown: user name and password in it are masked."""
    return _PASSWORD.sub(r"\1\2***", _LOGIN.sub("***@", address))


def store_error(backend: str, where: str, what: str, remedy: str, holds: str = "memory") -> MemoryStoreError:
    """The error of a backend: ``memory in SQLite (bot.db): the disk is full; free some space``.

    ``holds`` is what is kept there, where that is not memory.
    """
    place = f" ({without_password(where)})" if where else ""
    return MemoryStoreError(f"{holds} in {backend}{place}: {without_password(what).rstrip('. ')}; {remedy}")


def needs(package: str, backend: str, extra: str, holds: str = "memory") -> ImportError:
    """The error for a backend whose package is not installed."""
    return ImportError(f"{holds} in {backend} {verb_of(holds)} the package {package}: pip install 'loomlab[{extra}]'")


def verb_of(holds: str) -> str:
    """``memory needs``, ``documents need``."""
    return "need" if holds.endswith("s") else "needs"
