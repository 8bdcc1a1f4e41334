"""What was used of a budget: everybody's caps, then each user's, with bars and warnings."""

from collections.abc import Sequence
from dataclasses import dataclass

from loomlab.core.redact import redact
from loomlab.display import format as fmt
from loomlab.display.grid import RIGHT, column, grid
from loomlab.display.text import escape, pad, preview, width
from loomlab.display.theme import fitting

ROWS = 40
_BAR, _TEXT_BAR = 170, 20


@dataclass(frozen=True, slots=True)
class Use:
    """One cap and how much of it is used. ``who`` is a user, or "everybody"; ``unit`` tokens, $ or s.

    ``used`` None: not known, as the cost of a model without a price. ``cap`` None: what is used has no cap.
    """

    who: str
    what: str
    unit: str
    used: float | None
    cap: float | None
    warn_at: float = 0.8

    @property
    def share(self) -> float | None:
        """Of the cap, what is used; None where either is not known."""
        return None if self.used is None or self.cap is None else self.used / self.cap if self.cap else 1.0

    @property
    def state(self) -> str:
        """``spent``, ``near``, ``unknown``, ``ok`` or, without a cap, nothing."""
        if self.cap is None:
            return ""
        if self.share is None:
            return "unknown"
        return "spent" if self.share >= 1 else "near" if self.share >= self.warn_at else "ok"


_MARKS = {
    "spent": ("✕ spent", "no", "c1"),
    "near": ("! near", "hm", "c3"),
    "unknown": ("! price unknown: blocked", "hm", "c3"),
    "ok": ("✓", "ok", "c2"),
    "": ("no cap", "s", ""),
}


def budget_html(title: str, uses: Sequence[Use]) -> str:
    """The budget as a whole output."""
    return fitting(_body(title, uses, rows) for rows in (ROWS, 15))


def budget_text(title: str, uses: Sequence[Use]) -> str:
    """The same as text."""
    rows = [["who", "what", "used", "of", "share", ""]]
    rows += [
        [_who(one), preview(one.what, 40), _amount(one.used, one.unit), _cap(one), _share(one), _bar_text(one)]
        for one in uses[:ROWS]
    ]
    widths = [max(width(line[index]) for line in rows) for index in range(6)]
    lines = [
        "  ".join(
            pad(cell, size, right=2 <= place <= 4) for place, (cell, size) in enumerate(zip(line, widths, strict=True))
        )
        for line in rows
    ]
    return "\n".join(
        [f"{preview(title, 120)} · {_summary(uses)}", *(line.rstrip() for line in lines), *_left(uses, ROWS)]
    )


def _body(title: str, uses: Sequence[Use], most: int) -> str:
    lines = []
    for one in uses[:most]:
        mark, css, _ = _MARKS[one.state]
        lines.append(
            f'<tr><th scope="row">{escape(_who(one))}</th><td class="d">{escape(preview(one.what, 40))}</td>'
            f"<td{RIGHT}>{_amount(one.used, one.unit)}</td><td{RIGHT}>{_cap(one)}</td><td{RIGHT}>{_share(one)}</td>"
            f'<td class="d {css}">{mark}</td><td>{_bar(one)}</td></tr>'
        )
    head = "".join(
        column(name, right=name in ("used", "of", "share")) for name in ("who", "what", "used", "of", "share", "", "")
    )
    left = "".join(f'<p class="s">{line}</p>' for line in _left(uses, most))
    above = f"<p><strong>{escape(preview(title, 120))}</strong> · {escape(_summary(uses))}</p>"
    return f"{above}{grid(head, ''.join(lines))}{left}"


def _summary(uses: Sequence[Use]) -> str:
    if not any(one.cap is not None for one in uses):
        return "no caps are set"
    spent, near = (sum(one.state in states for one in uses) for states in (("spent", "unknown"), ("near",)))
    if spent:
        return f"✕ {fmt.plural(spent, 'cap')} reached: no more model calls there{f', {near} near' if near else ''}"
    return f"! {fmt.plural(near, 'cap')} near" if near else "✓ within every cap"


def _who(one: Use) -> str:
    return preview(redact(one.who), 32)


def _amount(value: float | None, unit: str) -> str:
    if unit == "$":
        return fmt.cost(value)
    return fmt.duration(None if value is None else value * 1000) if unit == "s" else fmt.count(value)


def _cap(one: Use) -> str:
    return "–" if one.cap is None else _amount(one.cap, one.unit)


def _share(one: Use) -> str:
    return "–" if one.cap is None else fmt.percent(one.share)


def _bar(one: Use) -> str:
    if one.share is None:
        return ""
    full = min(1.0, one.share) * _BAR
    warn = one.warn_at * _BAR
    label = escape(f"{fmt.percent(one.share)} used")
    return (
        f'<svg class="w" width="{_BAR}" height="9" role="img" aria-label="{label}">'
        f'<rect class="{_MARKS[one.state][2]}" x="0" width="{full:.1f}" height="9" rx="1.5"></rect>'
        f'<line class="g" x1="{warn:.1f}" x2="{warn:.1f}" y1="0" y2="9"></line></svg>'
    )


def _bar_text(one: Use) -> str:
    mark = _MARKS[one.state][0]
    if one.share is None:
        return mark
    full = round(min(1.0, one.share) * _TEXT_BAR)
    return f"{'█' * full}{'░' * (_TEXT_BAR - full)} {mark}"


def _left(uses: Sequence[Use], most: int) -> list[str]:
    return [f"{fmt.plural(len(uses) - most, 'more line')} not shown"] if len(uses) > most else []
