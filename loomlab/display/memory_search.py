"""A question to a memory and every candidate for it: the score and its parts, why it came, or why it did not."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from loomlab.core.remembered import Episode, Fact, MemoryBlock
from loomlab.display import format as fmt
from loomlab.display.grid import RIGHT, column, grid
from loomlab.display.table import table_text
from loomlab.display.text import clip, escape, preview

_ITEM, _VERDICT, _PARTS = 140, 240, 6


class Candidate(Protocol):
    """One thing that could have been recalled."""

    @property
    def kind(self) -> str:
        """``fact`` or ``episode``."""

    @property
    def item(self) -> Any:
        """The fact or the episode."""

    @property
    def rank(self) -> int | None:
        """Its place, from one; None: it was not in the running."""

    @property
    def returned(self) -> bool:
        """Whether it was recalled."""

    @property
    def score(self) -> float:
        """What it was ranked by."""

    @property
    def parts(self) -> Mapping[str, float]:
        """What the score is made of."""

    @property
    def verdict(self) -> str:
        """One sentence: returned, or why not."""


def explanation_html(query: str, candidates: Sequence[Candidate], *, limit: int = 25, notes: Sequence[str] = ()) -> str:
    """The candidates as a table, the ones that were returned first."""
    above = f"<p>“{escape(preview(query, 200))}” · {_summary(candidates)}</p>"
    above += "".join(f'<p class="note">{escape(clip(one, 400))}</p>' for one in notes)
    if not candidates:
        return f'{above}<p class="s">There is nothing that could be recalled.</p>'
    names = _part_names(candidates)
    lines = []
    for one in _in_order(candidates)[:limit]:
        back, rank = one.returned, "" if one.rank is None else f" {one.rank}"
        place = f'<span class="ok">✓{rank}</span>' if back else f'<span class="s">✕{rank}</span>'
        item = escape(preview(item_text(one.item), _ITEM))
        what = item if back else f'<span class="s">{item}</span>'
        why = f"{escape(preview(one.kind, 20))} · {escape(preview(one.verdict, _VERDICT))}"
        figures = "".join(f"<td{RIGHT}>{_figure(one.parts.get(name))}</td>" for name in names)
        lines.append(
            f'<tr><th scope="row">{place}</th><td>{what}<br><span class="s">{why}</span></td>'
            f"<td{RIGHT}>{_figure(one.score)}</td>{figures}</tr>"
        )
    head = column("rank") + '<th scope="col" class="f">what · why</th>' + column("score", right=True)
    head += "".join(column(escape(preview(name, 20)), right=True) for name in names)
    more = len(candidates) - limit
    below = f'<p class="s">… and {fmt.plural(more, "more candidate")}</p>' if more > 0 else ""
    return above + grid(head, "".join(lines), wide=True) + below


def explanation_text(query: str, candidates: Sequence[Candidate], *, limit: int = 15) -> str:
    """The same as text."""
    names = _part_names(candidates)
    rows = []
    for one in _in_order(candidates)[:limit]:
        place = f"{'✓' if one.returned else '✕'} {one.rank or ''}".strip()
        figures = [_figure(one.parts.get(name)) for name in names]
        rows.append([place, item_text(one.item), _figure(one.score), *figures, one.verdict])
    title = f"“{preview(query, 100)}” · {_summary(candidates)}"
    return table_text(["rank", "what", "score", *names, "why"], rows, title=title, total=len(candidates), limit=limit)


def item_text(item: Any) -> str:
    """A fact or an episode as one line."""
    if isinstance(item, Fact):
        return f"{item.subject} {item.predicate} {item.object}"
    if isinstance(item, Episode):
        return f"asked “{preview(item.input, 90)}”, answered “{preview(item.output, 90)}”"
    return f"{item.name}: {preview(item.content, 120)}" if isinstance(item, MemoryBlock) else preview(str(item), _ITEM)


def _in_order(candidates: Sequence[Candidate]) -> list[Candidate]:
    """What was recalled first, each part in the order of its scores."""
    return sorted(candidates, key=lambda one: (not one.returned, -one.score))


def _summary(candidates: Sequence[Candidate]) -> str:
    back = sum(one.returned for one in candidates)
    return f"{back:,} of {fmt.plural(len(candidates), 'candidate')} recalled"


def _part_names(candidates: Sequence[Candidate]) -> list[str]:
    """The parts that made a difference anywhere."""
    return list(dict.fromkeys(name for one in candidates for name, value in one.parts.items() if value))[:_PARTS]


def _figure(value: float | None) -> str:
    return "–" if value is None else fmt.score(value)
