"""Tool names on the wire: providers take letters, digits, ``_`` and ``-`` only; ours may hold dots and more."""

import hashlib
import re
from collections.abc import Iterable, Sequence

from loomlab.core.messages import Message, ToolDef

_LEGAL = re.compile(r"[A-Za-z0-9_-]{1,64}")
_ILLEGAL = re.compile(r"[^A-Za-z0-9_-]")
_LONGEST = 64


class ToolNames:
    """Both directions for one request. Legal names stay as they are; ``alpha.search`` becomes ``alpha__search``."""

    def __init__(self, names: Iterable[str]) -> None:
        given = list(dict.fromkeys(names))
        self._wire = {name: name for name in given if _LEGAL.fullmatch(name)}
        for name in given:
            if name not in self._wire:
                self._wire[name] = _legal(name, taken=set(self._wire.values()))
        self._ours = {wire: name for name, wire in self._wire.items()}

    @classmethod
    def of(cls, messages: Sequence[Message], tools: Sequence[ToolDef] | None) -> "ToolNames":
        """The names that a request holds: its tools, and the calls in its history."""
        called = (call.tool for message in messages for call in message.tool_calls)
        return cls([*(tool.name for tool in tools or ()), *called])

    def wire(self, name: str) -> str:
        """The name to send."""
        return self._wire.get(name, name)

    def ours(self, wire: str) -> str:
        """The name that was meant; a name that was never sent stays as it is."""
        return self._ours.get(wire, wire)


def _legal(name: str, *, taken: set[str]) -> str:
    wire = _ILLEGAL.sub("_", name.replace(".", "__")) or "_"
    if len(wire) <= _LONGEST and wire not in taken:
        return wire
    digest = hashlib.sha256(name.encode()).hexdigest()[:8]
    return f"{wire[: _LONGEST - 9]}_{digest}"
