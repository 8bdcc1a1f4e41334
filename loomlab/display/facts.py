"""The line of facts under an answer, and the words for how a run ended. Marks and words, never colour alone."""

from dataclasses import dataclass

from loomlab.display import format as fmt
from loomlab.display.nodes import RunStatus
from loomlab.display.text import escape, preview

MARKS: dict[str, tuple[str, str, str]] = {
    "answered": ("✓", "answered", "ok"),
    "interrupted": ("!", "interrupted", "hm"),
    "cancelled": ("✕", "stopped", "no"),
    "error": ("✕", "failed", "no"),
    "running": ("…", "running", "s"),
}
"""Mark, word and colour class of each status."""


_ENDED = {
    "parse_failure": "unreadable reply",
    "forced_answer": "forced answer",
    "tool_error": "tools failed",
    "denied": "tools denied",
    "stopped": "stopped early",
    "turn_cap": "turn cap",
    "budget": "budget spent",
}
"""Of a run that gave an answer which it did not reach as its strategy meant to: why, in two words."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What the line says. Empty texts are left out; ``duration_ms`` None with a finished run reads ``unknown``."""

    status: RunStatus
    architecture: str = ""
    agent: str = ""
    model: str = ""
    turns: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    cost_usd: float | None = 0.0
    duration_ms: float | None = None
    user: str | None = None
    denied: int = 0
    runs: int = 1
    ended: str = ""


def mark_of(status: RunStatus, ended: str = "") -> tuple[str, str, str]:
    """Mark, word and colour class for how a run ended."""
    if status == "answered" and ended in _ENDED:
        return "!", _ENDED[ended], "hm"
    return MARKS[status]


def facts_html(facts: Facts) -> str:
    """The line as HTML. Its separators are text, so that it reads without styles too."""
    mark, word, css = mark_of(facts.status, facts.ended)
    parts = [f'<span class="{css}">{mark} {word}</span>']
    for value, unit in _figures(facts):
        strong = f"<strong>{escape(value)}</strong>" if unit != "plain" else escape(value)
        parts.append(f"<span>{strong}{'' if unit in ('', 'plain') else ' ' + unit}</span>")
    return f'<p class="facts">{" · ".join(parts)}</p>'


def facts_text(facts: Facts) -> str:
    """The line as text."""
    mark, word, _ = mark_of(facts.status, facts.ended)
    figures = [value if unit in ("", "plain") else f"{value} {unit}" for value, unit in _figures(facts)]
    return " · ".join([f"{mark} {word}", *figures])


def _figures(facts: Facts) -> list[tuple[str, str]]:
    """Values and units; the unit ``plain`` sets a value without emphasis."""
    found: list[tuple[str, str]] = []
    if facts.runs > 1:
        found.append((fmt.count(facts.runs), "runs"))
    if facts.architecture:
        found.append((preview(facts.architecture, 60), ""))
    if facts.agent and facts.agent not in ("agent", facts.architecture):
        found.append((preview(facts.agent, 60), "plain"))
    if facts.model:
        found.append((preview(facts.model, 60), "plain"))
    if facts.turns or facts.architecture != "workflow":  # a path of plain functions asks no model
        found.append((fmt.count(facts.turns), "turn" if facts.turns == 1 else "turns"))
        found += [(fmt.count(facts.tokens_in), "in"), (fmt.count(facts.tokens_out), "out")]
        found.append((fmt.cost(facts.cost_usd), "" if facts.cost_usd is not None else "cost"))
    if facts.duration_ms is not None or facts.status != "running":
        value, _, unit = fmt.duration(facts.duration_ms).rpartition(" ")
        found.append(
            (value, unit) if value and " " not in value else (f"{value} {unit}".strip(), "" if value else "time")
        )
    if facts.denied:
        found.append((fmt.count(facts.denied), "denied"))
    if facts.user is not None:
        found.append((f"user {preview(facts.user, 60)}", "plain"))
    return found
