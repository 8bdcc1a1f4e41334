"""The live face of a memory: pieces of safe HTML that a front end puts between its controls, redrawn as they move."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from loomlab.display.clean import sanitise
from loomlab.display.memory import MemoryExtras, beliefs_html, changes_known, figures_html, timeline_html
from loomlab.display.memory_audit import audit_html, audit_line
from loomlab.display.memory_calendar import Calendar
from loomlab.display.memory_changes import Changed, changes_html
from loomlab.display.memory_facts import facts_html
from loomlab.display.memory_said import blocks_html, episodes_html
from loomlab.display.memory_timeline import axis_of
from loomlab.display.memory_view import MemoryView, instants_of
from loomlab.display.text import preview

LIVE_CAP = 120 * 1024
"""Bytes of all pieces together, about."""

LANES = 14
_LEVELS = ((60, 1_500, 30, 800), (40, 600, 20, 400), (25, 160, 10, 160), (12, 0, 5, 80))
"""Facts, characters of a message, conversations, characters of an exchange: ever fewer until they fit."""

_STOPS = 400
NOW = "now"


@dataclass(frozen=True, slots=True)
class Stop:
    """A place of a slider: an instant at which something changes, its name, and where it stands in the picture."""

    at: datetime | None
    name: str
    x: float


def live_parts(view: MemoryView, extras: MemoryExtras) -> dict[str, str]:
    """Safe HTML by name: head, timeline, facts, beliefs, talks, blocks, health; empty where there is nothing."""
    parts: dict[str, str] = {}
    news = changes_known(view, extras.changes)
    head, timeline, beliefs = figures_html(view), timeline_html(view, LANES), beliefs_html(view, 3, LANES)
    for facts, source, talks, said in _LEVELS:
        parts = {
            "head": head,
            "timeline": timeline,
            "facts": facts_html(view, limit=facts, source=source),
            "beliefs": beliefs,
            "talks": episodes_html(view, limit=talks, text=said) if view.episodes else "",
            "blocks": blocks_html(view) if view.blocks else "",
            "health": audit_html(extras.audit) if extras.audit is not None else "",
            "news": changes_html(view, news) if news else "",
        }
        if sum(len(one.encode(errors="replace")) for one in parts.values()) <= LIVE_CAP:
            break
    return {name: sanitise(html) for name, html in parts.items()}


def titles(view: MemoryView, extras: MemoryExtras) -> dict[str, str]:
    """What the folds are called; plain text."""
    return {
        "talks": f"Conversations · {len(view.conversations()):,}",
        "blocks": f"Blocks · {len(view.blocks):,}",
        "health": f"Health · {audit_line(extras.audit)}" if extras.audit is not None else "Health",
        "news": f"What changed · {len(changes_known(view, extras.changes)):,}",
    }


def compared_html(view: MemoryView, changes: Sequence[Changed] | None) -> str:
    """What came of a comparison."""
    if changes is None:
        return '<p class="s">This memory can’t say what was known when.</p>'
    return sanitise(changes_html(view, changes))


def sentence(view: MemoryView) -> str:
    """Where in the two times we stand and what is true there, for those who do not see the picture."""
    calendar = view.calendar(view.facts, left=0, right=1)
    true = NOW if view.true_at is None else f"at {calendar.date(view.true_at)}"
    known = "" if view.known_at is None else f", as known at {calendar.date(view.known_at)}"
    facts = [fact for fact in view.facts if view.state(fact) == "true"]
    said = "; ".join(preview(f"{fact.predicate} {fact.object}", 60) for fact in facts[-4:])
    more = f" and {len(facts) - 4:,} more" if len(facts) > 4 else ""
    return f"True {true}{known}: {said or 'nothing'}{more}."


def true_stops(view: MemoryView) -> list[Stop]:
    """Where the slider of what is true can stand: every instant at which a fact begins or ends, and now."""
    found = {fact.valid_from for fact in view.facts}
    found |= {fact.valid_until for fact in view.facts if fact.valid_until is not None}
    return _stops(view, sorted(found))


def known_stops(view: MemoryView) -> list[Stop]:
    """Where the slider of what is known can stand: every instant at which a fact became known, and now."""
    return _stops(view, sorted({fact.recorded_at for fact in view.facts}))


def _stops(view: MemoryView, instants: list[datetime]) -> list[Stop]:
    """At most ``_STOPS`` of them, evenly chosen. The last is now, which stands at the right edge."""
    if len(instants) > _STOPS:
        instants = [instants[index * (len(instants) - 1) // (_STOPS - 1)] for index in range(_STOPS)]
    axis = axis_of(view, LANES)
    dates = Calendar(instants_of(view.facts), left=0, right=1, fresh=view.fresh)
    return [*(Stop(at, dates.date(at), axis.x(at)) for at in instants), Stop(None, NOW, axis.right)]
