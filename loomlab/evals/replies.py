"""Replies of models on disk: what was paid for once is not paid for again when an evaluation goes on after a crash."""

import sqlite3
from collections.abc import Mapping, Sequence
from pathlib import Path
from threading import Lock
from typing import Any

from anyio import to_thread
from pydantic import TypeAdapter
from pydantic_core import from_json, to_json

from loomlab.core.errors import ConfigError
from loomlab.core.ids import deterministic_hash
from loomlab.core.messages import Message, ToolCall, Usage
from loomlab.core.protocols import Completion
from loomlab.core.redact import redact
from loomlab.model.cassette_key import normalised
from loomlab.model.request import ModelRequest

_CALLS = TypeAdapter(list[ToolCall])
_MADE = "CREATE TABLE IF NOT EXISTS replies (key TEXT PRIMARY KEY, reply TEXT NOT NULL)"


class ReplyCache:
    """Replies in one SQLite file, by model, request and the trial they were made for.

    Another arm, case or epoch has replies of its own, so that repeats stay repeats; within a trial the nth same request
    gets the nth reply. Errors are not kept, and neither is a reply that holds what looks like a secret. Several
    processes may share the file. Raises ConfigError where it can't be opened.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._lock = Lock()
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._file = sqlite3.connect(self.path, timeout=30, isolation_level=None, check_same_thread=False)
            self._file.execute("PRAGMA journal_mode=WAL")
            self._file.execute("PRAGMA synchronous=NORMAL")
            self._file.execute(_MADE)
        except (OSError, sqlite3.Error) as exc:
            raise ConfigError(f"the cache of replies {self.path} can't be opened: {exc}; give another path") from exc

    def of_trial(self, arm: str, case_id: str, epoch: int) -> "TrialReplies":
        """The replies of one trial, in this evaluation and in later ones of the same arm and case."""
        return TrialReplies(self, deterministic_hash([arm, case_id, epoch]))

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def __len__(self) -> int:
        with self._lock:
            return int(self._file.execute("SELECT count(*) FROM replies").fetchone()[0])

    def _read(self, key: str) -> str | None:
        with self._lock:
            row = self._file.execute("SELECT reply FROM replies WHERE key = ?", (key,)).fetchone()
        return None if row is None else str(row[0])

    def _write(self, key: str, text: str) -> None:
        with self._lock:
            self._file.execute("INSERT OR REPLACE INTO replies VALUES (?, ?)", (key, text))


class TrialReplies:
    """The replies of one trial, as a run's surroundings want them."""

    def __init__(self, cache: ReplyCache, trial_id: str) -> None:
        self._cache = cache
        self._trial = trial_id
        self._asked: dict[str, int] = {}

    async def find(self, model: str, messages: Sequence[Message], options: Mapping[str, Any]) -> Completion | None:
        """The kept reply to the next such request of this trial."""
        request = self._request(model, messages, options)
        self._asked[request] = self._asked.get(request, 0) + 1
        text = await to_thread.run_sync(self._cache._read, self._key(request))
        return None if text is None else _parsed(text)

    async def keep(
        self, model: str, messages: Sequence[Message], options: Mapping[str, Any], reply: Completion
    ) -> None:
        """Keep the reply to the request last looked for."""
        said, calls, usage, reason = reply
        text = to_json([said, _CALLS.dump_python(calls, mode="json"), usage.model_dump(), reason]).decode()
        if redact(text) == text:
            key = self._key(self._request(model, messages, options))
            await to_thread.run_sync(self._cache._write, key, text)

    def _request(self, model: str, messages: Sequence[Message], options: Mapping[str, Any]) -> str:
        asked = normalised(
            ModelRequest.of(
                messages,
                options.get("tools"),
                options.get("temperature", 1.0),
                options.get("max_tokens"),
                options.get("output_schema"),
            )
        )
        return deterministic_hash([model, asked])

    def _key(self, request: str) -> str:
        return deterministic_hash([self._trial, request, self._asked[request]])


def _parsed(text: str) -> Completion:
    said, calls, usage, reason = from_json(text)
    return said, _CALLS.validate_python(calls), Usage(**usage), reason
