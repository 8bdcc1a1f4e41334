"""Single answers of a memory as outputs of their own: a profile, an export, an explanation, an audit, a receipt."""

from collections.abc import Sequence
from typing import Protocol

from loomlab.core.remembered import Episode, Fact, MemoryExport, MemoryProfile
from loomlab.display import format as fmt
from loomlab.display.memory_audit import Audit, audit_html, audit_text
from loomlab.display.memory_erased import Receipt, receipt_html, receipt_text
from loomlab.display.memory_search import Candidate, explanation_html, explanation_text
from loomlab.display.notice import note_body
from loomlab.display.table import table_body, table_text
from loomlab.display.text import clip, escape, preview
from loomlab.display.theme import face, fitting

_FACTS = ("fact", "since", "until", "learned", "sure")
_SAID = ("asked", "answered", "when")


class Explained(Protocol):
    """Every candidate for a question."""

    @property
    def query(self) -> str:
        """The question."""

    @property
    def candidates(self) -> Sequence[Candidate]:
        """What could have been recalled."""

    @property
    def about(self) -> str | None:
        """The answer for the one fact that was asked about."""


def profile_html(profile: MemoryProfile) -> str:
    """What is known about a user, in short."""
    seen = "" if profile.last_seen is None else f" · last seen {profile.last_seen:%Y-%m-%d}"
    head = f'<p class="facts">{escape(_head(profile))}{escape(seen)}</p>'
    return face(head + table_body(_FACTS, [_fact(one) for one in profile.sample_facts], empty="no facts"))


def profile_text(profile: MemoryProfile) -> str:
    """The same as text."""
    seen = "" if profile.last_seen is None else f" · last seen {profile.last_seen:%Y-%m-%d}"
    rows = [_fact(one) for one in profile.sample_facts]
    return f"{_head(profile)}{seen}\n\n{table_text(_FACTS, rows, empty='no facts')}"


def export_html(export: MemoryExport) -> str:
    """Everything that is stored about a user: its size, and a sample of it."""
    head = f'<p class="facts">{escape(_export_head(export))}</p>'
    note = note_body("Whole as JSON: .model_dump_json()")
    return fitting(
        head
        + table_body(_FACTS, [_fact(one) for one in export.facts[-most:]], total=len(export.facts), empty="no facts")
        + table_body(_SAID, [_exchange(one) for one in export.episodes[-most:]], total=len(export.episodes), empty="")
        + note
        for most in (12, 4, 1)
    )


def export_text(export: MemoryExport) -> str:
    """The same as text."""
    facts = table_text(_FACTS, [_fact(one) for one in export.facts[-8:]], total=len(export.facts), empty="no facts")
    return f"{_export_head(export)}\n\n{facts}\n\nWhole as JSON: .model_dump_json()"


def explained_html(explained: Explained) -> str:
    """Why something was recalled, and why something else was not."""
    about = [explained.about] if explained.about else []
    return fitting(
        explanation_html(explained.query, explained.candidates, limit=limit, notes=about) for limit in (25, 10, 3)
    )


def explained_text(explained: Explained) -> str:
    """The same as text."""
    text = explanation_text(explained.query, explained.candidates)
    return f"{text}\n\n{clip(explained.about, 400)}" if explained.about else text


def audited_html(audit: Audit) -> str:
    """The health of a memory."""
    return fitting(audit_html(audit, limit=limit) for limit in (40, 12, 4))


def audited_text(audit: Audit) -> str:
    """The same as text."""
    return audit_text(audit)


def erased_html(receipt: Receipt) -> str:
    """What was erased."""
    return face(receipt_html(receipt))


def erased_text(receipt: Receipt) -> str:
    """The same as text."""
    return receipt_text(receipt)


def _who(user_id: str | None) -> str:
    return "nobody named" if user_id is None else preview(user_id, 60)


def _head(profile: MemoryProfile) -> str:
    counts = f"{fmt.plural(profile.episode_count, 'episode')} · {fmt.plural(profile.fact_count, 'fact')}"
    return f"{_who(profile.user_id)} · {counts}"


def _export_head(export: MemoryExport) -> str:
    counts = f"{fmt.plural(len(export.episodes), 'episode')} · {fmt.plural(len(export.facts), 'fact')}"
    return f"{_who(export.user_id)} · {counts}"


def _fact(fact: Fact) -> list[str]:
    until = "–" if fact.valid_until is None else f"{fact.valid_until:%Y-%m-%d}"
    claim = f"{fact.subject} {fact.predicate} {fact.object}"
    return [claim, f"{fact.valid_from:%Y-%m-%d}", until, f"{fact.recorded_at:%Y-%m-%d}", fmt.percent(fact.confidence)]


def _exchange(episode: Episode) -> list[str]:
    return [preview(episode.input, 90), preview(episode.output, 90), f"{episode.occurred_at:%Y-%m-%d}"]
