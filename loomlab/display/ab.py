"""Two answers beside each other and what a person said of them; while that is open and blind, without their names."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from loomlab.display.parts import answer_body, trouble, trouble_body
from loomlab.display.run import TEXT_CAP
from loomlab.display.side_by_side import Column, beside, side_by_side_bodies, side_by_side_text
from loomlab.display.text import clip, escape, plain, preview
from loomlab.display.theme import face, fitting

LETTERS = ("A", "B")
ASK = "Which is better?"
HOW = '%loom vote a|b|tie|bad "why"'


@dataclass(frozen=True, slots=True)
class Pair:
    """Two columns in the order in which they stand. ``choice`` is a, b, tie or bad, empty while nobody has voted.

    ``blind``: names, figures and traces stay hidden until then. ``note`` is a sentence for below.
    """

    columns: Sequence[Column]
    blind: bool = False
    choice: str = ""
    reason: str = ""
    note: str = ""

    @property
    def hidden(self) -> bool:
        """Whether it must not be seen which is which."""
        return self.blind and not self.choice


def pair_html(pair: Pair) -> str:
    """Both as a whole output."""
    return fitting(f"{_said_html(pair)}{body}{_below(pair)}" for body in _bodies(pair))


def pair_text(pair: Pair) -> str:
    """Both as text."""
    why = f" “{preview(pair.reason, 600)}”" if pair.reason else ""
    parts = [f"{verdict(pair)}{why}"] if pair.choice else []
    if pair.hidden:
        parts += [
            f"── {letter} ──\n{_answer_text(column)}" for letter, column in zip(LETTERS, pair.columns, strict=True)
        ]
    else:
        parts.append(side_by_side_text(_lettered(pair)))
    parts.append(preview(pair.note, 300) if pair.choice else f"{ASK} {HOW}")
    return "\n\n".join(part for part in parts if part)


def said_html(pair: Pair) -> str:
    """The vote alone, as a whole output."""
    return face(f"{_said_html(pair)}{_below(pair)}")


def said_text(pair: Pair) -> str:
    """The vote alone, as text."""
    why = f" “{preview(pair.reason, 600)}”" if pair.reason else ""
    return "\n".join(part for part in (f"{verdict(pair)}{why}", preview(pair.note, 300)) if part)


def verdict(pair: Pair) -> str:
    """What was said, in one sentence with the names."""
    a, b = (preview(column.name, 60) for column in pair.columns)
    return {
        "a": f"A is better: {a}, not {b}.",
        "b": f"B is better: {b}, not {a}.",
        "tie": f"A tie: A ({a}) and B ({b}) are equally good.",
        "bad": f"Both are bad: A ({a}) and B ({b}).",
    }.get(pair.choice, ASK)


def _said_html(pair: Pair) -> str:
    if not pair.choice:
        return ""
    why = f' <span class="s">“{escape(preview(pair.reason, 600))}”</span>' if pair.reason else ""
    return f'<p class="answer"><strong>{escape(verdict(pair))}</strong>{why}</p>'


def _below(pair: Pair) -> str:
    if pair.choice:
        return f'<p class="s">{escape(preview(pair.note, 300))}</p>' if pair.note else ""
    return f'<p class="note"><strong>{ASK}</strong> <code>{escape(HOW)}</code></p>'


def _bodies(pair: Pair) -> Iterator[str]:
    if not pair.hidden:
        yield from side_by_side_bodies(_lettered(pair))
        return
    for limit in (8_000, 3_000, 800):
        bodies = [_answer_html(column, limit) for column in pair.columns]
        yield beside([replace(one, name=letter) for one, letter in zip(pair.columns, LETTERS, strict=True)], bodies)


def _lettered(pair: Pair) -> list[Column]:
    return [
        replace(column, name=f"{letter} · {column.name}") for letter, column in zip(LETTERS, pair.columns, strict=True)
    ]


def _answer_html(column: Column, limit: int) -> str:
    if not column.trace.roots:
        return '<p class="s">No run has begun.</p>'
    run = column.trace.roots[0]
    fault = trouble(run)
    answer = answer_body(run, limit) if run.answer or run.parsed is not None else ""
    said = f'<div class="answer" dir="auto">{answer}</div>' if answer else ""
    return said + (trouble_body(fault) if fault else "") or '<p class="s">(an empty answer)</p>'


def _answer_text(column: Column) -> str:
    if not column.trace.roots:
        return "No run has begun."
    run = column.trace.roots[0]
    fault = trouble(run)
    said = clip(plain(run.answer).strip(), TEXT_CAP // 3)
    return said or (f"{fault.what} {fault.why}" if fault else "(an empty answer)")
