"""The run log: an observer that writes every run down, and the place to ask about them."""

import os
import threading
import warnings
import weakref
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from loomlab.core.errors import ConfigError
from loomlab.core.events import Event
from loomlab.runlog import rows as given_rows
from loomlab.runlog.asking import Asking, Parameters
from loomlab.runlog.browse import Extent, RunsPage, read_extent, read_facets, read_page
from loomlab.runlog.compaction import compact, loose_bytes
from loomlab.runlog.cost import Spent, read_cost, read_spent
from loomlab.runlog.export import export
from loomlab.runlog.home import Home
from loomlab.runlog.otlp import otlp
from loomlab.runlog.record import RunRecord, read_record, resolve
from loomlab.runlog.recorder import Recorder
from loomlab.runlog.scrub import scrub
from loomlab.runlog.segment import SegmentWriter
from loomlab.runlog.spans import TraceSpan
from loomlab.runlog.trajectory import Alignment, align, trace_of
from loomlab.runlog.upgrading import upgrade

if TYPE_CHECKING:
    import pandas as pd

_opened: "weakref.WeakValueDictionary[tuple[Path, bool], RunLog]" = weakref.WeakValueDictionary()
_opening = threading.Lock()
_left_behind: list[Any] = []
_fork_handled = False


class RunLog:
    """Every run as rows, on disk as it happens; open one with ``RunLog.open``.

    As an observer (``recording(log)``, ``record_process(log)``) it writes; a run that has returned is on disk.
    Asking needs ``pip install 'loomlab[log]'``, writing does not. Threads, forks and other processes may share a log.
    """

    wants_chunks = False

    def __init__(self, home: Home, *, read_only: bool = False) -> None:
        self._home = home
        self._read_only = read_only
        self._lock = threading.Lock()
        self._recorder = Recorder()
        self._writer = SegmentWriter(home)
        self._asking = Asking(home)
        self._closing = weakref.finalize(self, SegmentWriter.close, self._writer)
        _handle_forks()

    @classmethod
    def open(cls, path: str | os.PathLike[str] | None = None, *, read_only: bool = False) -> "RunLog":
        """The log in the folder ``path``, else in ``$LOOMLAB_HOME``, else in ``./.loomlab``.

        The same folder gives the same object within a process. Nothing is created before the first write. ConfigError,
        with the remedy, where the folder can't be read or written, is something else, or is of a newer loomlab. A log
        of an older one is brought up to date when it is opened to write: as it was, it is kept beside it, and an
        ``UpgradeNotice`` says where.
        """
        home = Home.find(path)
        with _opening:
            home.check(write=not read_only, named=home.path != Home.find(None).path)
            notice = None if read_only else upgrade(home)
            log = _opened.get((home.path, read_only))
            if log is None:
                log = _opened[home.path, read_only] = cls(home, read_only=read_only)
        if notice is not None:
            warnings.warn(notice, stacklevel=2)
        return log

    @property
    def path(self) -> Path:
        """The folder that was opened."""
        return self._home.path

    def __repr__(self) -> str:
        return f"RunLog({str(self.path)!r})"

    # --- writing

    def require_writable(self) -> None:
        """Raise ConfigError, with the remedy, where nothing could be written here."""
        if self._read_only:
            raise ConfigError(f"the run log {self.path} was opened with read_only=True; open it again without")
        self._home.check(write=True, named=False)

    def on_event(self, event: Event) -> None:
        """Write down what ``event`` tells. When a run is over, everything about it is on disk before this returns."""
        if self._read_only:
            self.require_writable()
        with self._lock:
            self._writer.add(self._recorder.lines(event))
            if self._recorder.should_flush(event) or self._writer.due:
                self._flush()

    def append(self, table: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """Add rows to ``evaluations``, ``trials``, ``scores``, ``labels`` or ``facts``; on disk when this returns.

        Rows may leave out columns. A row with the key of an earlier one replaces it. ConfigError, and nothing written,
        where a table or column is unknown, a needed column is missing, or a value is of the wrong type.
        """
        lines = given_rows.lines(table, rows)
        if self._read_only:
            self.require_writable()
        with self._lock:
            self._writer.add(lines)
            self._flush()

    def flush(self) -> None:
        """Write what runs that go on have told so far."""
        with self._lock:
            self._flush()

    def close(self) -> None:
        """Let go of this process's file. The log can still be asked, and a later write begins a new file."""
        with self._lock:
            self._writer.add(self._recorder.pending())
            self._writer.close()

    def _flush(self) -> None:
        self._writer.add(self._recorder.pending())
        self._writer.flush()

    # --- asking

    def sql(self, query: str, params: Parameters = None) -> "pd.DataFrame":
        """Answer one query over the tables of ``describe_schema()``. It can read nothing else and change nothing.

        ``params`` fill ``?`` (a list) or ``$name`` (a dict). ConfigError in one sentence where the query is wrong.
        """
        self._seen()
        return self._asking.sql(query, params)

    def runs(self, *, limit: int | None = None, **filters: Any) -> "pd.DataFrame":
        """Runs, the newest first. Filters are columns: a value, None for none, or several values in a list."""
        return self._rows("runs", filters, limit, newest_first=True)

    def events(self, run_id: str | int | None = None, *, limit: int | None = None, **filters: Any) -> "pd.DataFrame":
        """Events in order, of one run where ``run_id`` is given (an id, its beginning, ``"last"``, -1)."""
        return self._rows("events", filters if run_id is None else {"run_id": run_id, **filters}, limit)

    def model_calls(self, *, limit: int | None = None, **filters: Any) -> "pd.DataFrame":
        """Calls of models, in order of time; ``limit`` keeps the newest."""
        return self._rows("model_calls", filters, limit)

    def tool_calls(self, *, limit: int | None = None, **filters: Any) -> "pd.DataFrame":
        """Calls of tools, run or denied, in order of time; ``limit`` keeps the newest."""
        return self._rows("tool_calls", filters, limit)

    def facts(self, *, limit: int | None = None, **filters: Any) -> "pd.DataFrame":
        """Facts that runs were given, in order of time; ``limit`` keeps the newest."""
        return self._rows("facts", filters, limit)

    def evaluations(self, *, limit: int | None = None, **filters: Any) -> "pd.DataFrame":
        """Evaluations, the newest first."""
        return self._rows("evaluations", filters, limit, newest_first=True)

    def trials(self, *, limit: int | None = None, **filters: Any) -> "pd.DataFrame":
        """Trials of evaluations, in order of time; ``limit`` keeps the newest."""
        return self._rows("trials", filters, limit)

    def scores(self, *, limit: int | None = None, **filters: Any) -> "pd.DataFrame":
        """Scores of trials, in order of time; ``limit`` keeps the newest."""
        return self._rows("scores", filters, limit)

    def labels(self, *, limit: int | None = None, **filters: Any) -> "pd.DataFrame":
        """Judgements that persons gave, in order of time; ``limit`` keeps the newest."""
        return self._rows("labels", filters, limit)

    def cost(self, by: str | Sequence[str] | None = "model", **filters: Any) -> "pd.DataFrame":
        """Tokens and US dollars by model, role, agent, architecture, user, session, run or day (one or several).

        ``cost_usd`` is the known part of what was paid; ``calls_unpriced`` counts the calls whose price is not known.
        Replayed calls cost nothing: ``calls_cached`` counts them, ``cached_usd`` is what they cost when recorded.
        """
        self._seen()
        return read_cost(self._asking, by, self._resolved(filters))

    def spent(self, *, since: datetime | None = None, notebook: str | None = None) -> Spent:
        """What was spent on models since an instant, by the runs of one notebook (an absolute path), or by all."""
        self._seen()
        return read_spent(self._asking, since, notebook)

    def page(
        self,
        *,
        limit: int = 50,
        offset: int = 0,
        text: str = "",
        outermost: bool = True,
        min_cost: float | None = None,
        max_cost: float | None = None,
        **filters: str,
    ) -> RunsPage:
        """A stretch of the runs, the newest first: at most ``limit``, after the first ``offset``.

        ``text`` is a part of the prompt, the output, the agent, the user or the error, in any case of letters.
        ``filters``: user, architecture, model, outcome, notebook, session; an empty text is one that has none.
        ``outermost``: no sub-runs. A bound of US dollars leaves out runs whose cost is not known.
        """
        self._seen()
        return read_page(
            self._asking,
            limit=limit,
            offset=offset,
            text=text,
            outermost=outermost,
            min_cost=min_cost,
            max_cost=max_cost,
            filters=filters,
        )

    def facets(self, *names: str) -> dict[str, list[tuple[str | None, int]]]:
        """For each filter of ``page``, the values that outermost runs have, how many, the most frequent first."""
        self._seen()
        return read_facets(self._asking, names)

    def extent(self) -> Extent:
        """How many runs and evaluations there are, and the newest outermost run."""
        self._seen()
        return read_extent(self._asking)

    def run(self, run: str | int = "last", *, user_id: str | None = None) -> RunRecord:
        """One run with its events: by id, by the beginning or end of an id, ``"last"``, or -1, -2, … from the last.

        ``user_id`` narrows it to one user's runs. ConfigError where no run or more than one fits.
        """
        self._seen()
        return read_record(self._asking, run, user_id)

    def show(self, run: str | int = "last", *, user_id: str | None = None) -> RunRecord:
        """The same as ``run``: at the end of a notebook cell it is drawn."""
        return self.run(run, user_id=user_id)

    def trace(self, run: str | int = "last", *, user_id: str | None = None) -> TraceSpan:
        """One run as a tree of spans: runs, model calls, tools, steps, memory; when, how long, tokens, dollars.

        ``run`` and ``user_id`` as of ``run``.
        """
        return trace_of(str(run), self.run(run, user_id=user_id))

    def to_otlp(self, run: str | int = "last", *, user_id: str | None = None, content: bool = False) -> dict[str, Any]:
        """One run with its sub-runs as an OTLP request of JSON-ready data, which common trace viewers open.

        Spans and attributes are named as in live telemetry, GenAI conventions included. Messages, arguments and answers
        are left out, unless ``content``; secrets are masked. ``run`` and ``user_id`` as of ``run``.
        """
        return otlp(self.run(run, user_id=user_id).events, content=content)

    def align(self, *runs: str | int, user_id: str | None = None) -> Alignment:
        """Two or more runs side by side, step by step, with the first step at which they part.

        Each as of ``run``; ConfigError for fewer than two different ones.
        """
        return align({str(run): self.run(run, user_id=user_id) for run in runs})

    def problems(self) -> "pd.DataFrame":
        """Lines that could not be read: segment, line, problem. Everything around them counts all the same."""
        self._seen()
        return self._asking.problems()

    # --- keeping

    def compact(self) -> int:
        """Turn the files of processes that are gone into Parquet; how many. Safe while others read and write."""
        self.require_writable()
        self._seen()
        return compact(self._home)

    def loose_bytes(self) -> int:
        """How many bytes ``compact`` would turn into Parquet: what processes that are gone have left."""
        self._seen()
        return loose_bytes(self._home)

    def scrub(self, user_id: str | None, *, dry_run: bool = False) -> int:
        """Take the texts of a user's runs out of the log (None: of runs for nobody in particular); how many rows.

        Prompts, answers, messages, arguments, facts, metadata, sessions and the user's name go; tokens, costs, times
        and names of models and tools stay. On disk when this returns, compacted files included, and safe while other
        processes read and write. A run that goes on writes on: scrub again when it is over. ``dry_run`` only counts.
        """
        self.require_writable()
        self._seen()
        count = scrub(self._home, user_id, dry_run=dry_run)
        if count and not dry_run:
            self._asking = Asking(self._home)  # what was read before is in this process's memory
        return count

    def export(self, path: str | os.PathLike[str], *, overwrite: bool = False) -> Path:
        """Write everything into one DuckDB file, tables and columns commented; compacts first where it may."""
        self._seen()
        if not self._read_only:
            compact(self._home)
        return export(self._home, path, overwrite=overwrite)

    def _seen(self) -> None:
        """What this process has told is visible to its own questions."""
        self._home.check(write=False, named=False)
        self.flush()

    def _rows(
        self, table: str, filters: Mapping[str, Any], limit: int | None, *, newest_first: bool = False
    ) -> "pd.DataFrame":
        self._seen()
        return self._asking.rows(table, self._resolved(filters), limit, newest_first=newest_first)

    def _resolved(self, filters: Mapping[str, Any]) -> dict[str, Any]:
        """The filters with a run that was named in short given by its id."""
        given = dict(filters)
        run = given.get("run_id")
        if isinstance(run, (str, int)):
            given["run_id"] = resolve(self._asking, run)
        return given

    def _after_fork(self) -> None:
        """In a forked child: the file, its lock and what was not written are the parent's; so is its engine."""
        self._lock = threading.Lock()
        self._writer.abandon()
        self._recorder = Recorder(seq=os.getpid() * 1_000_000_000)
        _left_behind.append(self._asking)  # letting it go would wait for threads that a fork does not have
        self._asking = Asking(self._home)


def _handle_forks() -> None:
    global _fork_handled
    if not _fork_handled and hasattr(os, "register_at_fork"):
        _fork_handled = True
        os.register_at_fork(after_in_child=_forked)


def _forked() -> None:
    global _opening
    _opening = threading.Lock()
    for log in list(_opened.values()):
        log._after_fork()
