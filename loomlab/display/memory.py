"""A user's memory as a person inspects it: what is true, how that came to be known, what was said.

``memory_html`` is the static face: no script, nothing to fetch, no ids, capped in size. ``memory_text`` is its twin.
``memory_view.py`` says what goes in.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from loomlab.display import format as fmt
from loomlab.display.memory_audit import Audit, audit_html, audit_line
from loomlab.display.memory_calendar import Calendar, aware
from loomlab.display.memory_changes import Changed, changes_html, changes_text
from loomlab.display.memory_facts import facts_html, facts_text
from loomlab.display.memory_plane import plane_svg
from loomlab.display.memory_said import blocks_html, episodes_html, last_seen
from loomlab.display.memory_search import Candidate, explanation_html, explanation_text
from loomlab.display.memory_timeline import axis_of, left_out, timeline_svg
from loomlab.display.memory_view import MARKS, MemoryView
from loomlab.display.notice import empty_html, empty_text, note_body
from loomlab.display.text import escape, preview
from loomlab.display.theme import fitting


@dataclass(frozen=True, slots=True)
class MemoryExtras:
    """What a face may tell besides the memory itself: its health, what changed, and what came of a question to it."""

    audit: Audit | None = None
    changes: Sequence[Changed] | None = None
    query: str = ""
    candidates: Sequence[Candidate] | None = None
    notes: Sequence[str] = field(default_factory=tuple)


@dataclass(frozen=True, slots=True)
class _Limits:
    """How much a face may show: lanes of the picture, facts, characters of a message, planes, conversations."""

    lanes: int = 14
    facts: int = 40
    source: int = 1_200
    planes: int = 3
    talks: int = 12
    exchanges: int = 8
    said: int = 600
    block: int = 2_000
    others: int = 40


_LEVELS = (
    _Limits(),
    _Limits(source=400, said=300, exchanges=4, block=1_000, planes=2, others=25),
    _Limits(lanes=12, facts=25, source=160, said=160, exchanges=3, talks=8, block=400, planes=1, others=15),
    _Limits(lanes=8, facts=15, source=0, said=120, exchanges=2, talks=5, block=200, planes=1, others=8),
    _Limits(lanes=4, facts=8, source=0, said=80, exchanges=1, talks=3, block=80, planes=0, others=4),
)


def memory_html(view: MemoryView, extras: MemoryExtras | None = None) -> str:
    """The static HTML face."""
    extras = extras or MemoryExtras()
    if is_empty(view):
        return empty_html(*_nothing(view))
    return fitting(_body(view, extras, limits) for limits in _LEVELS)


def memory_text(view: MemoryView, extras: MemoryExtras | None = None) -> str:
    """The text face, at most about 8 KB."""
    extras = extras or MemoryExtras()
    if is_empty(view):
        return empty_text(*_nothing(view))
    head = [f"memory of {preview(view.who, 60)}", *(f"{number} {what}" for number, what in figures(view))]
    head += [f"last seen {seen}"] if (seen := last_seen(view)) else []
    parts = [" · ".join(head), _at(view)]
    if extras.candidates is not None:
        parts.append(explanation_text(extras.query, extras.candidates))
    parts.append(facts_text(view))
    if changes := changes_known(view, extras.changes):
        parts.append(f"What changed\n{changes_text(view, changes, limit=12)}")
    parts += [f"block {preview(one.name, 40)}: {preview(one.content, 160)}" for one in view.blocks[:8]]
    if extras.audit is not None:
        parts.append(f"Health {audit_line(extras.audit)}")
    return "\n\n".join(part for part in [*parts, *extras.notes] if part)


def is_empty(view: MemoryView) -> bool:
    """Whether nothing at all is remembered."""
    return not (view.facts or view.episodes or view.blocks or view.unknown)


def figures_html(view: MemoryView) -> str:
    """The line that says how much there is."""
    parts = [f"<span>{escape(preview(view.who, 60))}</span>"]
    parts += [f"<span><strong>{escape(number)}</strong> {escape(what)}</span>" for number, what in figures(view)]
    parts += [f"<span>last seen {escape(seen)}</span>"] if (seen := last_seen(view)) else []
    return f'<p class="facts">{" · ".join(parts)}</p>'


def figures(view: MemoryView) -> list[tuple[str, str]]:
    """How much there is of each: numbers and what they count."""
    counts = view.counts()
    talks = len(view.conversations())
    found = [(fmt.count(talks), "conversation" if talks == 1 else "conversations")]
    facts = "fact" if counts["true"] == 1 else "facts"
    found.append((fmt.count(counts["true"]), f"{facts} {'then' if view.true_at is not None else 'now'} true"))
    found += [(fmt.count(counts[one]), MARKS[one][1]) for one in ("later", "ended", "corrected") if counts[one]]
    found += [(fmt.count(view.unknown), "not known yet")] if view.unknown else []
    found += [(fmt.count(len(view.blocks)), "block" if len(view.blocks) == 1 else "blocks")] if view.blocks else []
    return found


def beliefs_html(view: MemoryView, planes: int, lanes: int) -> str:
    """The subjects and predicates of which more than one thing was ever believed, as pictures."""
    told = [(key, beliefs) for key, beliefs in view.beliefs.items() if len(beliefs) > 1]
    told.sort(key=lambda one: (-len(one[1]), one[0]))
    if not told:
        return ""
    axis = axis_of(view, lanes)
    return "".join(
        f'<p class="s">{escape(preview(" ".join(key), 80))}</p>{plane_svg(view, beliefs, axis)}'
        for key, beliefs in told[:planes]
    )


def timeline_html(view: MemoryView, lanes: int) -> str:
    """The picture, and a note of what is not in it."""
    note = left_out(view, lanes)
    return timeline_svg(view, lanes=lanes) + (note_body(note) if note else "")


def fold(title: str, body: str, *, open_: bool = False) -> str:
    """A part under its own line; nothing where it is empty. ``title`` is plain text."""
    return f"<details{' open' if open_ else ''}><summary>{escape(title)}</summary>{body}</details>" if body else ""


def _body(view: MemoryView, extras: MemoryExtras, limits: _Limits) -> str:
    parts = [figures_html(view)]
    if at := _at(view):
        parts.append(f'<p class="s">{escape(at)}</p>')
    if extras.candidates is not None:
        parts.append(explanation_html(extras.query, extras.candidates, limit=limits.others))
    parts += [timeline_html(view, limits.lanes), facts_html(view, limit=limits.facts, source=limits.source)]
    parts.append(fold("What was believed, and since when", beliefs_html(view, limits.planes, limits.lanes)))
    if changes := changes_known(view, extras.changes):
        title = f"What changed · {fmt.plural(len(changes), 'change')}"
        parts.append(fold(title, changes_html(view, changes, limit=limits.others)))
    if view.episodes:
        talks = episodes_html(view, limit=limits.talks, exchanges=limits.exchanges, text=limits.said)
        parts.append(fold(f"Conversations · {len(view.conversations()):,}", talks))
    if view.blocks:
        parts.append(fold(f"Blocks · {len(view.blocks):,}", blocks_html(view, text=limits.block)))
    if extras.audit is not None:
        parts.append(fold(f"Health · {audit_line(extras.audit)}", audit_html(extras.audit, limit=limits.others)))
    return "".join(parts) + "".join(note_body(one) for one in extras.notes)


def changes_known(view: MemoryView, changes: Sequence[Changed] | None) -> Sequence[Changed]:
    """The changes of which something was known at the instant that is looked at."""
    if view.known_at is None:
        return changes or ()
    told = [(one, one.after or one.before) for one in changes or ()]
    return [one for one, fact in told if fact is not None and aware(fact.recorded_at) <= aware(view.known_at)]


def _at(view: MemoryView) -> str:
    """Where in the two times we stand, where that is not now."""
    given = [one for one in (view.true_at, view.known_at) if one is not None]
    if not given:
        return ""
    calendar = Calendar([*given, *(fact.valid_from for fact in view.facts)], left=0, right=1, fresh=view.fresh)
    true = "now" if view.true_at is None else calendar.date(view.true_at)
    known = "" if view.known_at is None else f", as known at {calendar.date(view.known_at)}"
    return f"What was true at {true}{known}."


def _nothing(view: MemoryView) -> tuple[str, str]:
    return f"Nothing is remembered of {preview(view.who, 60)} yet.", "%%loom and a question below it"
