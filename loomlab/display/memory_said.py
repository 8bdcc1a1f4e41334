"""A memory's conversations and its working blocks."""

from loomlab.core.remembered import Episode
from loomlab.display import format as fmt
from loomlab.display.memory_calendar import Calendar
from loomlab.display.memory_view import MemoryView
from loomlab.display.text import clip, escape, preview


def episodes_html(view: MemoryView, *, limit: int = 12, exchanges: int = 8, text: int = 600) -> str:
    """The newest ``limit`` conversations, folded, each with its newest exchanges."""
    if not view.episodes:
        return '<p class="s">No conversation yet.</p>'
    calendar = Calendar([one.occurred_at for one in view.episodes], left=0, right=1, fresh=view.fresh)
    by_session: dict[str, list[Episode]] = {}
    for one in view.episodes:
        by_session.setdefault(one.session_id, []).append(one)
    numbers = view.conversations()
    parts = []
    for session in list(reversed(by_session))[:limit]:
        found = by_session[session]
        title = f"conversation {numbers[session]} · {fmt.plural(len(found), 'exchange')}"
        title += f" · {calendar.date(found[-1].occurred_at)} · “{preview(found[0].input, 70)}”"
        said = "".join(_exchange(one, text) for one in found[-exchanges:])
        more = len(found) - exchanges
        before = f'<p class="s">… {fmt.plural(more, "exchange")} before</p>' if more > 0 else ""
        parts.append(f"<details><summary>{escape(title)}</summary>{before}{said}</details>")
    hidden = len(by_session) - limit
    note = f'<p class="s">… and {fmt.plural(hidden, "older conversation")} not shown</p>' if hidden > 0 else ""
    return "".join(parts) + note


def blocks_html(view: MemoryView, *, text: int = 2_000) -> str:
    """The blocks that are always in the prompt."""
    if not view.blocks:
        return '<p class="s">No working block.</p>'
    return "".join(
        f'<p class="s">{escape(preview(one.name, 80))}</p><pre>{escape(clip(one.content, text))}</pre>'
        for one in view.blocks[:20]
    )


def last_seen(view: MemoryView) -> str:
    """When the newest exchange was; empty where there is none."""
    if not view.episodes:
        return ""
    times = [one.occurred_at for one in view.episodes]
    return Calendar(times, left=0, right=1, fresh=view.fresh).date(max(times))


def _exchange(one: Episode, limit: int) -> str:
    answer = f"\nassistant: {clip(one.output, limit)}" if one.output else ""
    return f"<pre>{escape(f'user: {clip(one.input, limit)}{answer}')}</pre>"
