"""From what ended a run to what a person can do: interruption reasons in words, and a remedy for each kind of error."""

from typing import NamedTuple


class Trouble(NamedTuple):
    """What happened, why, the remedy; and a mark for it: ``✕``, or ``!`` for what is less than an error."""

    what: str
    why: str
    remedy: str
    mark: str = "✕"


_CAPS = {
    "max_turns_exceeded": ("the cap on turns was reached", "Raise max_turns, or ask for less in one run."),
    "cancelled": ("it was stopped from outside", "Run it again to start afresh; what was said so far is kept."),
}
_REMEDIES = {
    "AuthenticationError": "Set the provider's key in the environment, or check that it may use this model.",
    "RateLimitError": "Wait and run again, or give the agent a more patient retry_policy.",
    "TransientModelError": "Run it again; if it goes on, check the network and the provider's status.",
    "InvalidRequestError": "Check the model's name and what was sent (under “Messages sent”).",
    "ContentFilterError": "Rephrase the request; the provider's safety system refused it.",
    "PermanentModelError": "Change the request or the model; the same request will fail again.",
    "ModelError": "Run it again; if it goes on, try another model.",
    "ConfigError": "Correct the setting that the message names.",
    "CassetteMiss": "Record the cassette again, or undo what changed in the request.",
    "OutputValidationError": "Make the schema easier to meet, or use a stronger model.",
    "BudgetExceeded": "Raise the budget, or ask for less in one run.",
    "PermissionDenied": "Allow the tool in the agent's permissions, or give it an approval handler.",
    "MemoryStoreError": "Check the memory's address and that its package is installed.",
    "RuntimeJournalError": "Check that the journal's file or database can be written.",
    "MCPError": "Check that the MCP server runs and speaks the protocol.",
    "SandboxError": "Check the sandbox's settings and what the tool tried to do.",
    "ToolError": "Look at the tool's own message above.",
    "CancelledByUser": "Run it again to start afresh.",
    "FreshnessError": "Fetch the value again, or allow an older one.",
    "LineageError": "Use a value from an allowed source.",
    "TimeoutError": "Allow more time, or ask for less in one run.",
    "ImportError": "Install the package that the message names.",
    "ModuleNotFoundError": "Install the package that the message names.",
}


def reason_text(reason: str) -> str:
    """Why a run was interrupted, in words: ``max_turns_exceeded`` → ``the cap on turns was reached``."""
    for known, (words, _) in _CAPS.items():
        if reason == known:
            return words
    who, found, rest = reason.rpartition("budget:")
    if found:
        return f"{_who(who)}the budget is spent: {rest}"
    who, _, last = reason.rpartition(":")
    if last in _CAPS:
        return f"{_who(who)}{_CAPS[last][0]}"
    return reason or "it stopped before an answer"


def reason_remedy(reason: str) -> str:
    """What to do about an interruption, or an empty text."""
    if "budget:" in reason:
        return "Raise the budget, or ask for less in one run."
    return _CAPS.get(reason.rpartition(":")[2], ("", ""))[1]


def interruption(reason: str) -> Trouble:
    """What happened, why, and the remedy, for a run that ended before it was done."""
    if reason == "cancelled":
        return Trouble("The run was stopped.", "", reason_remedy(reason))
    words = reason_text(reason)
    return Trouble("The run ended before it was done.", f"{words[:1].upper()}{words[1:]}.", reason_remedy(reason), "!")


def error_remedy(kind: str, *, retryable: bool | None = None, retry_after: float | None = None) -> str:
    """What to do about an error of this type. ``retry_after`` in seconds, where the provider said so."""
    if retry_after:
        return f"Wait {retry_after:g} s, as the provider asks, and run again."
    known = _REMEDIES.get(kind)
    if known:
        return known
    return "Run it again; it may pass." if retryable else "Read the trace below: its last row is where it broke."


def _who(prefix: str) -> str:
    prefix = prefix.strip(":")
    return f"{prefix.replace(':', ' ')}: " if prefix else ""
