"""Where lessons live: in the user's working memory, or in a vector store that finds the fitting ones.

A lesson belongs to the user whose run taught it, and to nobody else: it is stored under that user, recalled for that
user only, and goes when that user's memory is erased.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from weakref import WeakSet

from loomlab.core.documents import Chunk, VectorStore
from loomlab.core.messages import utc_now
from loomlab.runtime import Run

KEPT = 20
"""Lessons that a working block holds; the oldest go first."""
EXCERPT = 200
"""Characters of the prompt that a stored lesson carries."""


class Lessons:
    """The lessons of one strategy: in ``store`` where there is one, else in the working block ``block``."""

    def __init__(self, store: VectorStore | None, block: str, limit: int) -> None:
        self.store, self.block, self.limit = store, block, limit
        self._told: WeakSet[Any] = WeakSet()

    async def find(self, deps: Run, prompt: str) -> list[str]:
        """This user's lessons in the store that fit the prompt best.

        Those in the block need no finding: they come with the memory that every strategy recalls.
        """
        if self.store is None:
            return []
        self._erase_with(deps.memory)
        mine = {"kind": "lesson", "user_id": _owner(deps.context.user_id)}
        return [one.chunk.content for one in await self.store.search(prompt, k=self.limit, filter=mine)]

    async def keep(self, deps: Run, lesson: str, prompt: str, *, attempt: int, score: float) -> str:
        """Keep a lesson as this user's; where it went."""
        if self.store is None:
            await deps.once(f"lesson_{deps.calls}", self._note, deps, lesson)
            return self.block
        metadata: dict[str, Any] = {
            "kind": "lesson",
            "attempt": attempt,
            "score": score,
            "prompt_excerpt": prompt[:EXCERPT],
            "at": utc_now().isoformat(),
        }
        if deps.context.user_id is not None:  # not every store can keep None
            metadata["user_id"] = deps.context.user_id
        await deps.once(f"lesson_{deps.calls}", self.store.add, [Chunk(content=lesson, metadata=metadata)])
        return self.store.name

    async def _note(self, deps: Run, lesson: str) -> None:
        user, memory = deps.context.user_id, deps.memory
        await memory.append_block(self.block, f"- {' '.join(lesson.split())}\n", user_id=user)
        text = next((one.content for one in await memory.working(user_id=user) if one.name == self.block), "")
        lines = text.splitlines(keepends=True)
        if len(lines) > KEPT:
            await memory.update_block(self.block, "".join(lines[-KEPT:]), user_id=user)

    def _erase_with(self, memory: Any) -> None:
        """Have this user's lessons go when the memory forgets the user."""
        tell, forget = getattr(memory, "on_forget", None), getattr(self.store, "forget", None)
        if tell is None or forget is None or memory in self._told:
            return

        async def erase(user_id: str | None, session_id: str | None, before: datetime | None) -> dict[str, int]:
            # A lesson belongs to a user, not to one conversation.
            return {} if session_id is not None else {"lessons": await forget(user_id=user_id, before=before)}

        tell(erase)
        self._told.add(memory)


def _owner(user_id: str | None) -> Any:
    return user_id if user_id is not None else {"$exists": False}
