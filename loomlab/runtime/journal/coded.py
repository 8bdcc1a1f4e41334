"""The published methods of a store, over rows of JSON text: written once for all of ours."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

from loomlab.runtime.journal.codec import decode, encode
from loomlab.runtime.journal.store import JournalEntry, Kind, Opened, moment, user_key


class CodedStore(ABC):
    """``get_step`` and the like, made of reading and writing one row."""

    beats = True

    async def fetch(self, held: Opened, name: str) -> None:
        """Nothing to read: a session is opened as a whole."""
        return

    @abstractmethod
    async def _read(self, kind: Kind, session_id: str, key: str, name: str) -> tuple[str | None, float] | None:
        """The text and time of a row."""

    @abstractmethod
    async def _put(self, kind: Kind, session_id: str, key: str, name: str, text: str) -> None:
        """Write a row, whoever holds the session."""

    async def get_step(self, session_id: str, step_name: str, *, user_id: str | None = None) -> JournalEntry | None:
        """The outcome of a step of this user's session; None where there is none, or where it was only begun."""
        return self._entry(await self._read("step", session_id, user_key(user_id), step_name))

    async def put_step(self, session_id: str, step_name: str, value: Any, *, user_id: str | None = None) -> None:
        """Keep the outcome of a step; RuntimeJournalError for a value that JSON and our codec cannot carry."""
        await self._put("step", session_id, user_key(user_id), step_name, encode(value))

    async def get_stream(self, session_id: str, step_name: str, *, user_id: str | None = None) -> JournalEntry | None:
        """The items of a stream, None where it was never consumed to its end."""
        return self._entry(await self._read("stream", session_id, user_key(user_id), step_name))

    async def put_stream(
        self, session_id: str, step_name: str, chunks: Sequence[Any], *, user_id: str | None = None
    ) -> None:
        """Keep the items of a stream."""
        await self._put("stream", session_id, user_key(user_id), step_name, encode(list(chunks)))

    @staticmethod
    def _entry(row: tuple[str | None, float] | None) -> JournalEntry | None:
        return None if row is None or row[0] is None else JournalEntry(decode(row[0]), moment(row[1]))
