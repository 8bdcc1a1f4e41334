"""A memory that makes facts out of each episode as soon as it is remembered."""

import inspect
import logging
from collections.abc import Callable
from datetime import datetime
from time import perf_counter
from typing import Any

from loomlab.core.errors import ConfigError
from loomlab.core.messages import Message
from loomlab.core.paying import current_payer
from loomlab.core.protocols import FactStore, Memory, Telemetry
from loomlab.core.remembered import Episode, Fact, MemoryBlock, MemoryExport, MemoryProfile
from loomlab.memory.consolidator import Consolidator

_LOG = logging.getLogger(__name__)
_announced: set[str] = set()


class AutoExtractMemory:
    """``inner``, and after each ``remember`` the facts that ``consolidator`` finds in the episode.

    The extraction is over when ``remember`` returns, and never fails it: what goes wrong is logged as a warning and
    given to ``on_extract_error`` (which may be async). Inside a run the run pays, under the role ``memory``, and what
    its tools returned counts as evidence; a run that another run started extracts nothing, because its prompt is the
    words of a model. Everything else is ``inner``'s own, methods beyond the protocol included.

    Args:
        inner: where episodes and facts are kept.
        consolidator: finds the facts.
        on_extract_error: told of a failure.
        telemetry: gets ``loom.auto_extract.duration_ms`` and ``loom.auto_extract.invocations``.
        auto_picked: the consolidator was chosen for the user: say so once a process, at INFO.
    """

    def __init__(
        self,
        inner: Memory,
        consolidator: Consolidator,
        *,
        on_extract_error: Callable[[Exception], Any] | None = None,
        telemetry: Telemetry | None = None,
        auto_picked: bool = False,
    ) -> None:
        self._inner = inner
        self._consolidator = consolidator
        self._on_extract_error = on_extract_error
        self._telemetry = telemetry
        if auto_picked and "picked" not in _announced:
            _announced.add("picked")
            _LOG.info(
                "facts are extracted from each exchange by the agent's own model, %s: one more model call a run; "
                "auto_extract=False switches it off",
                consolidator.model.name,
            )

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._inner!r})"

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self._inner, name)

    @property
    def inner(self) -> Memory:
        """The memory that keeps what is remembered."""
        return self._inner

    @property
    def facts(self) -> FactStore | None:
        """Where the facts go."""
        store: FactStore | None = getattr(self._inner, "facts", None)
        return store

    async def remember(self, episode: Episode) -> str:
        """Keep the episode, then extract; the episode's id."""
        stored = await self._inner.remember(episode)
        payer = current_payer()
        if payer is None or getattr(payer, "parent", None) is None:
            await self._extract(episode if stored == episode.id else episode.model_copy(update={"id": stored}))
        return stored

    async def _extract(self, episode: Episode) -> None:
        began = perf_counter()
        erasures = getattr(self._inner, "erasures", None)
        before = erasures(episode.user_id) if erasures is not None else 0

        def still(one: Episode) -> bool:
            return erasures is None or erasures(one.user_id) == before

        status = "ok"
        try:
            store = self.facts
            if store is None:
                raise ConfigError(
                    f"{type(self._inner).__name__} keeps no facts, so none can be extracted into it: "
                    "make it with_facts=True, or leave extraction off"
                )
            outputs = getattr(current_payer(), "tool_outputs", None)
            evidence = {episode.id: outputs()} if outputs is not None else None
            await self._consolidator.consolidate([episode], store=store, evidence=evidence, still=still)
        except Exception as exc:
            status = "error"
            _LOG.warning("no facts were extracted from episode %s: %s", episode.id, exc)
            await self._tell(exc)
        if self._telemetry is not None:
            labels = {"user_id": episode.user_id, "status": status}
            duration = (perf_counter() - began) * 1000
            await self._telemetry.emit_metric("loom.auto_extract.duration_ms", duration, **labels)
            await self._telemetry.emit_metric("loom.auto_extract.invocations", 1, **labels)

    async def _tell(self, exc: Exception) -> None:
        if self._on_extract_error is None:
            return
        try:
            outcome = self._on_extract_error(exc)
            if inspect.isawaitable(outcome):
                await outcome
        except Exception as second:
            _LOG.warning("on_extract_error failed itself: %s", second)

    # ---- the rest of the protocol is the inner memory's ------------------------------------------------

    async def working(self, *, user_id: str | None = None) -> list[MemoryBlock]:
        """See ``Memory``."""
        return await self._inner.working(user_id=user_id)

    async def update_block(self, name: str, content: str, *, user_id: str | None = None) -> None:
        """See ``Memory``."""
        await self._inner.update_block(name, content, user_id=user_id)

    async def append_block(self, name: str, content: str, *, user_id: str | None = None) -> None:
        """See ``Memory``."""
        await self._inner.append_block(name, content, user_id=user_id)

    async def recall(
        self,
        query: str,
        *,
        kind: str = "episodic",
        limit: int = 5,
        time_range: tuple[datetime, datetime] | None = None,
        user_id: str | None = None,
    ) -> list[Episode]:
        """See ``Memory``."""
        return await self._inner.recall(query, kind=kind, limit=limit, time_range=time_range, user_id=user_id)

    async def recall_facts(
        self, query: str, *, limit: int = 5, valid_at: datetime | None = None, user_id: str | None = None
    ) -> list[Fact]:
        """See ``Memory``."""
        return await self._inner.recall_facts(query, limit=limit, valid_at=valid_at, user_id=user_id)

    async def consolidate(self) -> None:
        """See ``Memory``: what the inner memory has left to consolidate."""
        await self._inner.consolidate()

    async def session_messages(self, session_id: str, *, user_id: str | None = None, limit: int = 20) -> list[Message]:
        """See ``Memory``."""
        return await self._inner.session_messages(session_id, user_id=user_id, limit=limit)

    async def profile(self, *, user_id: str | None = None) -> MemoryProfile:
        """See ``Memory``."""
        return await self._inner.profile(user_id=user_id)

    async def forget(self, *, user_id: str | None = None, **options: Any) -> Any:
        """See ``Memory``; keywords are the inner memory's."""
        return await self._inner.forget(user_id=user_id, **options)

    async def export(self, *, user_id: str | None = None) -> MemoryExport:
        """See ``Memory``."""
        return await self._inner.export(user_id=user_id)
