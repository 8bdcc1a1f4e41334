"""Forgetting: what goes, in which order, and who else has to know."""

from collections.abc import Callable, Mapping
from datetime import datetime
from inspect import isawaitable
from typing import Any

from loomlab.core.errors import MemoryStoreError
from loomlab.memory.hash_embedder import forget_words
from loomlab.memory.receipt import ELSEWHERE, Receipt
from loomlab.memory.record import BLOCK, EPISODE, Where
from loomlab.memory.views import Views
from loomlab.memory.words import forget_texts

ForgetCallback = Callable[[str | None, str | None, datetime | None], Any]
"""Called with ``user_id, session_id, before`` after an erasure. May be async; may return counts by kind."""


class Eraser:
    """Erases a user's records and tells those that hold copies."""

    def __init__(self, views: Views, facts: Any) -> None:
        self._views = views
        self._facts = facts
        self._callbacks: list[ForgetCallback] = []

    def on_forget(self, callback: ForgetCallback) -> None:
        """Have ``callback`` called after each erasure."""
        self._callbacks.append(callback)

    async def forget(self, user_id: str | None, session_id: str | None, before: datetime | None) -> Receipt:
        """Erase what fits every given filter; facts and blocks belong to no session and stay when one is given.

        Episodes go first: a fact that is being read out of one of them finds its source gone, or is erased with the
        facts. A callback that fails keeps no other from being called; its error is raised at the end.
        """
        receipt = Receipt(user_id=user_id, session_id=session_id, before=before, may_remain=[ELSEWHERE])
        where = Where(kind=EPISODE, user_id=user_id, group=session_id, before=before)
        receipt.erased["episodes"] = await self._views.erase(where)
        if session_id is None:
            receipt.erased["blocks"] = await self._views.erase(Where(kind=BLOCK, user_id=user_id, before=before))
            receipt.erased["facts"] = await self._forget_facts(user_id, before)
        forget_texts()
        forget_words()
        failed: Exception | None = None
        for callback in list(self._callbacks):
            try:
                counts = callback(user_id, session_id, before)
                if isawaitable(counts):
                    counts = await counts
                if isinstance(counts, Mapping):
                    receipt.erased.update(counts)
            except Exception as exc:
                failed = failed or exc
        if failed is not None:
            raise failed
        return receipt

    async def _forget_facts(self, user_id: str | None, before: datetime | None) -> int:
        if self._facts is None:
            return 0
        forget = getattr(self._facts, "forget", None)
        if forget is not None:
            return int(await forget(user_id=user_id, before=before))
        if await self._facts.query(user_id=user_id, limit=1):
            raise MemoryStoreError(
                f"episodes and blocks are erased, but the facts are still there: {type(self._facts).__name__} "
                "cannot erase; give it an async forget(*, user_id, before) -> int, or erase them in the store itself"
            )
        return 0
