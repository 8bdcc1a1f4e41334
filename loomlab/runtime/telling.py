"""How the events of a run reach those who watch: observers, hooks, the stream or callback, and the run above."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from loomlab.core.events import Event, EventKind
from loomlab.core.observers import Observer, tell

if TYPE_CHECKING:
    from loomlab.core.context import RunContext
    from loomlab.core.protocols import EmitCallback, HookHost
    from loomlab.runtime.channel import Channel

_OWN = {EventKind.STARTED, EventKind.COMPLETED, EventKind.WORKFLOW_STARTED, EventKind.WORKFLOW_COMPLETED}
"""Kinds that tell of a run as a whole: the run above has its own."""


class Telling:
    """The events of a run."""

    context: RunContext
    parent: Any
    observers: tuple[Observer, ...]
    event_hooks: HookHost | None
    heard: bool
    forwards: bool
    _parent_run_id: str | None
    _channel: Channel[Event] | None
    _only: Channel[Event] | None
    _emit: EmitCallback | None

    def event(self, kind: EventKind, parts: Mapping[str, Any], session_id: str | None = None) -> Event:
        """An event of this run."""
        return Event(
            kind,
            session_id or self.context.session_id or "",
            run_id=self.context.run_id,
            parent_run_id=self._parent_run_id,
            parts=parts,
        )

    async def emit(self, kind: EventKind, parts: Mapping[str, Any]) -> None:
        """Make an event and show it to everyone who watches; callers check ``watched`` first."""
        await self.send(self.event(kind, parts))

    async def send(self, event: Event) -> None:
        """Show an event to the observers, the stream or callback of this run, and the run above."""
        if self.observers:
            tell(self.observers, event)
        if self._only is not None:
            if self._only.offer(event):
                await self._only.space()
        elif self.heard:
            await self._deliver(event)

    async def _deliver(self, event: Event) -> None:
        if self.event_hooks is not None:
            try:
                await self.event_hooks.on_event(event)
            except Exception as exc:  # a look at an event must not change the run
                warnings.warn(f"an event hook failed on {event.kind.value}: {exc!r}", RuntimeWarning, stacklevel=2)
        if self._channel is not None:
            if self._channel.offer(event):
                await self._channel.space()
        elif self._emit is not None:
            await self._emit(event)
        if self.forwards and event.kind not in _OWN:
            assert self.parent is not None
            await self.parent._deliver(event)

    def tell_at_once(self, kind: EventKind, parts: Mapping[str, Any]) -> None:
        """Show an event to the observers only, without awaiting: the last word of a cancelled run."""
        tell(self.observers, self.event(kind, parts))
