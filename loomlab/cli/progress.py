"""Progress of an evaluation: a bar where a person watches, a line now and then where a file or CI does."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from loomlab.cli.say import is_live
from loomlab.display import format as fmt
from loomlab.evals import Progress

_LINES = 10
"""How many lines of progress a log file gets, about."""


@contextmanager
def show_progress() -> Iterator[Callable[[Progress], None]]:
    """A function that shows each step for the block."""
    if not is_live(sys.stdout):
        yield _line
        return
    # Imported here: a terminal shows a bar, everything else does without rich.
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("{task.fields[said]}", markup=False))
    with Bar(*columns, transient=True) as bar:
        task = bar.add_task("", total=None, said="starting")

        def step(now: Progress) -> None:
            bar.update(task, completed=now.done, total=now.total, said=describe(now))

        yield step


def describe(now: Progress) -> str:
    """Time left, cost so far, and how many cases have no score."""
    left = now.remaining_s
    parts = [f"{fmt.duration(left * 1000)} left"] if left is not None and now.done < now.total else []
    parts.append(f"{fmt.cost(now.cost_usd)} so far" if now.cost_usd is not None else "cost unknown")
    parts += [f"{now.failed} without a score"] if now.failed else []
    return " · ".join(parts)


def _line(now: Progress) -> None:
    every = max(1, now.total // _LINES)
    if now.done and (now.done % every == 0 or now.done == now.total):
        print(f"  {now.done}/{now.total} · {describe(now)}", flush=True)
