"""A store of the published five methods, as one that runs can be resumed from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from loomlab.core.errors import ConfigError
from loomlab.runtime.declared import declares
from loomlab.runtime.journal.codec import decode, encode
from loomlab.runtime.journal.store import (
    DurableStore,
    JournalStore,
    Kind,
    Opened,
    Opening,
    Place,
    Row,
    chosen,
    user_key,
    user_of,
)

_EPOCHS = "epochs"


def durable_store(store: Any) -> DurableStore:
    """``store`` itself where it opens sessions; a view that makes do with the five methods elsewhere."""
    if callable(getattr(store, "open", None)) and callable(getattr(store, "write", None)):
        durable: DurableStore = store
        return durable
    missing = [
        name for name in ("get_step", "put_step", "get_stream", "put_stream", "aclose") if not hasattr(store, name)
    ]
    if missing:
        raise ConfigError(f"a journal's store has {', '.join(missing)} too, and {type(store).__name__} has not")
    view: Any = FiveMethods(store)
    opened: DurableStore = view  # whose five methods are asked of the store itself
    return opened


class FiveMethods:
    """What five methods allow: epochs, users and replay; no lease, no erasing, no fork.

    Epochs are kept as a step called ``epochs``. Where the methods take no ``user_id``, a user is part of
    the session id.
    """

    beats = False

    def __init__(self, store: JournalStore) -> None:
        self._store: Any = store
        self._knows_users = declares(store.get_step, "user_id")

    def _where(self, held: Opened) -> tuple[str, dict[str, Any]]:
        user = user_of(held.user_key)
        if self._knows_users:
            return held.session_id, {"user_id": user}
        return held.session_id if user is None else f"{held.session_id}@{user}", {}

    async def open(self, wish: Opening) -> Opened:
        """Choose the epoch; entries are read when they are asked for."""
        held = Opened(wish.session_id, user_key(wish.user_id), 1, wish.owner, wish.run_id, lazy=True)
        if wish.digest is None:
            return held
        session, user = self._where(held)
        entry = await self._store.get_step(session, _EPOCHS, **user)
        epochs: list[dict[str, Any]] = [] if entry is None else list(entry.value)
        latest = (len(epochs), epochs[-1]["digest"], epochs[-1]["done"]) if epochs else None
        same = max((number for number, one in enumerate(epochs, 1) if one["digest"] == wish.digest), default=None)
        held.epoch, new = chosen(wish, latest, same)
        if new:
            epochs.append({"digest": wish.digest, "origin": wish.run_id, "done": False})
        else:
            epochs[held.epoch - 1]["done"] = False
        held.origin = epochs[held.epoch - 1]["origin"]
        await self._store.put_step(session, _EPOCHS, epochs, **user)
        return held

    async def fetch(self, held: Opened, name: str) -> None:
        """Read what there is of a name."""
        session, user = self._where(held)
        step = await self._store.get_step(session, held.prefix + name, **user)
        if step is not None:
            held.steps[name] = encode(step.value)
            return
        stream = await self._store.get_stream(session, held.prefix + name, **user)
        if stream is not None:
            held.streams[name] = encode(list(stream.value))

    async def write(self, held: Opened, kind: Kind, name: str, text: str | None) -> bool:
        """Keep one outcome. That a step begins cannot be kept apart from its outcome, and is not."""
        session, user = self._where(held)
        if text is not None:
            put = self._store.put_step if kind == "step" else self._store.put_stream
            await put(session, held.prefix + name, decode(text), **user)
        return True

    async def renew(self, held: Opened, expires: float) -> bool:
        """There is no lease."""
        return True

    async def close(self, held: Opened, *, done: bool) -> None:
        """Note that an epoch came to its end."""
        if done:
            session, user = self._where(held)
            entry = await self._store.get_step(session, _EPOCHS, **user)
            epochs = [] if entry is None else list(entry.value)
            if len(epochs) >= held.epoch:
                epochs[held.epoch - 1] = {**epochs[held.epoch - 1], "done": True}
                await self._store.put_step(session, _EPOCHS, epochs, **user)

    async def erase(self, *, user_key: str | None, session_id: str | None = None, before: float | None = None) -> int:
        """Refuses."""
        raise self._lacking("erase entries")

    async def find_run(self, run_id: str) -> Place | None:
        """Refuses."""
        raise self._lacking("find a run")

    async def rows(self, place: Place) -> list[Row]:
        """Refuses."""
        raise self._lacking("list entries")

    async def seed(self, place: Place, rows: Sequence[Row]) -> None:
        """Refuses."""
        raise self._lacking("begin a session with entries")

    def _lacking(self, what: str) -> ConfigError:
        name = type(self._store).__name__
        return ConfigError(
            f"{name} cannot {what}: erase there by its own means, or use SqliteRuntime or PostgresRuntime"
        )
