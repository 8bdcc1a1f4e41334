"""A person's yes or no to one tool call. Anything but a clear yes is a no."""

from typing import Any

import anyio

from loomlab.core import PermissionDecision, ToolCall
from loomlab.security.callables import call_user_code


async def ask_approval(
    handler: Any, call: ToolCall, user_id: str | None, timeout_s: float | None = None
) -> PermissionDecision:
    """Ask ``handler(call, user_id)``: allowed on True, denied with the reason otherwise.

    No handler, one that raises, one that takes longer than ``timeout_s`` seconds, and any answer that is not True deny.
    """
    if handler is None:
        return PermissionDecision.deny_(
            "it needs a person's approval, and there is nobody to ask: set approval_handler="
        )
    try:
        with anyio.move_on_after(timeout_s) as scope:
            answer = await call_user_code(handler, call, user_id)
    except Exception as exc:  # whatever a handler raises must not let the call through
        return PermissionDecision.deny_(f"asking for approval failed: {type(exc).__name__}: {exc}")
    if scope.cancelled_caught:
        return PermissionDecision.deny_(f"nobody approved it within {timeout_s:g} s")
    if answer is True:
        return PermissionDecision.allow_("approved")
    if answer is False or answer is None:
        return PermissionDecision.deny_("a person refused it")
    return PermissionDecision.deny_(f"the approval handler answered {answer!r}, which is not True")
