"""``%%loom --arch a,b,c``: one prompt through several ways of thinking, beside each other while they run and after."""

import threading
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from typing import Any

import anyio

from loomlab.agent import Agent
from loomlab.architecture import resolve_architecture
from loomlab.core.errors import ConfigError
from loomlab.core.observers import observing
from loomlab.core.results import RunResult
from loomlab.display import RunTrace, snapshot
from loomlab.display.side_by_side import Column, side_by_side_html, side_by_side_text
from loomlab.notebook.board import Board
from loomlab.notebook.bridge import run_sync
from loomlab.notebook.errors import mark_shown, users_part
from loomlab.notebook.face import Face
from loomlab.notebook.live import FASTEST_S, LiveView
from loomlab.notebook.notebook import Notebook
from loomlab.notebook.seen import LastResult
from loomlab.notebook.show import graph_of
from loomlab.runtime.tasks import finish, spawn

MOST = 6
"""Ways that fit beside each other."""


class SideBySide(Mapping[str, RunResult]):
    """What came of one prompt sent several ways: the results by name. One that never ended has none."""

    def __init__(self, results: Mapping[str, RunResult], columns: Sequence[Column]) -> None:
        self._results = dict(results)
        self._columns = tuple(columns)

    def __getitem__(self, name: str) -> RunResult:
        return self._results[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._results)

    def __len__(self) -> int:
        return len(self._results)

    def __repr__(self) -> str:
        return f"SideBySide({', '.join(self._results)})"

    @property
    def face(self) -> Face:
        """How they look beside each other."""
        return Face(side_by_side_html(self._columns), side_by_side_text(self._columns))

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return self.face.bundle


class Arm:
    """One way: its agent, what is seen of its run, what comes of it."""

    def __init__(
        self,
        name: str,
        agent: Agent,
        board: Board,
        *,
        title: str = "",
        picture: Callable[[RunTrace], dict[str, Any]] = snapshot,
    ) -> None:
        self.name = name
        self.agent = agent
        self.stop = threading.Event()
        self.last = LastResult()
        self.view = LiveView(
            board.column(),
            stop=self.stop,
            graph=graph_of(agent) if picture is snapshot else None,
            make_widget=lambda on_stop: board.make(on_stop, title),
            picture=picture,
        )
        self.error: Exception | None = None

    async def run(self, work: Callable[[Agent], Awaitable[Any]]) -> None:
        """Run it. An error stays here: the others go on."""
        scope = anyio.CancelScope()

        async def watch() -> None:
            while True:
                await anyio.sleep(FASTEST_S)
                if self.stop.is_set():
                    scope.cancel()

        pump = spawn(watch)
        try:
            with scope, observing(self.last, self.view):
                await work(self.agent)
        except Exception as exc:
            self.error = exc
        finally:
            await finish(pump)

    @property
    def column(self) -> Column:
        """How it looks."""
        return Column(self.name, self.view.trace, self.view.tally)


def ways_of(text: str) -> list[str]:
    """The names in ``a,b,c``. ConfigError for one that is unknown, given twice, or one too many."""
    names = [name.strip() for name in text.split(",")]
    for name in names:
        if not name:
            raise ConfigError(f"--arch {text!r} has a gap; write names with single commas between: --arch react,rewoo")
        resolve_architecture(name)
        if names.count(name) > 1:
            raise ConfigError(f"--arch names {name!r} twice; each way runs once")
    if len(names) > MOST:
        raise ConfigError(f"--arch names {len(names)} ways; beside each other {MOST} can be read")
    return names


def run_side_by_side(
    notebook: Notebook, agents: Mapping[str, Agent], work: Callable[[Agent], Awaitable[Any]], *, quiet: bool
) -> tuple[SideBySide, BaseException | None]:
    """Run ``work`` with each agent, at the same time, and show them beside each other unless ``quiet``.

    Gives what came of it, and what ended it early: an interrupt, or the error where every way failed. With a cassette
    they run one after the other, so that its replies are always found in one order.
    """
    board = Board(notebook.screen, shown=not quiet)
    arms = [Arm(name, agent, board) for name, agent in agents.items()]
    ended = run_arms(notebook, arms, board, work)
    shown = SideBySide(results_of(arms), [arm.column for arm in arms])
    board.close(shown.face)
    if ended is not None and not quiet:
        mark_shown(ended)
    return shown, ended


def results_of(arms: Sequence[Arm]) -> dict[str, RunResult]:
    """The results of those that have one."""
    return {arm.name: arm.last.result for arm in arms if isinstance(arm.last.result, RunResult)}


def run_arms(
    notebook: Notebook, arms: Sequence[Arm], board: Board, work: Callable[[Agent], Awaitable[Any]]
) -> BaseException | None:
    """Run them, drawn on the board; what ended it early: an interrupt, or the error where every way failed."""
    board.views = [arm.view for arm in arms]

    async def everything() -> None:
        if notebook.settings["cassette"] is not None:
            for arm in arms:
                await arm.run(work)
            return
        async with anyio.create_task_group() as group:
            for arm in arms:
                group.start_soon(arm.run, work)

    try:
        run_sync(everything, loop=notebook.loop, pump=board.tick)
    except BaseException as exc:
        return exc.with_traceback(users_part(exc.__traceback__))
    errors = [arm.error for arm in arms if arm.error is not None]
    if len(errors) == len(arms):
        return errors[0].with_traceback(users_part(errors[0].__traceback__))
    return None
