"""``loomlab eval``: a suite from file to table and report."""

import contextlib
import os
import signal
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import anyio

from loomlab.cli.progress import show_progress
from loomlab.cli.say import complain
from loomlab.core.errors import ConfigError
from loomlab.display import evaluation_text, plain
from loomlab.evals import Evaluation, Progress, Status, Suite, load_suite
from loomlab.evals.report import display_rows, report_note, write_report
from loomlab.model import local_weights
from loomlab.runlog import RunLog, recording


def run(path: Path, *, home: Path | None = None, **changes: Any) -> int:
    """Evaluate a suite. Results reach the run log as they come, so that Ctrl-C loses none."""
    suite = load_suite(path).with_changes(**changes)
    _require_statistics()
    if any(arm.model == "local" for arm in suite.arms):
        # Now, with its own progress bar, rather than inside the first case. Where it can't be had, nothing has begun.
        local_weights.fetch()
    evaluation: Evaluation | None = None
    with recording(home) as log, show_progress() as progress:

        def watch(step: Progress) -> None:
            nonlocal evaluation
            if evaluation is None:
                print(plain(headline(suite, step)), flush=True)
            evaluation = step.evaluation
            progress(step)

        with contextlib.suppress(KeyboardInterrupt):
            anyio.run(_evaluate, suite, log, watch)
        if evaluation is None:
            return complain("stopped before the first case", code=130)
        return _conclude(evaluation, log)


def _require_statistics() -> None:
    # Asked before the first case: a table that can't be made is no reason to lose an hour.
    if find_spec("scipy") is None or find_spec("statsmodels") is None:
        raise ConfigError("the table needs the packages scipy and statsmodels: pip install 'loomlab[evals]'")


async def _evaluate(suite: Suite, log: RunLog, watch: Any) -> None:
    fault: Exception | None = None
    async with anyio.create_task_group() as group:
        # Event loops of Windows have no receiver; there KeyboardInterrupt does.
        if os.name != "nt" and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            group.start_soon(_stop_at_ctrl_c, group.cancel_scope)
        try:
            await suite.run(run_log=log, on_progress=watch)
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
    what = f"{', '.join(ev.arms)} on {len(ev.dataset)} cases of {ev.dataset.name}{times}"
    return f"{ev.name}: {what}; model {', '.join(models)}"


def _conclude(evaluation: Evaluation, log: RunLog) -> int:
    summaries = evaluation.arm_summaries()
    print(f"\n{evaluation_text(display_rows(summaries), note=report_note(evaluation, summaries))}\n")
    report = write_report(evaluation, summaries, log.path / "reports")
    log.append("evaluations", [evaluation.as_row(report=str(report))])
    print(f"report: {report}")
    print(f"log:    {log.path} (evaluation {evaluation.id})")
    if evaluation.status is Status.CANCELLED:
        return complain(f"stopped; the {len(evaluation)} trials that were done are kept", code=130)
    for one in summaries:
        if one.scored == 0:
            why = next((t.detail(evaluation.scorers[0]) for t in evaluation.trials if t.arm == one.arm), None)
            return complain(f"the arm {one.arm!r} has no score in {one.n} trials: {why or one.causes()}", code=1)
    return 0
