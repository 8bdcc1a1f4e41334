"""The hand on an evaluation: it pauses, goes on and stops, from any thread, and loses nothing."""

import threading

import anyio
import pytest

from loomlab.core.errors import CancelledByUser
from loomlab.core.events import Event
from loomlab.core.observers import observing
from loomlab.evals import Case, Dataset, Evaluation, Progress, Status, evaluate, scorers
from loomlab.evals.controls import Controls

pytestmark = pytest.mark.anyio

QUESTIONS = Dataset(Case(id=f"q{i}", input=str(i), target=str(i)) for i in range(20))


async def same(question: str) -> str:
    await anyio.lowlevel.checkpoint()
    return question


async def test_a_pause_lets_no_trial_begin_until_it_goes_on() -> None:
    controls, counts = Controls(), []

    def watch(step: Progress) -> None:
        counts.append(step.done)
        if step.done == 5:
            controls.pause()

    async with anyio.create_task_group() as group:

        async def whole() -> None:
            await evaluate(QUESTIONS, {"a": same}, scorers=scorers.exact(), on_progress=watch, controls=controls)

        group.start_soon(whole)
        with anyio.fail_after(10):
            while not controls.paused or controls.paused_s < 0.2:  # noqa: ASYNC110  (no event says how long)
                await anyio.sleep(0.01)
        held = counts[-1]
        assert held < 20
        await anyio.to_thread.run_sync(controls.go_on)
    assert counts[-1] == 20


async def test_paused_time_is_not_running_time() -> None:
    controls, last = Controls(), []

    def watch(step: Progress) -> None:
        last.append(step)
        if step.done == 10 and not controls.paused:
            controls.pause()
            threading.Timer(0.5, controls.go_on).start()

    ev = await evaluate(
        QUESTIONS, {"a": same}, scorers=scorers.exact(), on_progress=watch, controls=controls, max_concurrency=1
    )
    assert controls.paused_s >= 0.5
    assert ev.elapsed_s < controls.paused_s


async def test_a_stop_finishes_what_is_under_way_and_keeps_all_of_it() -> None:
    controls, seen = Controls(), []

    def watch(step: Progress) -> None:
        seen.append(step.evaluation)
        if step.done == 4:
            controls.stop()

    with pytest.raises(CancelledByUser, match="of 20 trials are done and kept"):
        await evaluate(
            QUESTIONS,
            {"a": same},
            scorers=scorers.exact(),
            on_progress=watch,
            controls=controls,
            max_concurrency=3,
        )
    ev: Evaluation = seen[-1]
    assert ev.status is Status.CANCELLED
    assert 4 <= len(ev) <= 6
    assert all(trial.score("exact") == 1.0 for trial in ev.trials)


async def test_stopping_now_does_not_wait_for_an_arm_that_hangs() -> None:
    controls = Controls()

    async def hangs(question: str) -> str:
        if question == "3":
            controls.stop(now=True)
            await anyio.sleep_forever()
        return question

    with anyio.fail_after(10), pytest.raises(CancelledByUser):
        await evaluate(QUESTIONS, {"a": hangs}, scorers=scorers.exact(), controls=controls, max_concurrency=1)


async def test_a_stop_ends_a_pause() -> None:
    controls = Controls()
    controls.pause()
    controls.stop()
    with anyio.fail_after(10), pytest.raises(CancelledByUser, match="0 of 20"):
        await evaluate(QUESTIONS, {"a": same}, scorers=scorers.exact(), controls=controls)


async def test_who_watches_from_outside_is_told_and_can_stop_it_and_its_faults_do_no_harm() -> None:
    told: list[tuple[int, str]] = []

    class Watcher:
        wants_chunks = False

        def on_event(self, event: Event) -> None:
            pass

        def on_evaluation(self, progress: Progress, controls: Controls) -> None:
            told.append((progress.done, progress.evaluation.status.value))
            if progress.done == 3:
                raise RuntimeError("a fault of the display")
            if progress.done == 12:
                controls.stop()

    with observing(Watcher()), pytest.raises(CancelledByUser):
        await evaluate(QUESTIONS, {"a": same}, scorers=scorers.exact(), max_concurrency=1)
    assert told[0] == (0, "running")
    assert told[-1] == (12, "cancelled")
