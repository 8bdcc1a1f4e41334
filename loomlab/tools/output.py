"""What a tool returned, as data that JSON can carry: a journal, a log and a model then all see the same."""

from collections.abc import Callable
from typing import Any

from pydantic_core import to_jsonable_python

_PLAIN = (str, int, float, bool, type(None))


def json_ready(value: Any) -> Any:
    """``value`` as JSON-ready data.

    Text, numbers, booleans and None stay as they are. Pydantic models and dataclasses become dicts; tuples, sets and
    arrays become lists; dates, enums, paths and the like become what JSON says for them; anything else its text.
    """
    if type(value) in _PLAIN:
        return value
    try:
        return to_jsonable_python(value, fallback=_text)
    except (ValueError, RecursionError):  # bytes that are no text, or something that holds itself
        pass
    try:
        return to_jsonable_python(value, fallback=_text, bytes_mode="base64")
    except (ValueError, RecursionError):
        return str(value)


def _text(value: Any) -> Any:
    to_list: Callable[[], Any] | None = getattr(value, "tolist", None)
    return to_list() if callable(to_list) else str(value)
