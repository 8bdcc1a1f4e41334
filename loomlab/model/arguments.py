"""A tool call out of what a model wrote."""

from typing import Any

from pydantic_core import from_json

from loomlab.core.messages import ToolCall

_SHOWN = 200


def read_call(call_id: str | None, tool: str, text: str | None) -> ToolCall:
    """The call for arguments in JSON text. Text that is no JSON object gives a call with ``error`` set.

    Empty text means no arguments: some providers send nothing for a tool without parameters.
    """
    args, error = _read(text)
    call = ToolCall(tool=tool, args=args, error=error)
    return call.model_copy(update={"id": call_id}) if call_id else call


def _read(text: str | None) -> tuple[dict[str, Any], str | None]:
    if not text or not text.strip():
        return {}, None
    try:
        value = from_json(text)
    except ValueError as exc:
        return {}, f"the arguments are not valid JSON ({exc}): {_short(text)}"
    if value is None:
        return {}, None
    if not isinstance(value, dict):
        return {}, f"the arguments must be a JSON object, not {type(value).__name__}: {_short(text)}"
    return value, None


def _short(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}… ({len(text)} characters)"
