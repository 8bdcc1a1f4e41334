"""Evidence of a sequential evaluation as it came in."""

from collections.abc import Sequence
from typing import Any

from loomlab.display import format as fmt
from loomlab.display.decision import signed
from loomlab.display.pictures import Look, evidence_drawing
from loomlab.evals.pictures.picture import Picture


def evidence_picture(
    looks: Sequence[Look],
    a: str,
    b: str,
    *,
    margin: float | None,
    confidence: float,
    decided: int | None,
    planned: int,
    cases: int,
    saved: int,
) -> Picture:
    """The looks at a comparison, from the first pair to the last. ``saved`` trials were not needed."""
    drawing = evidence_drawing(
        looks,
        a,
        b,
        said=_said(looks, a, b, margin, decided, saved),
        margin=margin,
        decided=decided,
        planned=planned,
        cases=cases,
        confidence=confidence,
    )
    numbers: dict[str, list[Any]] = {
        "pairs": [one.pairs for one in looks],
        "mean": [one.mean for one in looks],
        "low": [one.low for one in looks],
        "high": [one.high for one in looks],
    }
    return Picture(drawing, numbers)


def _said(looks: Sequence[Look], a: str, b: str, margin: float | None, decided: int | None, saved: int) -> str:
    if not looks:
        return f"No pair of {a} and {b} has both scores yet."
    last = looks[-1]
    if decided is None:
        between = f"between {signed(last.low)} and {signed(last.high)}"
        return f"Not decided after {fmt.plural(last.pairs, 'pair')}: {b} {fmt.MINUS} {a} lies {between}."
    if last.low > 0 or last.high < 0:
        better, worse = (b, a) if last.low > 0 else (a, b)
        what = f"{better} is better than {worse}"
    else:
        what = f"No difference that matters (less than {margin:g})"
    tail = f"; {fmt.plural(saved, 'trial')} saved" if saved else ""
    return f"{what}: decided after {fmt.plural(decided, 'pair')}{tail}."
