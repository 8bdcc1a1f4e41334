"""Policies over tool calls: allow, deny, or ask a person."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any, Self

from loomlab.core import ConfigError, PermissionDecision, Permissions, ToolCall
from loomlab.security.callables import takes_keyword


class Mode(StrEnum):
    """How much a policy lets through without asking."""

    DEFAULT = "default"
    ACCEPT_EDITS = "acceptEdits"
    BYPASS = "bypassPermissions"


class AllowAll:
    """Everything may run. The default; the gate then skips the question."""

    async def check(
        self, call: ToolCall, *, context: Mapping[str, Any], user_id: str | None = None
    ) -> PermissionDecision:
        """Yes."""
        return PermissionDecision.allow_()

    def __repr__(self) -> str:
        return "AllowAll()"


class StandardPermissions:
    """Two lists and a mode, asked in this order; the first that has an opinion decides.

    1. a tool on ``denied_tools`` is denied, whatever the mode;
    2. where ``allowed_tools`` is given, a tool that is not on it is denied;
    3. ``Mode.BYPASS`` allows;
    4. a destructive call is asked for, unless ``Mode.ACCEPT_EDITS``;
    5. anything else is allowed.

    Raises ConfigError for an unknown mode, or a single text where a list of names belongs.
    """

    def __init__(
        self,
        *,
        mode: Mode | str = Mode.DEFAULT,
        allowed_tools: Iterable[str] | None = None,
        denied_tools: Iterable[str] | None = None,
    ) -> None:
        try:
            self.mode = Mode(mode)
        except ValueError:
            raise ConfigError(f"unknown permission mode {mode!r}; valid: {', '.join(Mode)}") from None
        self.allowed_tools = None if allowed_tools is None else _names("allowed_tools", allowed_tools)
        self.denied_tools = _names("denied_tools", denied_tools or ())

    @classmethod
    def strict(cls, *, allowed_tools: Iterable[str] | None = None, denied_tools: Iterable[str] | None = None) -> Self:
        """A policy that asks a person for every destructive call."""
        return cls(mode=Mode.DEFAULT, allowed_tools=allowed_tools, denied_tools=denied_tools)

    async def check(
        self, call: ToolCall, *, context: Mapping[str, Any], user_id: str | None = None
    ) -> PermissionDecision:
        """What this policy says to one call; a reason comes with every "deny" and "ask"."""
        if call.tool in self.denied_tools:
            return PermissionDecision.deny_(f"the tool {call.tool!r} is on the list of denied tools")
        if self.allowed_tools is not None and call.tool not in self.allowed_tools:
            return PermissionDecision.deny_(f"the tool {call.tool!r} is not on the list of allowed tools")
        if self.mode is not Mode.DEFAULT or not call.is_destructive():
            return PermissionDecision.allow_()
        return PermissionDecision.ask_(f"the tool {call.tool!r} is destructive")

    def __repr__(self) -> str:
        allowed = None if self.allowed_tools is None else sorted(self.allowed_tools)
        denied = sorted(self.denied_tools)
        return f"StandardPermissions(mode={self.mode.value!r}, allowed_tools={allowed}, denied_tools={denied})"


class PerUserPermissions:
    """One policy for each named user, and one for everybody else, the anonymous user included."""

    def __init__(self, *, policies: Mapping[Any, Permissions], default: Permissions) -> None:
        self._policies: dict[str | None, Permissions] = dict(policies)
        self._default = default

    @property
    def policies(self) -> Mapping[str | None, Permissions]:
        """The policies of single users."""
        return self._policies

    @property
    def default(self) -> Permissions:
        """Everybody else's."""
        return self._default

    async def check(
        self, call: ToolCall, *, context: Mapping[str, Any], user_id: str | None = None
    ) -> PermissionDecision:
        """What the user's own policy says."""
        policy = self._policies.get(user_id, self._default)
        if takes_keyword(policy.check, "user_id"):
            return await policy.check(call, context=context, user_id=user_id)
        return await policy.check(call, context=context)


def _names(setting: str, given: Iterable[str]) -> frozenset[str]:
    if isinstance(given, str):
        raise ConfigError(f"{setting} takes a list of tool names, not one text: {setting}=[{given!r}]")
    return frozenset(given)
