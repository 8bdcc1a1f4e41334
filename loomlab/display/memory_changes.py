"""What changed between two instants: the world moved on, or the past was rewritten; the two never look the same."""

from collections.abc import Sequence
from typing import Protocol

from loomlab.core.remembered import Fact
from loomlab.display import format as fmt
from loomlab.display.grid import column, grid
from loomlab.display.memory_calendar import Calendar
from loomlab.display.memory_view import MemoryView, instants_of
from loomlab.display.text import escape, preview

_OBJECT = 80
KINDS: dict[str, tuple[str, str, str]] = {
    "new": ("+", "new", "ok"),
    "change": ("→", "moved on", ""),
    "correction": ("✎", "corrected", "no"),
    "ended": ("◦", "ended", "s"),
    "erased": ("✕", "erased", "no"),
}
"""Mark, word and colour class of each kind of change."""


class Changed(Protocol):
    """One difference between what was believed then and what is believed now."""

    @property
    def kind(self) -> str:
        """``new``, ``change``, ``correction``, ``ended`` or ``erased``."""

    @property
    def before(self) -> Fact | None:
        """What was believed."""

    @property
    def after(self) -> Fact | None:
        """What is believed in its place."""


def changes_html(view: MemoryView, changes: Sequence[Changed], *, limit: int = 40) -> str:
    """The changes as a table."""
    if not changes:
        return '<p class="s">Nothing changed between the two.</p>'
    calendar = _calendar(view, changes)
    lines = []
    for one in changes[:limit]:
        mark, word, css = KINDS.get(one.kind, ("•", preview(one.kind, 20), ""))
        about = one.after or one.before
        name = "" if about is None else preview(f"{about.subject} {about.predicate}", 34)
        kind = f'<span class="{css}">{mark} {escape(word)}</span>' if css else f"{mark} {escape(word)}"
        lines.append(
            f'<tr><th scope="row">{kind}</th><td class="d">{escape(name)}</td><td>{_what(one)}</td>'
            f'<td class="d">{escape(_when(one, calendar))}</td></tr>'
        )
    head = column("kind") + column("about") + '<th scope="col" class="f">what</th>' + column("when")
    more = len(changes) - limit
    note = f'<p class="s">… and {fmt.plural(more, "more change")}</p>' if more > 0 else ""
    return grid(head, "".join(lines), wide=True) + note


def changes_text(view: MemoryView, changes: Sequence[Changed], *, limit: int = 20) -> str:
    """The same as text, a line for each."""
    calendar = _calendar(view, changes)
    lines = []
    for one in changes[:limit]:
        mark, word, _ = KINDS.get(one.kind, ("•", preview(one.kind, 20), ""))
        about = one.after or one.before
        name = "" if about is None else preview(f"{about.subject} {about.predicate}", 34)
        objects = " → ".join(preview(fact.object, _OBJECT) for fact in (one.before, one.after) if fact is not None)
        lines.append(f"{mark} {word}: {name} {objects} ({_when(one, calendar)})")
    more = len(changes) - limit
    return "\n".join([*(lines or ["nothing changed"]), *([f"… and {more:,} more"] if more > 0 else [])])


def _what(one: Changed) -> str:
    before = "" if one.before is None else escape(preview(one.before.object, _OBJECT))
    after = "" if one.after is None else f"<strong>{escape(preview(one.after.object, _OBJECT))}</strong>"
    if one.kind == "correction":
        before = f"<del>{before}</del>" if before else ""
        return f"{before} {after or 'never true'}".strip()
    return " → ".join(part for part in (before, after) if part)


def _when(one: Changed, calendar: Calendar) -> str:
    """The time that matters: of a change when the world moved, of a correction when we learned of it."""
    if one.kind == "correction" and one.after is not None:
        return f"learned {calendar.date(one.after.recorded_at)}"
    if one.kind in ("change", "new") and one.after is not None:
        return f"since {calendar.date(one.after.valid_from)}"
    fact = one.after or one.before
    if one.kind == "ended" and fact is not None and fact.valid_until is not None:
        return f"until {calendar.date(fact.valid_until)}"
    return ""


def _calendar(view: MemoryView, changes: Sequence[Changed]) -> Calendar:
    facts = [fact for one in changes for fact in (one.before, one.after) if fact is not None]
    return Calendar(instants_of(facts), left=0, right=1, fresh=view.fresh)
