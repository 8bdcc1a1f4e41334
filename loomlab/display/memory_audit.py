"""The health of a memory: what is doubled, contradicts itself, is out of date, or should never have been kept."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from loomlab.display import format as fmt
from loomlab.display.grid import column, grid
from loomlab.display.text import escape, preview

_SENTENCE = 300
_LEVELS = {"high": ("✕", "no"), "medium": ("!", "hm"), "low": ("·", "s")}


class Finding(Protocol):
    """One thing that is wrong."""

    @property
    def kind(self) -> str:
        """``duplicate``, ``contradiction``, ``stale``, ``secret``, ``recall_loop`` or ``unsupported``."""

    @property
    def sentence(self) -> str:
        """What, in words."""

    @property
    def severity(self) -> str:
        """``high``, ``medium`` or ``low``."""


class Audit(Protocol):
    """Everything that an audit found."""

    @property
    def findings(self) -> Sequence[Finding]:
        """What is wrong."""

    @property
    def counts(self) -> Mapping[str, int]:
        """How many of each kind."""

    @property
    def dead_fact_share(self) -> float:
        """Which share of the facts is true no more."""


def audit_html(audit: Audit, *, limit: int = 25) -> str:
    """The findings as a table under one line that sums them up."""
    above = f"<p>{escape(audit_line(audit))}</p>"
    if not audit.findings:
        return above
    lines = []
    for one in audit.findings[:limit]:
        mark, css = _LEVELS.get(one.severity, ("·", "s"))
        kind = f'<span class="{css}">{mark} {escape(_kind(one.kind))}</span>'
        lines.append(f'<tr><th scope="row">{kind}</th><td>{escape(preview(one.sentence, _SENTENCE))}</td></tr>')
    more = len(audit.findings) - limit
    below = f'<p class="s">… and {fmt.plural(more, "more finding")}</p>' if more > 0 else ""
    head = column("finding") + '<th scope="col" class="f">what</th>'
    return above + grid(head, "".join(lines), wide=True) + below


def audit_text(audit: Audit, *, limit: int = 15) -> str:
    """The same as text."""
    lines = [
        f"{_LEVELS.get(one.severity, ('·', ''))[0]} {_kind(one.kind)}: {preview(one.sentence, _SENTENCE)}"
        for one in audit.findings[:limit]
    ]
    more = len(audit.findings) - limit
    return "\n".join([audit_line(audit), *lines, *([f"… and {more:,} more"] if more > 0 else [])])


def audit_line(audit: Audit) -> str:
    """One line: ``5 findings: 2 duplicate, 1 secret · 12 % of the facts are true no more``."""
    dead = f" · {fmt.percent(audit.dead_fact_share)} of the facts are true no more" if audit.dead_fact_share else ""
    if not audit.findings:
        return f"✓ nothing wrong was found{dead}"
    found: dict[str, int] = {}
    for one in audit.findings:
        found[_kind(one.kind)] = found.get(_kind(one.kind), 0) + 1
    named = ", ".join(f"{number:,} {kind}" for kind, number in found.items())
    return f"! {fmt.plural(len(audit.findings), 'finding')}: {named}{dead}"


def _kind(kind: str) -> str:
    return preview(kind.replace("_", " "), 30)
