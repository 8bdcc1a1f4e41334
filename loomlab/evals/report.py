"""The report of an evaluation: one HTML file that loads nothing and runs nothing."""

import re
from pathlib import Path
from typing import Any

from loomlab.core.redact import redact
from loomlab.display import evaluation_body, page, table_body
from loomlab.display import format as fmt
from loomlab.display.text import escape
from loomlab.evals.evaluation import Evaluation, Status
from loomlab.evals.ledger import Entry, arm_ledger, ledger_line, total
from loomlab.evals.summary import ArmSummary
from loomlab.evals.trial import Trial, TrialState

_CASES = 500
"""Cases that a report lists; the run log has them all."""


def display_rows(summaries: list[ArmSummary]) -> list[dict[str, Any]]:
    """Summaries as the display room wants them."""
    return [
        {
            "arm": one.arm,
            "n": one.n,
            "score": one.score,
            "ci_low": one.low,
            "ci_high": one.high,
            "tokens": None if one.tokens_in is None or one.tokens_out is None else one.tokens_in + one.tokens_out,
            "cost_usd": one.cost_usd,
            "median_latency_ms": one.latency_ms,
            "failures": one.failures,
        }
        for one in summaries
    ]


def write_report(evaluation: Evaluation, summaries: list[ArmSummary], folder: Path) -> Path:
    """Write the report into ``folder``; where it lies. What looks like a key or a password is masked."""
    name = re.sub(r"[^a-z0-9]+", "-", evaluation.name.lower()).strip("-") or "evaluation"
    path = folder / f"{name}-{evaluation.id.removeprefix('eval_').lower()}.html"
    folder.mkdir(parents=True, exist_ok=True)
    path.write_text(redact(report_html(evaluation, summaries)), encoding="utf-8")
    return path


def report_html(evaluation: Evaluation, summaries: list[ArmSummary]) -> str:
    """The report as a whole page."""
    table = evaluation_body(display_rows(summaries), note=report_note(evaluation, summaries))
    return page(report_title(evaluation), f"{table}\n{report_folds(evaluation)}")


def report_title(evaluation: Evaluation) -> str:
    """What the page is called."""
    return f"{evaluation.name}: {', '.join(evaluation.arms)}"


def report_folds(evaluation: Evaluation, *, failures: bool = True) -> str:
    """What lies behind the table: cases and answers, ``failures``, costs, how it was done."""
    failed = _failures(evaluation) if failures else ""
    parts = (_cases(evaluation), failed, _costs(evaluation), _facts(evaluation))
    return "\n".join(part for part in parts if part)


def report_note(evaluation: Evaluation, summaries: list[ArmSummary]) -> str | None:
    """What a reader of the table must know: it stopped early, or trials have no score."""
    said = []
    if evaluation.status is not Status.DONE:
        said.append(f"Stopped early: {len(evaluation)} of {evaluation.expected} trials were done.")
    unscored = {one.arm: one.n - one.scored for one in summaries if one.n > one.scored}
    if unscored:
        counted = ", ".join(f"{count} of {arm}" for arm, count in unscored.items())
        said.append(f"Trials without a score are not in the mean: {counted}.")
    return " ".join(said) or None


def _cases(evaluation: Evaluation) -> str:
    scorer = evaluation.scorers[0]
    by_case: dict[str, dict[str, list[Trial]]] = {}
    for trial in evaluation.trials:
        by_case.setdefault(trial.case_id, {}).setdefault(trial.arm, []).append(trial)
    rows = [
        [case.id, f"{_shown(case.input)} → {_shown(case.target)}"]
        + [" / ".join(_verdict(trial, scorer) for trial in by_case[case.id].get(arm, ())) for arm in evaluation.arms]
        for case in evaluation.dataset
        if case.id in by_case
    ]
    table = table_body(["case", "asked → expected", *evaluation.arms], rows, limit=_CASES)
    return _fold(f"{fmt.plural(len(rows), 'case')}: what was asked, expected and answered", table)


def _failures(evaluation: Evaluation) -> str:
    scorer = evaluation.scorers[0]
    rows = [
        [trial.case_id, trial.arm, trial.epoch, cause, trial.detail(scorer)]
        for trial in evaluation.trials
        if (cause := trial.cause(scorer)) is not None
    ]
    if not rows:
        return ""
    table = table_body(["case", "arm", "epoch", "cause", "detail"], rows, limit=_CASES)
    return _fold(fmt.plural(len(rows), "failure"), table)


def _costs(evaluation: Evaluation) -> str:
    rows = []
    for arm in evaluation.arms:
        entries = arm_ledger(evaluation, arm)
        rows += [[arm, *_cost(one)] for one in (entries if len(entries) == 1 else (*entries, total(entries)))]
    head = ["arm", "part", "role", "model", "calls", "from a cache", "tokens in", "tokens out", "cost"]
    return _fold(f"What it cost. {ledger_line(evaluation)}", table_body(head, rows, limit=_CASES))


def _cost(entry: Entry) -> list[str | int]:
    cost = fmt.cost(entry.cost_usd)
    if entry.unknown and entry.known_usd:
        cost = f"at least {fmt.cost(entry.known_usd)}"
    return [
        entry.part,
        entry.role,
        entry.model,
        entry.calls,
        entry.cached,
        entry.tokens_in,
        entry.tokens_out,
        cost,
    ]


def _facts(evaluation: Evaluation) -> str:
    data, card = evaluation.dataset, evaluation.dataset.card
    facts = [
        ("evaluation", evaluation.id),
        ("dataset", f"{data.name}, {fmt.plural(len(data), 'case')}, sha256 {data.digest[:16]}…"),
        ("scorers", ", ".join(evaluation.scorers)),
        ("epochs", evaluation.epochs),
        ("time", fmt.duration(evaluation.elapsed_s * 1000)),
        *(
            (f"arm {arm}", ", ".join(f"{key} {value}" for key, value in made.items()))
            for arm, made in evaluation.manifest.items()
        ),
    ]
    if card is not None:
        facts += [("source", card.source), ("licence", card.licence)]
        facts += [("known fault", fault) for fault in card.known_faults]
    return _fold("How it was done", table_body(["what", "value"], facts, limit=_CASES))


def _verdict(trial: Trial, scorer: str) -> str:
    if trial.state is not TrialState.ANSWERED:
        return f"– {trial.cause(scorer)}"
    score = trial.score(scorer)
    mark = "–" if score is None else "✓" if score == 1 else "✕" if score == 0 else fmt.score(score)
    return f"{mark} {trial.output}"


def _shown(value: Any) -> str:
    if isinstance(value, (list, tuple)) and all(isinstance(one, str) for one in value):
        return " | ".join(value)
    return "–" if value is None else str(value)


def _fold(summary: str, body: str) -> str:
    return f"<details><summary>{escape(summary)}</summary>{body}</details>"
