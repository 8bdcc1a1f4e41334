"""``loomlab eval``: a suite from file to tables, decision cards and reports; the exit code says whether it held."""

import contextlib
import os
import re
import signal
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import anyio

from loomlab.cli.progress import show_progress
from loomlab.cli.say import complain
from loomlab.core.errors import ConfigError
from loomlab.core.nearest import did_you_mean
from loomlab.display import evaluation_text, plain
from loomlab.display.decision import decision_text
from loomlab.evals import Evaluation, Progress, Status, Suite, load_suite
from loomlab.evals.decision import decision_card
from loomlab.evals.ledger import ledger_line
from loomlab.evals.pairs import compare_pairs
from loomlab.evals.recorded import save_evaluation
from loomlab.evals.report import display_rows, report_note, write_report
from loomlab.evals.resume import IfSame, cut_off
from loomlab.model import local_weights
from loomlab.runlog import RunLog, recording

MET, NOT_MET, INTERRUPTED = 0, 1, 130
_CARDS = 4
"""Decision cards shown in full; of further comparisons the verdict is."""


def run(
    path: Path,
    *,
    home: Path | None = None,
    only: str | None = None,
    resume: bool | None = None,
    save: Path | None = None,
    **changes: Any,
) -> int:
    """Evaluate a suite. Results reach the run log as they come, so that Ctrl-C loses none."""
    suite = load_suite(path).with_changes(resume=resume, **changes)
    parts = _chosen(suite, only)
    for part in parts:
        part.check_expectations()
        part.load_dataset()  # a wrong file in the second part is no reason to lose the hour of the first
    _require_statistics()
    if any(arm.model == "local" for arm in suite.arms):
        # Now, with its own progress bar, rather than inside the first case. Where it can't be had, nothing has begun.
        local_weights.fetch()
    code = MET
    with recording(home) as log:
        earlier = cut_off(log, [part.name for part in parts]) if suite.resume else {}
        for part in parts:
            said = _run_part(part, log, earlier, save)
            code = max(code, said)
            if said == INTERRUPTED:
                break
    return code


def _chosen(suite: Suite, only: str | None) -> tuple[Suite, ...]:
    if only is None:
        return suite.parts
    named = {part.dataset_name: part for part in suite.parts}
    if only not in named:
        raise ConfigError(f"{suite.path} has no dataset {only!r}; {did_you_mean(only, named)}")
    return (named[only],)


def _run_part(part: Suite, log: RunLog, earlier: Mapping[str, IfSame], save: Path | None) -> int:
    evaluation: Evaluation | None = None
    with show_progress() as progress:

        def watch(step: Progress) -> None:
            nonlocal evaluation
            if evaluation is None:
                print(plain(headline(part, step)), flush=True)
            evaluation = step.evaluation
            progress(step)

        with contextlib.suppress(KeyboardInterrupt):
            anyio.run(_evaluate, part, log, watch, earlier.get(part.name, False))
    if evaluation is None:
        return complain("stopped before the first case", code=INTERRUPTED)
    return _conclude(part, evaluation, log, save)


def _require_statistics() -> None:
    # Asked before the first case: a table that can't be made is no reason to lose an hour.
    if find_spec("scipy") is None or find_spec("statsmodels") is None:
        raise ConfigError("the table needs the packages scipy and statsmodels: pip install 'loomlab[evals]'")


async def _evaluate(suite: Suite, log: RunLog, watch: Any, resume: bool | IfSame) -> None:
    fault: Exception | None = None
    async with anyio.create_task_group() as group:
        # Event loops of Windows have no receiver; there KeyboardInterrupt does.
        if os.name != "nt" and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            group.start_soon(_stop_at_ctrl_c, group.cancel_scope)
        try:
            await suite.run(run_log=log, on_progress=watch, resume=resume)
        except Exception as exc:
            fault = exc
        group.cancel_scope.cancel()
    if fault is not None:
        raise fault


async def _stop_at_ctrl_c(scope: anyio.CancelScope) -> None:
    # The event loop's own receiver wakes the loop whichever thread the system hands the signal to; KeyboardInterrupt
    # waits for the main thread to wake up by itself. A second Ctrl-C is a KeyboardInterrupt again.
    with anyio.open_signal_receiver(signal.SIGINT) as signals:
        async for _ in signals:
            scope.cancel()


def headline(suite: Suite, step: Progress) -> str:
    """What is about to be evaluated, in one line."""
    ev = step.evaluation
    models = dict.fromkeys(arm.model for arm in suite.arms)
    times = f", {ev.epochs} times" if ev.epochs > 1 else ""
    again = f"; {step.restored} of {step.total} trials are there already" if step.restored else ""
    what = f"{', '.join(ev.arms)} on {len(ev.dataset)} cases of {ev.dataset.name}{times}"
    return f"{ev.name}: {what}; model {', '.join(models)}{again}"


def _conclude(suite: Suite, evaluation: Evaluation, log: RunLog, save: Path | None) -> int:
    summaries = evaluation.arm_summaries()
    print(f"\n{evaluation_text(display_rows(summaries), note=report_note(evaluation, summaries))}\n")
    print(plain(ledger_line(evaluation)))
    _print_cards(suite, evaluation)
    unmet = _print_expectations(suite, evaluation)
    report = write_report(evaluation, summaries, log.path / "reports")
    log.append("evaluations", [evaluation.as_row(report=str(report))])
    print(f"report: {report}")
    print(f"log:    {log.path} (evaluation {evaluation.id})")
    if save is not None:
        print(f"saved:  {save_evaluation(evaluation, save / f'{_file_name(evaluation.name)}.jsonl')}")
    if evaluation.status is Status.CANCELLED:
        return complain(f"stopped; the {len(evaluation)} trials that were done are kept", code=INTERRUPTED)
    for one in summaries:
        if one.scored == 0:
            why = next((t.detail(evaluation.scorers[0]) for t in evaluation.trials if t.arm == one.arm), None)
            return complain(f"the arm {one.arm!r} has no score in {one.n} trials: {why or one.causes()}", code=NOT_MET)
    return NOT_MET if unmet else MET


def _print_cards(suite: Suite, evaluation: Evaluation) -> None:
    cards = [decision_card(one) for one in compare_pairs(evaluation, suite.compared)]
    for card in cards[:_CARDS]:
        print(f"\n{plain(decision_text(card))}")
    if len(cards) > _CARDS:
        print(f"\nFurther comparisons, {len(cards) - _CARDS}:")
        for card in cards[_CARDS:]:
            print(f"  {plain(card.a.name)}, {plain(card.b.name)}: {plain(card.verdict)}")
    if cards:
        print()


def _print_expectations(suite: Suite, evaluation: Evaluation) -> int:
    """Say what came of each; how many were not met."""
    unmet = 0
    for expectation in suite.check_expectations():
        found = expectation.check(evaluation)
        unmet += found.ok is not True
        print(plain(f"{expectation.text}: {found.sentence}"))
    return unmet


def _file_name(name: str) -> str:
    return re.sub(r"[^a-z0-9_]+", "-", name.lower()).strip("-") or "evaluation"
