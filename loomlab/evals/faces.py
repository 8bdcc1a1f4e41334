"""An evaluation, finished or stopped: the decision first, then the table, then what lies behind it."""

from collections.abc import Sequence

from loomlab.display import evaluation_body, evaluation_text, table_body, table_text
from loomlab.display import format as fmt
from loomlab.display.decision import decision_body, decision_text
from loomlab.display.pictures import drawing_body
from loomlab.display.text import escape, preview
from loomlab.display.theme import fitting
from loomlab.evals.compare import Comparison, Verdict, compare_every
from loomlab.evals.decision import decision_card, verdict_sentence
from loomlab.evals.evaluation import Evaluation, Status
from loomlab.evals.pictures import Picture
from loomlab.evals.report import display_rows, report_note

_FAILURES = 10
_CELL = 120


def evaluation_faces(
    evaluation: Evaluation,
    *,
    margin: float | None = None,
    hint: str = "",
    note: str | None = None,
    pictures: Sequence[Picture] = (),
) -> tuple[str, str]:
    """HTML and text. Two arms: their decision card and the table. More: the verdicts, the table, the cards folded.

    ``margin`` is the difference that is too small to matter; ``hint`` says how to go on after a stop. ``note`` stands
    below the table in place of what is said there; ``pictures`` follow, each under its own line.
    """
    ev = evaluation
    summaries = ev.arm_summaries()
    note = report_note(ev, summaries) if note is None else note
    if ev.status is not Status.DONE and hint:
        note = f"{note or ''} {hint}".strip()
    rows = display_rows(summaries)
    cards = _cards(ev, margin)
    about = _about(ev)
    drawn = [_drawn(one) for one in pictures]
    levels = [(size, drawn) for size in (600, 200, 60)] + ([(60, [])] if drawn else [])
    return (
        fitting(_html(ev, cards, rows, note, about, size, "".join(told)) for size, told in levels),
        _text(ev, cards, rows, note, about, pictures),
    )


def _drawn(picture: Picture) -> str:
    title = escape(preview(picture.drawing.name, 60))
    return f"<details open><summary>{title}</summary>{drawing_body(picture.drawing)}</details>"


def _html(
    ev: Evaluation,
    cards: list[Comparison],
    rows: list[dict[str, object]],
    note: str | None,
    about: str,
    size: int,
    drawn: str,
) -> str:
    table = evaluation_body(rows, note=note)
    facts = f'<p class="facts">{escape(about)}</p>'
    if len(cards) == 1:
        fold = f"<details><summary>Both arms on all their trials</summary>{table}</details>"
        whole = fold if ev.status is Status.DONE else table
        return decision_body(decision_card(cards[0]), sentence=size) + whole + drawn + _failures_html(ev, size) + facts
    said = "".join(f"<li>{escape(preview(line, size))}</li>" for line in _verdicts(cards))
    head = f"<ul>{said}</ul>" if said else ""
    folds = "".join(
        f"<details><summary>{escape(preview(f'{one.a} and {one.b}', 100))}</summary>"
        f"{decision_body(decision_card(one), sentence=size)}</details>"
        for one in cards[: 15 if size > 100 else 3]
    )
    return head + table + folds + drawn + _failures_html(ev, size) + facts


def _text(
    ev: Evaluation,
    cards: list[Comparison],
    rows: list[dict[str, object]],
    note: str | None,
    about: str,
    pictures: Sequence[Picture],
) -> str:
    table = evaluation_text(rows, note=note)
    if len(cards) == 1:
        parts = [decision_text(decision_card(cards[0]))]
        parts += [table] if ev.status is not Status.DONE else []
    else:
        parts = [*(["\n".join(_verdicts(cards))] if cards else []), table]
    parts += [str(one) for one in pictures]
    failures = _failures(ev)
    if failures:
        parts.append(f"Failures\n{table_text(_COLUMNS, failures, total=_count(ev), limit=_FAILURES)}")
    return "\n\n".join([*parts, about])


def _verdicts(cards: list[Comparison]) -> list[str]:
    """The decided ones first; what is open, in one line where there is much of it."""
    decided = [verdict_sentence(one) for one in cards if one.verdict is not Verdict.OPEN]
    still_open = [one for one in cards if one.verdict is Verdict.OPEN]
    if len(still_open) > 3:
        return [*decided, f"Not decided yet: {fmt.plural(len(still_open), 'pair')} of {len(cards)}."]
    return [*decided, *(verdict_sentence(one) for one in still_open)]


def _cards(ev: Evaluation, margin: float | None) -> list[Comparison]:
    # Where too few cases have both scores there is no card: the table says how many there are.
    return compare_every(ev, margin=margin)


def _about(ev: Evaluation) -> str:
    models = dict.fromkeys(str(made["model"]) for made in ev.manifest.values() if made.get("model"))
    parts = [ev.dataset.name, fmt.plural(len(ev.dataset), "case")]
    parts += [f"{ev.epochs} epochs"] if ev.epochs > 1 else []
    parts += [f"scored by {', '.join(ev.scorers)}"]
    parts += [", ".join(models)] if models else []
    parts += [f"seed {ev.seed}"] if ev.seed is not None else []
    return " · ".join(preview(part, 100) for part in parts)


_COLUMNS = ("case", "arm", "cause", "detail")


def _failures(ev: Evaluation) -> list[list[str]]:
    scorer = ev.scorers[0]
    found = [trial for trial in ev.trials if trial.cause(scorer) is not None][:_FAILURES]
    return [[one.case_id, one.arm, one.cause(scorer) or "", one.detail(scorer) or ""] for one in found]


def _count(ev: Evaluation) -> int:
    return sum(trial.cause(ev.scorers[0]) is not None for trial in ev.trials)


def _failures_html(ev: Evaluation, size: int) -> str:
    rows = _failures(ev)
    if not rows:
        return ""
    table = table_body(_COLUMNS, rows, total=_count(ev), limit=_FAILURES, cell=min(size, _CELL))
    return f"<details><summary>{fmt.plural(_count(ev), 'failure')}</summary>{table}</details>"
