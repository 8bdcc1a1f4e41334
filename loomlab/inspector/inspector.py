"""The inspector of one user's memory: what it shows, and what it does when asked, without any front end.

Open ``reading.py`` for what it asks the memory.
"""

import os
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from loomlab.core.errors import ConfigError
from loomlab.core.messages import utc_now
from loomlab.core.protocols import Memory
from loomlab.display.memory import MemoryExtras, is_empty, memory_html, memory_text
from loomlab.display.memory_calendar import aware
from loomlab.display.memory_erased import Plan
from loomlab.display.memory_view import MemoryView
from loomlab.inspector.reading import (
    EVER,
    at_instants,
    opened,
    read_changes,
    read_explanation,
    read_extras,
    read_health,
    read_view,
)
from loomlab.memory.receipt import ELSEWHERE, Receipt
from loomlab.runlog import RunLog

Ask = Callable[[Callable[[], Awaitable[Any]]], Any]
"""Runs async work to its end where the work of cells runs."""

NOTEBOOKS = "outputs saved in notebooks: run their cells again, or clear them, and save"
OUTSIDE = "cassettes, exported files, and backups of the store"


class _Scope(NamedTuple):
    """What is to be erased: all, one conversation, what is older, or these facts."""

    session_id: str | None = None
    before: datetime | None = None
    facts: tuple[str, ...] | None = None


