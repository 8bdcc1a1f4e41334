"""Reading payload fields that may be missing or odd: never an error, always something to show."""

import math
from typing import Any

from loomlab.display.format import duration, score
from loomlab.display.state import TraceState
from loomlab.display.text import call_text, preview, value_text


def field(value: Any, name: str) -> Any:
    """A field of a dict or of an object, None where it has none."""
    return value.get(name) if isinstance(value, dict) else getattr(value, name, None)


def words(value: Any) -> str:
    """Anything as text; None is empty."""
    return "" if value is None else value_text(value)


def label(value: Any) -> str:
    """Anything as one short line."""
    return preview(words(value), 120)


def figure(value: Any, default: float | None = None) -> float | None:
    """A finite number, or ``default`` for anything else."""
    return float(value) if isinstance(value, (int, float)) and math.isfinite(value) else default


def whole(value: Any, default: float | None = None) -> int:
    """A whole number; zero where there is none."""
    return int(figure(value, default) or 0)


def mapping(value: Any) -> dict[str, Any]:
    """A dict; an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def items(value: Any) -> list[Any]:
    """A list; an empty one for anything else."""
    return value if isinstance(value, list) else []


def message_text(message: dict[str, Any]) -> str:
    """What a message says, its tool calls included."""
    asked = [mapping(call) for call in items(message.get("tool_calls"))]
    calls = [call_text(label(call.get("tool")), call.get("args")) for call in asked]
    return "\n".join(part for part in (words(message.get("content")), *calls) if part)


def certified_text(value: Any) -> str:
    """Source and age of a certified value, and what it was made from."""
    told = mapping(value)
    seconds = figure(told.get("age_s"))
    age = "age unknown" if seconds is None else f"{duration(seconds * 1000)} old"
    behind = ", ".join(label(one) for one in items(told.get("made_from"))[:5])
    return f"{label(told.get('source'))}, {age}{f', made from {behind}' if behind else ''}"


def fact_text(fact: Any) -> str:
    """A fact as a short sentence."""
    if not isinstance(fact, dict):
        return words(fact)
    return " ".join(words(fact.get(part)) for part in ("subject", "predicate", "object"))


def episode_text(episode: Any) -> str:
    """An episode as one line."""
    if not isinstance(episode, dict):
        return words(episode)
    return (
        f"asked “{preview(words(episode.get('input')), 200)}”, answered “{preview(words(episode.get('output')), 200)}”"
    )


def reach(state: TraceState, start: float | None, ms: float | None) -> None:
    """Note how far the measured time reaches."""
    if start is not None:
        state.end_ms = max(state.end_ms, start + (ms or 0.0))


def why_text(why: Any) -> str:
    """Why something was recalled, as short text: ``score 0.820 · dense 0.740 · words 0.610``."""
    parts = sorted(mapping(why).items(), key=lambda part: part[0] != "score")
    return " · ".join(f"{label(name)} {_part(value)}" for name, value in parts if not isinstance(value, (dict, list)))


def _part(value: Any) -> str:
    number = None if isinstance(value, bool) else figure(value)
    return label(value) if number is None else score(number)
