"""What one notebook remembers between its cells: settings, the conversation, the runs it has seen, the log."""

import threading
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from loomlab.core.errors import ConfigError
from loomlab.core.ids import new_id
from loomlab.core.messages import utc_now
from loomlab.core.observers import Observer, observe_process, observing
from loomlab.core.protocols import Memory, Model
from loomlab.governance import StandardBudget
from loomlab.inspector import Inspector
from loomlab.memory import InMemoryMemory
from loomlab.notebook.approval import notebook_approval
from loomlab.notebook.bridge import LoopName, answer, run_sync, running_loop
from loomlab.notebook.errors import mark_shown, users_part
from loomlab.notebook.evaluations import SeenEvaluations
from loomlab.notebook.live import LiveView
from loomlab.notebook.memory_desk import MemoryDesk
from loomlab.notebook.models import make_model, notebook_model
from loomlab.notebook.names import Namespace
from loomlab.notebook.screen import Screen
from loomlab.notebook.seen import SeenRuns
from loomlab.notebook.servers import Servers
from loomlab.notebook.settings import Settings
from loomlab.notebook.spending import read_amount
from loomlab.runlog import RunLog, record_process
from loomlab.security.approval import remembering

if TYPE_CHECKING:
    from loomlab.notebook.ballot import Ballot

T = TypeVar("T")
NAME = "_loomlab_notebook"
"""Under which a shell keeps its notebook."""

_DESKS = 8


class Notebook:
    """One per IPython shell, from ``%load_ext`` to ``%unload_ext``."""

    def __init__(self, shell: Any) -> None:
        self.shell = shell
        self.screen = Screen(shell)
        self.settings = Settings()
        self.seen = SeenRuns()
        self.evaluations = SeenEvaluations(self.screen)
        self._ballots: list[Ballot] = []
        self.model: Model | None = None
        self.budget: StandardBudget | None = None
        self.memory = InMemoryMemory()
        self.approval = remembering(notebook_approval())
        self.servers = Servers()
        self.session = new_id("sess")
        self.began = utc_now()
        self._desks: list[MemoryDesk] = []
        self.matcher: object = None
        self.not_recording: str | None = None
        self._stop_watching = [observe_process(self.seen), observe_process(self.evaluations)]
        try:
            self._stop_watching.append(record_process())
        except ConfigError as exc:
            self.not_recording = str(exc)

    @property
    def space(self) -> Namespace:
        """The user's variables, without those that IPython puts beside them."""
        hidden = self.shell.user_ns_hidden
        return {name: value for name, value in self.shell.user_ns.items() if name not in hidden}

    @property
    def log(self) -> RunLog:
        """The log that this notebook writes; ConfigError where it can't."""
        if self.not_recording is not None:
            raise ConfigError(f"runs are not being recorded: {self.not_recording}")
        return RunLog.open()

    @property
    def loop(self) -> LoopName:
        """Where runs run."""
        return "kernel" if self.settings["loop"] == "kernel" else "portal"

    def set(self, changes: Mapping[str, str]) -> None:
        """Take over new settings: all of them, or, raising ConfigError, none. A cassette begins a new conversation."""
        settings = self.settings.changed(changes, self.space)
        model, budget = self.model, self.budget
        if changes.keys() & {"model", "cassette"}:
            model = notebook_model(settings["model"], settings["cassette"], self.space)
        if "budget" in changes:
            amount = settings["budget"]
            budget = None if amount is None else StandardBudget(read_amount(amount))
        self.settings, self.model, self.budget = settings, model, budget
        if "cassette" in changes:
            # A tape is replayed from its start, and holds the answers to a conversation from its start.
            self.new_session()
            self.memory = InMemoryMemory()

    def model_for(self, name: str | None) -> Model:
        """The model of a cell: the one it names, else the notebook's. ConfigError where there is none."""
        if name is not None and name != self.settings["model"]:
            return make_model(name, self.space)
        if self.model is None:
            raise ConfigError(
                "this notebook has no model yet; type %loom model=local (small, needs no key), "
                "or name a provider's, as in %loom model=gpt-4.1-mini"
            )
        return self.model

    def new_session(self) -> None:
        """Begin a new conversation."""
        self.session = new_id("sess")

    def reset(self) -> None:
        """Begin a new conversation and forget the ones before, and what was allowed in them; a budget is full again."""
        self.new_session()
        self.memory = InMemoryMemory()
        self.approval = remembering(notebook_approval())
        if self.budget is not None:
            self.budget = StandardBudget(self.budget.config)

    def run(self, work: Callable[[], Awaitable[T]], *watchers: Observer, quiet: bool = False) -> T:
        """Run ``work`` from a plain cell, shown live unless ``quiet``. Raises what it raises, after showing it."""
        __tracebackhide__ = True
        stop = threading.Event()
        if quiet:
            with observing(*watchers):
                return run_sync(work, loop=self.loop, stop=stop)
        view = LiveView(self.screen, stop=stop)
        try:
            with observing(*watchers, view):
                return run_sync(work, loop=self.loop, pump=view.tick, stop=stop)
        except Exception as exc:
            if view.shows_fault:
                mark_shown(exc)
            raise exc.with_traceback(users_part(exc.__traceback__)) from exc.__cause__
        finally:
            view.close()

    def look_into(self, memory: Memory, user_id: str | None) -> MemoryDesk:
        """An inspector of one user's memory, kept for as long as it may be on the screen."""
        kernel_loop = running_loop()
        inspector = Inspector(
            memory,
            user_id,
            ask=lambda work: answer(work, loop=self.loop, kernel_loop=kernel_loop),
            log=lambda: None if self.not_recording is not None else self.log,
            fresh=self.began,
        )
        inspector.load()
        desk = MemoryDesk(inspector, self.screen)
        self._desks.append(desk)
        while len(self._desks) > _DESKS:  # the oldest of many has been scrolled away
            self._desks.pop(0).close()
        return desk

    @property
    def ballot(self) -> "Ballot | None":
        """The last vote that was asked for."""
        return self._ballots[-1] if self._ballots else None

    def ask_for(self, ballot: "Ballot") -> None:
        """Keep a vote for as long as it may be on the screen."""
        self._ballots.append(ballot)
        while len(self._ballots) > _DESKS:
            self._ballots.pop(0).close()

    def close(self) -> None:
        """Stop recording and watching, and the MCP servers that were started here."""
        self.servers.close()
        for ballot in self._ballots:
            ballot.close()
        self._ballots.clear()
        for desk in self._desks:
            desk.close()
        self._desks.clear()
        for stop in self._stop_watching:
            stop()
        self._stop_watching.clear()
