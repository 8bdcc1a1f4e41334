"""A memory's facts as a table, each with the message that it was read from."""

from collections.abc import Callable, Sequence

from loomlab.core.remembered import Episode, Fact
from loomlab.display import format as fmt
from loomlab.display.grid import column, grid
from loomlab.display.memory_calendar import Calendar
from loomlab.display.memory_view import MARKS, FactState, MemoryView
from loomlab.display.table import table_text
from loomlab.display.text import clip, escape, preview

_NAME, _OBJECT = 34, 160
_ORDER: tuple[FactState, ...] = ("true", "later", "ended", "corrected")


def facts_html(view: MemoryView, *, limit: int = 40, source: int = 1_200) -> str:
    """The facts that are true as a table, and the others folded under it; ``source``: characters of a message."""
    now = [fact for fact in view.facts if view.state(fact) == "true"]
    rest = [fact for state in _ORDER[1:] for fact in view.facts if view.state(fact) == state]
    parts = [_table(view, now, limit, source) if now else f'<p class="s">{_none(view)}</p>']
    if rest:
        counts = view.counts()
        named = " · ".join(f"{counts[state]:,} {MARKS[state][1]}" for state in _ORDER[1:] if counts[state])
        parts.append(
            f"<details><summary>Not true {_then(view)} · {named}</summary>"
            f"{_table(view, rest, limit, source, states=True)}</details>"
        )
    return "".join(parts)


def facts_text(view: MemoryView, *, limit: int = 20) -> str:
    """The same as text."""
    if not view.facts:
        return "no facts"
    calendar = _calendar(view)
    names = source_names(view)
    ordered = [fact for state in _ORDER for fact in reversed(view.facts) if view.state(fact) == state]
    rows = [
        [
            f"{MARKS[view.state(fact)][0]} {MARKS[view.state(fact)][1]}",
            f"{fact.subject} {fact.predicate} {fact.object}",
            calendar.date(fact.valid_from),
            "" if fact.valid_until is None else calendar.date(fact.valid_until),
            calendar.date(fact.recorded_at),
            names(fact),
        ]
        for fact in ordered[:limit]
    ]
    return table_text(["state", "fact", "since", "until", "learned", "from"], rows, total=len(ordered), limit=limit)


def source_names(view: MemoryView) -> Callable[[Fact], str]:
    """How a fact's source is called: ``conversation 3``, with how many more there are; empty where there is none."""
    numbers = view.conversations()
    of = {one.id: numbers[one.session_id] for one in view.episodes}

    def name(fact: Fact) -> str:
        known = list(dict.fromkeys(of[one] for one in fact.sources if one in of))
        if not known:
            return "a message that is gone" if fact.sources else ""
        more = f" and {len(known) - 1} more" if len(known) > 1 else ""
        return f"conversation {known[0]}{more}"

    return name


def _table(view: MemoryView, facts: Sequence[Fact], limit: int, source: int, *, states: bool = False) -> str:
    calendar, names = _calendar(view), source_names(view)
    by_id = {one.id: one for one in view.episodes}
    shown = sorted(facts[-limit:], key=lambda fact: (fact.subject, fact.predicate))
    one_subject = len({fact.subject for fact in view.facts}) == 1
    ends = any(fact.valid_until is not None for fact in shown)
    lines = []
    for fact in shown:
        until = "–" if fact.valid_until is None else calendar.date(fact.valid_until)
        about = fact.predicate if one_subject else f"{fact.subject} {fact.predicate}"
        what = _claim(view, fact, states) + _from(names(fact))
        said = _said(fact, by_id, source)
        fact_cell = f"<details><summary>{what}</summary>{said}</details>" if said else what
        dates = [calendar.date(fact.valid_from), *([until] if ends else []), calendar.date(fact.recorded_at)]
        lines.append(
            f'<tr><th scope="row">{escape(preview(about, _NAME))}</th><td>{fact_cell}</td>'
            + "".join(f'<td class="d">{escape(date)}</td>' for date in dates)
            + "</tr>"
        )
    head = [column("about"), '<th scope="col" class="f">fact</th>', column("since")]
    head += [*([column("until")] if ends else []), column("learned")]
    more = len(facts) - len(shown)
    note = f'<p class="s">… and {fmt.plural(more, "older fact")} not shown; search finds them</p>' if more else ""
    return grid("".join(head), "".join(lines), wide=True) + note


def _claim(view: MemoryView, fact: Fact, states: bool) -> str:
    state = view.state(fact)
    mark, word, css = MARKS[state]
    claim = escape(preview(fact.object, _OBJECT))
    said = f"<del>{claim}</del>" if state == "corrected" else f"<strong>{claim}</strong>"
    sure = "" if fact.confidence >= 1 else f'<span class="s"> · {fmt.percent(fact.confidence)} sure</span>'
    return (f'<span class="{css}">{mark} {word}</span> ' if states else "") + said + sure


def _from(name: str) -> str:
    return f'<span class="s"> · from {escape(name)}</span>' if name else ""


def _said(fact: Fact, episodes: dict[str, Episode], limit: int) -> str:
    """The messages that a fact was read from, with the fact's words in them set off."""
    known = [episodes[one] for one in fact.sources if one in episodes] if limit else []
    return "".join(f"<pre>{_message(one, fact.object, limit)}</pre>" for one in known[:3])


def _message(episode: Episode, found: str, limit: int) -> str:
    answer = f"\n\nassistant: {clip(episode.output, limit)}" if episode.output else ""
    return set_off(f"user: {clip(episode.input, limit)}{answer}", found)


def set_off(text: str, found: str) -> str:
    """``text`` as HTML, with the first place where ``found`` stands in it emphasised."""
    at = text.lower().find(found.lower()) if found.strip() else -1
    if at < 0 or len(text.lower()) != len(text):  # some letters grow when made small, and places move
        return escape(text)
    end = at + len(found)
    return f"{escape(text[:at])}<strong>{escape(text[at:end])}</strong>{escape(text[end:])}"


def _calendar(view: MemoryView) -> Calendar:
    return view.calendar(view.facts, left=0, right=1)


def _then(view: MemoryView) -> str:
    return "then" if view.true_at is not None else "now"


def _none(view: MemoryView) -> str:
    if not view.facts:
        return "No fact was known then." if view.known_at is not None else "No facts yet."
    return f"No fact is true {_then(view)}."
