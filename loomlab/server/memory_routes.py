"""``memory…``: who is remembered, what of them, why something is recalled; and forgetting, confirmed and audited."""

from collections.abc import Mapping
from concurrent.futures import Executor
from typing import Any

from tornado.web import authenticated

from loomlab.core.errors import ConfigError
from loomlab.core.upgrading import backups_of
from loomlab.display.memory_erased import Plan, listed, plan_html, receipt_html, receipt_text
from loomlab.display.theme import face
from loomlab.inspector import Inspector
from loomlab.server.handler import LoomHandler, Refused, Routes
from loomlab.server.memory_faces import explained, user_face, word_for
from loomlab.server.memory_list import memory_list
from loomlab.server.parameters import Parser, Several, flag, instant, text
from loomlab.server.shapes_memory import ForgetPlan, Forgotten, Scrubbed

_NAME, _ID, _QUERY = text(1_000), text(2_000), text(2_000)
_WHOSE = {"memory": _NAME, "user_id": _ID}


class MemoryHandler(LoomHandler):
    """Base of the handlers of this file: their work is done in the memories' own thread."""

    @property
    def pool(self) -> Executor:
        """The memories' thread: a slow memory keeps no list of runs waiting."""
        return self.desk.memories.pool

    def is_away(self, error: Exception) -> bool:
        """Whether a package is missing."""
        return isinstance(error, ImportError)

    @property
    def actor(self) -> str:
        """Who is signed in, by the name that Jupyter has."""
        return str(getattr(self.current_user, "username", "") or "unknown")


class ListHandler(MemoryHandler):
    """``memory``."""

    @authenticated
    async def get(self) -> None:
        """Every memory with its users."""
        self.query({})
        self.finish_json(await self.work(lambda: memory_list(self.desk.memories)))


class UserHandler(MemoryHandler):
    """``memory/user``."""

    @authenticated
    async def get(self) -> None:
        """One user's memory at two instants."""
        asked = self.query({**_WHOSE, "true_at": instant, "known_at": instant}, needs=("memory",))

        def look() -> Any:
            inspector = self.desk.memories.inspector(asked["memory"], asked.get("user_id"))
            return user_face(inspector, asked.get("true_at"), asked.get("known_at"))

        self.finish_json(await self.work(look))


class ExplainHandler(MemoryHandler):
    """``memory/explain``."""

    @authenticated
    async def get(self) -> None:
        """What would be recalled for a question, and why."""
        asked = self.query({**_WHOSE, "query": _QUERY, "true_at": instant}, needs=("memory", "query"))
        if not asked["query"].strip():
            raise Refused(400, "query is empty; type a question, as it would be asked of the memory")

        def explain() -> Any:
            inspector = self.desk.memories.inspector(asked["memory"], asked.get("user_id"))
            return explained(inspector, asked["query"], asked.get("true_at"))

        self.finish_json(await self.work(explain))


class ForgetHandler(MemoryHandler):
    """``memory/forget``."""

    @authenticated
    async def post(self) -> None:
        """Without ``confirm`` what would go; with the user's name typed again, erase it."""
        takes: dict[str, Parser] = {
            **_WHOSE,
            "everything": flag,
            "fact_ids": Several(text(200), most=1_000),
            "session_id": _ID,
            "confirm": _ID,
        }
        asked = self.body(takes, needs=("memory",))
        chosen = [name for name in ("everything", "fact_ids", "session_id") if asked.get(name) not in (None, False)]
        if len(chosen) != 1:
            raise Refused(400, "give one of everything (true), fact_ids and session_id: what is to be forgotten")
        memory, user_id = asked["memory"], asked.get("user_id")
        if "confirm" not in asked:
            self.finish_json(await self.work(lambda: self._planned(memory, user_id, asked)))
            return
        if asked["confirm"] != word_for(user_id):
            raise Refused(400, f"nothing was erased: type {word_for(user_id)!r} exactly as it stands here to confirm")
        self.finish_json(await self.work(lambda: self._forgotten(memory, user_id, asked, chosen[0])))

    def _planned(self, memory: str, user_id: str | None, asked: Mapping[str, Any]) -> ForgetPlan:
        plan = _plan(self.desk.memories.inspector(memory, user_id), asked)
        notes = "".join(f"\n{note}" for note in plan.notes)
        return {
            "would_erase": plan.total,
            "confirm": word_for(user_id),
            "html": face(plan_html(plan)),
            "text": f"Erases {listed(plan.counts)} of {plan.who} ({plan.what}) for good.{notes}",
        }

    def _forgotten(self, memory: str, user_id: str | None, asked: Mapping[str, Any], scope: str) -> Forgotten:
        def erase(inspector: Inspector) -> Forgotten:
            plan = _plan(inspector, asked)
            told = {"memory": memory, "scope": scope, "items": dict(plan.counts)}
            self.desk.audit.note(self.actor, "memory.forget", told, user_id)
            receipt = inspector.forget()
            kept = [f"a backup beside it, as it was before: {one}" for one in self.desk.memories.backups(memory)]
            receipt = receipt.model_copy(update={"may_remain": [*kept, *receipt.may_remain]})
            return {
                "erased": receipt.total,
                "logged": inspector.logged(),
                "html": face(receipt_html(receipt)),
                "text": receipt_text(receipt),
            }

        found: Forgotten = self.desk.memories.erasing(memory, user_id, erase)
        return found


class ScrubHandler(MemoryHandler):
    """``memory/scrub``."""

    @authenticated
    async def post(self) -> None:
        """Take a user's words out of the run log as well, where the user's name was typed again."""
        asked = self.body({"user_id": _ID, "confirm": _ID}, needs=("confirm",))
        user_id = asked.get("user_id")
        if asked["confirm"] != word_for(user_id):
            raise Refused(400, f"nothing was changed: type {word_for(user_id)!r} exactly as it stands here to confirm")
        self.finish_json(await self.work(lambda: self._scrubbed(user_id)))

    def _scrubbed(self, user_id: str | None) -> Scrubbed:
        if not self.desk.has_log:
            raise ConfigError("there is no run log here yet, so nothing is in it")
        log = self.desk.writable_log()
        self.desk.audit.note(self.actor, "runlog.scrub", {"rows": log.scrub(user_id, dry_run=True)}, user_id)
        rows = log.scrub(user_id)
        kept = "".join(f" They may still be in {one.name} beside it." for one in backups_of(log.path / "runlog"))
        said = f"✓ the user’s words are out of {rows:,} rows of the run log; figures stay.{kept}"
        return {"rows": rows, "text": said}


def _plan(inspector: Inspector, asked: Mapping[str, Any]) -> Plan:
    if "fact_ids" in asked:
        return inspector.plan_forget_facts(asked["fact_ids"])
    if "session_id" in asked and asked["session_id"] not in inspector.base.conversations():
        raise ConfigError("there is no such conversation (any more); look again at what there is")
    return inspector.plan_forget(session_id=asked.get("session_id"))


ROUTES: Routes = [
    ("memory", ListHandler),
    ("memory/user", UserHandler),
    ("memory/explain", ExplainHandler),
    ("memory/forget", ForgetHandler),
    ("memory/scrub", ScrubHandler),
]