class Inspector:
    """One user's memory as it is looked at. Every method waits until it is done; call ``load`` first."""

    def __init__(
        self,
        memory: Memory,
        user_id: str | None,
        *,
        ask: Ask,
        log: Callable[[], RunLog | None] = lambda: None,
        fresh: datetime | None = None,
    ) -> None:
        self.user_id = user_id
        self._memory = memory
        self._ask = ask
        self._log = log
        self._fresh = fresh
        self._scope: _Scope | None = None
        self._exporting: Path | None = None
        self.base = self.view = MemoryView(user_id=user_id, now=EVER)
        self.extras = self._told = MemoryExtras()

    def load(self) -> None:
        """Read everything anew; the two instants stay."""
        self._memory = self._ask(lambda: opened(self._memory))
        true_at, known_at = self.view.true_at, self.view.known_at
        self.base = self.view = self._ask(lambda: read_view(self._memory, self.user_id, fresh=self._fresh))
        query, candidates = self.extras.query, self.extras.candidates
        self.extras = self._told = self._ask(lambda: read_extras(self._memory, self.base))
        if true_at is not None or known_at is not None:
            self.look(true_at, known_at)
        if candidates is not None:
            self.search(query)

    def back_to_now(self) -> None:
        """As after ``load``, with nothing read anew: for whoever knows that nothing was written since."""
        self.base = self.view = replace(self.base, now=utc_now())
        self.extras = self._told

    @property
    def is_empty(self) -> bool:
        """Whether nothing is remembered of the user."""
        return is_empty(self.base)

    @property
    def faces(self) -> tuple[str, str]:
        """What a saved notebook shows: static HTML, and text."""
        return memory_html(self.view, self.extras), memory_text(self.view, self.extras)

    def look(self, true_at: datetime | None, known_at: datetime | None) -> None:
        """Look from two instants; None is now."""
        known_before = self.view.known_at
        self.view = self._ask(lambda: at_instants(self._memory, self.base, true_at, known_at))
        if known_at != known_before:  # what is rotten does not depend on what was true when
            audit = self._told.audit if known_at is None else self._ask(lambda: read_health(self._memory, self.view))
            self.extras = replace(self.extras, audit=audit)

    def search(self, query: str) -> None:
        """Ask for what would be recalled at the instant that is looked at, and why."""
        found = self._ask(lambda: read_explanation(self._memory, self.view, query, self.view.true_at))
        self.extras = replace(self.extras, query=query, candidates=found)

    def compare(self, before: datetime, after: datetime) -> Any:
        """What changed between two instants of knowing; None where the memory can't tell."""
        return self._ask(lambda: read_changes(self._memory, self.user_id, before, after))

    # --- erasing, in two steps

    def plan_forget(self, *, session_id: str | None = None, before: datetime | None = None) -> Plan:
        """What ``forget`` would erase. Only what was planned last can be erased."""
        view = self.base
        old = [one for one in view.episodes if session_id is None or one.session_id == session_id]
        counts = {"episodes": sum(before is None or aware(one.occurred_at) < aware(before) for one in old)}
        notes = []
        if session_id is None:
            counts["facts"] = sum(before is None or aware(one.recorded_at) < aware(before) for one in view.facts)
            counts["blocks"] = sum(before is None or aware(one.updated_at) < aware(before) for one in view.blocks)
        elif told := sum(bool({one.id for one in old} & set(fact.sources)) for fact in view.facts):
            notes.append(
                f"Facts that were read from it stay ({told:,}): facts belong to the user, not to a conversation."
            )
        what = "everything" if session_id is None else f"conversation {view.conversations().get(session_id, '?')}"
        what += "" if before is None else f" before {before:%Y-%m-%d %H:%M}"
        self._scope = _Scope(session_id, before)
        return Plan(view.who, what, counts, notes)

    def plan_forget_facts(self, ids: Sequence[str]) -> Plan:
        """The same for single facts, by their ids. ConfigError where one of them is not there."""
        there = {fact.id: fact for fact in self.base.facts}
        if missing := [one for one in ids if one not in there]:
            raise ConfigError(f"{self.base.who} has no fact {missing[0]!r}; look again at what there is")
        chosen = [there[one] for one in dict.fromkeys(ids)]
        what = "; ".join(f"{one.subject} {one.predicate} {one.object}" for one in chosen[:3])
        notes = []
        if told := len({source for one in chosen for source in one.sources}):
            notes.append(f"The messages that they were read from stay ({told:,}); erase the conversation for those.")
        self._scope = _Scope(facts=tuple(one.id for one in chosen))
        return Plan(self.base.who, f"{what}…" if len(chosen) > 3 else what, {"facts": len(chosen)}, notes)

    def forget(self) -> Receipt:
        """Erase what was planned, and say what went and where copies may still lie."""
        if self._scope is None:
            raise ConfigError("nothing was planned to be erased; choose what first")
        scope, self._scope = self._scope, None
        receipt = self._ask(lambda: _forget(self._memory, self.user_id, scope))
        self.view = replace(self.view, true_at=None, known_at=None)
        self.extras = MemoryExtras()
        self.load()
        remain = [one for one in receipt.may_remain if one != ELSEWHERE]
        rows = self.logged()
        if rows:
            remain.append(f"the run log: {rows:,} rows")
        found: Receipt = receipt.model_copy(update={"may_remain": [*remain, NOTEBOOKS, OUTSIDE]})
        return found

    def logged(self) -> int:
        """How many rows of the run log hold the user's words; 0 where there is no log."""
        log = self._log()
        return 0 if log is None else log.scrub(self.user_id, dry_run=True)

    def scrub(self) -> int:
        """Take the user's words out of the run log; how many rows had any."""
        log = self._log()
        if log is None:
            raise ConfigError("there is no run log here")
        return log.scrub(self.user_id)

    # --- writing out, in two steps

    def plan_export(self) -> Plan:
        """What ``export`` would write, and where."""
        self._exporting = _free(_file_name(self.user_id))
        counts = {"episodes": len(self.base.episodes), "facts": len(self.base.facts)}
        return Plan(self.base.who, str(self._exporting), counts)

    def export(self) -> Path:
        """Write what is stored as JSON into the file that was planned. An older file is never overwritten."""
        if self._exporting is None:
            raise ConfigError("no file was planned to be written; look at what would be written first")
        path, self._exporting = self._exporting, None
        text = self._ask(lambda: self._memory.export(user_id=self.user_id)).model_dump_json(indent=1)
        try:
            fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with open(fd, "w", encoding="utf-8") as file:  # noqa: PTH123 - a file made for its owner's eyes only
                file.write(text)
        except OSError as error:
            raise ConfigError(f"{path} can't be written: {error.strerror or error}; go to another folder") from None
        return path


async def _forget(memory: Memory, user_id: str | None, scope: _Scope) -> Receipt:
    session_id, before = scope.session_id, scope.before
    if scope.facts is not None:
        store: Any = getattr(memory, "facts", None)
        if store is None:
            raise ConfigError(f"{type(memory).__name__} keeps no facts that could be erased one by one")
        gone = await store.forget(user_id=user_id, ids=scope.facts)
        return Receipt(user_id=user_id, erased={"facts": int(gone)})
    forget: Any = memory.forget
    if callable(getattr(memory, "facts_at", None)):  # one of ours: it gives a receipt
        done = await forget(user_id=user_id, session_id=session_id, before=before, receipt=True)
        if isinstance(done, Receipt):
            return done
    else:
        done = await forget(user_id=user_id, session_id=session_id, before=before)
    return Receipt(user_id=user_id, session_id=session_id, before=before, erased={"items": int(done)})


def _file_name(user_id: str | None) -> str:
    name = re.sub(r"[^\w.-]+", "_", user_id or "nobody", flags=re.ASCII).strip("._")[:60]
    return f"memory-{name or 'user'}"


def _free(stem: str) -> Path:
    number = 1
    while (path := Path(f"{stem}{f'-{number}' if number > 1 else ''}.json")).exists():
        number += 1
    return path
