"""Facts over time as static SVG: a line for each subject and predicate, a bar for each fact, a dot where it was
learned.

Bars are told apart by outline and words, not by colour alone: filled is true, pale is ended, dashed never was true.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from loomlab.core.remembered import Fact
from loomlab.display import format as fmt
from loomlab.display import memory_shapes as shapes
from loomlab.display.memory_calendar import Calendar
from loomlab.display.memory_crowd import HIGH, crowd_strip
from loomlab.display.memory_shapes import BAR, LEFT, RIGHT
from loomlab.display.memory_view import FactState, MemoryView, lanes_of
from loomlab.display.text import clip, preview

_TOP, _ROW, _GAP, _SAID = 22, 20, 9, 15
_CAPTIONS_UP_TO, _BARS = 8, 12
"""Lanes that have room for words under their bars; bars of one lane."""

Lanes = dict[tuple[str, str], list[Fact]]


@dataclass(slots=True)
class _Bar:
    """One fact as drawn. ``left``/``right`` are places; ``open`` goes on past the right edge."""

    fact: Fact
    state: FactState
    left: float
    right: float
    open: bool
    words: str


def timeline_svg(view: MemoryView, *, lanes: int = 14) -> str:
    """The picture of at most ``lanes`` subjects and predicates, the newest news first; empty where there is no fact."""
    shown = chosen_lanes(view, lanes)
    if not shown:
        return ""
    calendar = _axis(view, shown)
    captions = len(shown) <= _CAPTIONS_UP_TO
    one_subject = len({subject for subject, _ in shown}) == 1
    parts: list[str] = []
    y = _TOP
    for (subject, predicate), lane in shown.items():
        name = predicate if one_subject else f"{subject} {predicate}"
        drawn, y = _lane(view, calendar, shapes.fitted(name, LEFT - 8), lane[-_BARS:], y, captions)
        parts.append(drawn)
    words = timeline_words(view, shown, calendar)
    if sum(map(len, shown.values())) < len(view.facts):
        strip, said = crowd_strip(view.facts, calendar, y + 4)
        parts.append(strip)
        words = f"All {len(view.facts):,} facts: {said}. {words}"
        y += HIGH + _GAP + 8
    bottom = y - _GAP + 4
    body = shapes.axis(calendar, _TOP - 4, bottom) + "".join(parts)
    if view.true_at is not None:
        x = calendar.x(view.true_at)
        anchor = "end" if x > RIGHT - 50 else "middle"
        body += shapes.upright(x, _TOP - 6, bottom, accent=True)
        body += shapes.words_at(x, bottom + 13, f"true at {calendar.date(view.true_at)}", quiet=True, anchor=anchor)
    height = bottom + (18 if view.true_at is not None else 4)
    return shapes.picture(body, height, clip(words, 900))


def chosen_lanes(view: MemoryView, most: int) -> Lanes:
    """The subjects and predicates of which there is the newest news, then in the order of their names."""
    lanes = lanes_of(view.facts)
    order = {id(fact): number for number, fact in enumerate(view.facts)}
    newest = sorted(lanes, key=lambda key: max(order[id(fact)] for fact in lanes[key]), reverse=True)[:most]
    return {key: lanes[key] for key in sorted(newest)}


def left_out(view: MemoryView, lanes: int) -> str:
    """What the picture does not show, in words; empty where it shows everything."""
    shown = chosen_lanes(view, lanes)
    said = []
    if more := len({(fact.subject, fact.predicate) for fact in view.facts}) - len(shown):
        hidden = fmt.plural(len(view.facts) - sum(map(len, shown.values())), "fact")
        others = f"{more:,} more subjects and predicates ({hidden}) are not drawn"
        said.append(f"The picture shows the newest {len(shown)}; {others}.")
    if full := sum(len(lane) > _BARS for lane in shown.values()):
        said.append(f"Of {full:,} of those that are drawn only the last {_BARS} facts fit in.")
    return " ".join(said)


def timeline_words(view: MemoryView, lanes: Lanes, calendar: Calendar) -> str:
    """What the picture shows, in words."""
    said = [
        f"{subject} {predicate}: {', '.join(_clause(view, calendar, fact) for fact in lane)}"
        for (subject, predicate), lane in lanes.items()
    ]
    return f"Facts over the time in which they are true. {'; '.join(said)}"


def axis_of(view: MemoryView, lanes: int) -> Calendar:
    """The axis of the picture, which others stand on too."""
    return _axis(view, chosen_lanes(view, lanes))


def _axis(view: MemoryView, lanes: Lanes) -> Calendar:
    return view.calendar([fact for lane in lanes.values() for fact in lane], left=LEFT, right=RIGHT)


def _clause(view: MemoryView, calendar: Calendar, fact: Fact) -> str:
    what, since = preview(fact.object, 60), calendar.date(fact.valid_from)
    if view.state(fact) == "corrected":
        return f"{what} never true, corrected"
    until = "" if fact.valid_until is None else f" until {calendar.date(fact.valid_until)}"
    return f"{what} from {since}{until}"


def _lane(
    view: MemoryView, calendar: Calendar, name: str, lane: Sequence[Fact], y: int, captions: bool
) -> tuple[str, int]:
    """The bars of one lane, in as many rows as they need; and where the next lane begins."""
    made = [_bar(view, calendar, fact, lane) for fact in lane]
    rows: list[list[_Bar]] = []
    for bar in sorted(made, key=lambda one: one.state != "corrected"):
        free = next((row for row in rows if _fits(bar, row)), None)
        if free is None:
            rows.append([bar])
        else:
            free.append(bar)
    parts = [shapes.words_at(0, y + 12, name)]
    for row in rows:
        row.sort(key=lambda one: one.left)
        for bar, after in zip(row, [*row[1:], None], strict=True):
            parts.append(_drawn(bar, y, after.left if after is not None else RIGHT, calendar))
        said = _learned(view, calendar, row, y) if captions else ""
        parts.append(said)
        y += _ROW + (_SAID if said else 0)
    return "".join(parts), y + _GAP


def _bar(view: MemoryView, calendar: Calendar, fact: Fact, lane: Sequence[Fact]) -> _Bar:
    state = view.state(fact)
    left = calendar.x(fact.valid_from)
    what = preview(fact.object, 60)
    if state == "corrected":
        # It was claimed to hold on; what came in its place says until when that would have been.
        later = [other for other in lane if calendar.x(other.valid_from) > left]
        right = calendar.x(later[0].valid_from) if later else float(RIGHT)
        by = _corrected_at(fact, lane)
        when = "" if by is None else f" {calendar.short(by)}"
        return _Bar(fact, state, left, right, not later, f"{what} · corrected{when}, never true")
    right = float(RIGHT) if fact.valid_until is None else max(calendar.x(fact.valid_until), left + 2)
    words = {"true": what, "ended": f"{what} · ended", "later": f"{what} · from {calendar.short(fact.valid_from)}"}
    since = f" · since {calendar.date(fact.valid_from)}" if calendar.off_left(fact.valid_from) else ""
    return _Bar(fact, state, left, right, fact.valid_until is None, words[state] + since)


def _corrected_at(fact: Fact, lane: Sequence[Fact]) -> datetime | None:
    """When the claim was recorded that took the place of a corrected one."""
    same = [one.recorded_at for one in lane if one.valid_from == fact.valid_from]
    return min((at for at in same if at > fact.recorded_at), default=None)


def _fits(bar: _Bar, row: Sequence[_Bar]) -> bool:
    if any((one.state == "corrected") != (bar.state == "corrected") for one in row):
        return False
    return all(bar.left >= one.right - 0.5 or bar.right <= one.left + 0.5 for one in row)


def _drawn(bar: _Bar, y: int, room: float, calendar: Calendar) -> str:
    """The bar with the dot where it was learned, and its words inside of it, or behind it where there is more room."""
    wide, x = bar.right - bar.left, bar.left + 8
    parts = [shapes.bar_at(bar.left, y, wide, bar.state)]
    if bar.state != "corrected":
        dot = calendar.x(bar.fact.recorded_at)
        parts.append(shapes.dot_at(dot, y + BAR / 2))
        x = shapes.beside(x, dot, bar.words)
    words = shapes.fitted(bar.words, bar.right - x - 6)
    if words != bar.words and not bar.open and len(bar.words) * shapes.LETTER <= room - bar.right - 12:
        words, x = bar.words, bar.right + 6
    parts.append(shapes.words_at(x, y + 12, words, quiet=bar.state != "true") if words else "")
    return "".join(parts)


def _learned(view: MemoryView, calendar: Calendar, row: Sequence[_Bar], y: int) -> str:
    """Under a bar, where a fact was learned at another time than that from which it holds, and where from."""
    numbers, free = view.conversations(), 0.0
    of = {one.id: one.session_id for one in view.episodes}
    said = []
    for bar in row:
        at = calendar.x(bar.fact.recorded_at)
        if bar.state == "corrected" or abs(at - bar.left) < 12:
            continue
        source = next((of[one] for one in bar.fact.sources if one in of), None)
        words = f"learned {calendar.short(bar.fact.recorded_at)}"
        words += f", from conversation {numbers[source]}" if source is not None else ""
        x = min(at - 4, RIGHT - len(words) * shapes.SMALL_LETTER)
        if x >= free:  # else there is no room under its own dot
            said.append(shapes.words_at(x, y + BAR + 13, words, quiet=True))
            free = x + len(words) * shapes.SMALL_LETTER + 12
    return "".join(said)
