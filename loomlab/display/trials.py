"""An evaluation while it runs: where it stands, in parts that a front end draws anew; every ``html`` is safe."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from loomlab.display import format as fmt
from loomlab.display.clean import sanitise
from loomlab.display.grid import RIGHT, column, grid
from loomlab.display.intervals import FILLS
from loomlab.display.text import escape, preview

_HEAD = ("arm", "done", "score", "", "no score", "tokens", "cost", "time")
_WIDTH = 96
_ARMS = 40
_ASKED, _SAID = 90, 120


@dataclass(slots=True)
class RunningArm:
    """One arm so far. Sums are over the ``done`` trials; a cost of None is not known."""

    name: str
    planned: int
    done: int = 0
    scored: int = 0
    total: float = 0.0
    tokens: int | None = 0
    cost_usd: float | None = 0.0
    latency_ms: float = 0.0

    @property
    def score(self) -> float | None:
        """The mean score so far."""
        return self.total / self.scored if self.scored else None


@dataclass(frozen=True, slots=True)
class LastTrial:
    """The trial that was finished last: ``score`` is None where it has none, and ``said`` is then the reason."""

    arm: str
    case: str
    asked: str
    said: str
    score: float | None


def trials_shot(
    arms: Sequence[RunningArm],
    last: LastTrial | None,
    *,
    done: int,
    total: int,
    cost_usd: float | None,
    failed: int,
    title: str,
) -> dict[str, Any]:
    """What is to be seen now: ``title``, ``done``, ``total``, ``spent`` (plain text), ``table_html``, ``last_html``."""
    parts = [f"{fmt.cost(cost_usd)} so far" if cost_usd is not None else "cost unknown"]
    parts += [f"{failed:,} without a score"] if failed else []
    return {
        "title": preview(title, 160),
        "done": done,
        "total": total,
        "spent": " · ".join(parts),
        "table_html": sanitise(_table(arms)),
        "last_html": sanitise(_last(last)) if last is not None else "",
    }


def trials_text(arms: Sequence[RunningArm], *, done: int, total: int) -> str:
    """The same in one line."""
    scores = ", ".join(f"{one.name} {fmt.score(one.score)}" for one in arms)
    return f"{done:,} of {total:,} trials · {scores}"


def _table(arms: Sequence[RunningArm]) -> str:
    head = "".join(column(name, right=index in (1, 4, 5, 6, 7)) for index, name in enumerate(_HEAD))
    body = "".join(_row(number, one) for number, one in enumerate(arms[:_ARMS]))
    return grid(head, body, wide=True)


def _row(number: int, arm: RunningArm) -> str:
    css, fill = f"c{number % 5}", FILLS[number % 5]
    swatch = (
        f'<svg width="9" height="9" role="img" aria-label="colour {number + 1}">'
        f'<rect class="{css}" width="9" height="9" rx="2" fill="{fill}"></rect></svg>'
    )
    figures = (
        f"{arm.done:,}/{arm.planned:,}",
        fmt.score(arm.score) if arm.score is not None else "–",
        _bar(arm, css, fill),
        fmt.count(arm.done - arm.scored) if arm.done > arm.scored else "–",
        fmt.count(arm.tokens) if arm.done else "–",
        fmt.cost(arm.cost_usd) if arm.done else "–",
        fmt.duration(arm.latency_ms / arm.done) if arm.done else "–",
    )
    cells = "".join(
        f"<td{'' if index in (1, 2) else RIGHT}>{cell if index == 2 else escape(cell)}</td>"
        for index, cell in enumerate(figures)
    )
    return f'<tr><th scope="row">{swatch} <strong>{escape(preview(arm.name, 40))}</strong></th>{cells}</tr>'


def _bar(arm: RunningArm, css: str, fill: str) -> str:
    """The score as a bar, where scores lie between 0 and 1."""
    if arm.score is None or not 0 <= arm.score <= 1:
        return ""
    said = f"score {fmt.score(arm.score)} of 1"
    return (
        f'<svg class="w" viewBox="0 0 170 9" width="{_WIDTH}" height="9" role="img" aria-label="{said}">'
        f'<rect class="{css}" x="0" y="0" width="{arm.score * 170:.1f}" height="9" rx="2" fill="{fill}"></rect></svg>'
    )


def _last(last: LastTrial) -> str:
    if last.score is None:
        mark = '<span class="hm">– no score</span>'
    elif last.score == 1:
        mark = '<span class="ok">✓ right</span>'
    elif last.score == 0:
        mark = '<span class="no">✕ wrong</span>'
    else:
        mark = escape(fmt.score(last.score))
    asked = escape(preview(last.asked, _ASKED))
    said = escape(preview(last.said, _SAID)) or "nothing"
    return f'<p class="s">last: <strong>{escape(preview(last.arm, 40))}</strong> {mark} · {asked} → {said}</p>'
