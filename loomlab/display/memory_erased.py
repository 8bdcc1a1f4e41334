"""Before something is erased or written out: what exactly. Afterwards: what went, and where copies may still lie."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from loomlab.display import format as fmt
from loomlab.display.notice import note_body
from loomlab.display.text import clip, escape, preview

_LONG = 400


@dataclass(frozen=True, slots=True)
class Plan:
    """What would happen: to whose memory, to how many items of each kind, and what is worth knowing before."""

    who: str
    what: str
    counts: Mapping[str, int]
    notes: Sequence[str] = ()

    @property
    def total(self) -> int:
        """How many items it concerns."""
        return sum(self.counts.values())


class Receipt(Protocol):
    """What was erased."""

    @property
    def user_id(self) -> str | None:
        """Whose memory it was."""

    @property
    def session_id(self) -> str | None:
        """The only conversation that was meant."""

    @property
    def before(self) -> datetime | None:
        """Only what was older went."""

    @property
    def erased(self) -> Mapping[str, int]:
        """How many of each kind."""

    @property
    def may_remain(self) -> Sequence[str]:
        """Where the user's words may still be."""


def plan_html(plan: Plan) -> str:
    """What would be erased, in words."""
    if not plan.total:
        return f'<p class="s">There is nothing to erase: {escape(preview(plan.what, 120))}.</p>'
    what = f"This erases {listed(plan.counts)} of {preview(plan.who, 60)} ({preview(plan.what, 120)}) for good."
    notes = "".join(f'<p class="s">{escape(clip(one, _LONG))}</p>' for one in plan.notes)
    return f'<p class="note bad"><strong>✕ {escape(what)}</strong> It can’t be undone.</p>{notes}'


def export_html(plan: Plan) -> str:
    """What would be written out, in words."""
    what = f"This writes {listed(plan.counts)} of {preview(plan.who, 60)} into {preview(plan.what, 160)}."
    return note_body(f"{what} The file holds everything that was said.")


def receipt_html(receipt: Receipt) -> str:
    """What was erased, and where copies may still lie."""
    remain = "".join(f"<li>{escape(clip(one, _LONG))}</li>" for one in receipt.may_remain[:20])
    below = f'<p class="s">The words may still stand in:</p><ul>{remain}</ul>' if remain else ""
    return f"<p><strong>{escape(_erased(receipt))}</strong></p>{below}"


def receipt_text(receipt: Receipt) -> str:
    """The same as text."""
    return "\n".join([_erased(receipt), *(f"  may remain: {clip(one, _LONG)}" for one in receipt.may_remain[:20])])


def listed(counts: Mapping[str, int]) -> str:
    """``4 episodes, 1 fact and 2 blocks``; ``nothing`` where there is nothing."""
    named = [(preview(kind, 30), count) for kind, count in counts.items() if count]
    parts = [fmt.plural(count, kind.removesuffix("s"), kind) for kind, count in named[:12]]
    return " and ".join([", ".join(parts[:-1]), parts[-1]]) if len(parts) > 1 else "".join(parts) or "nothing"


def _erased(receipt: Receipt) -> str:
    who = "nobody named" if receipt.user_id is None else preview(receipt.user_id, 60)
    narrowed = " of one conversation" if receipt.session_id is not None else ""
    narrowed += f", what was older than {receipt.before:%Y-%m-%d}" if receipt.before is not None else ""
    return f"✓ erased {listed(receipt.erased)} of {who}{narrowed}"
