"""Who watches: functions that see every event of the runs below them, without the runs knowing.

The run log and the live displays are observers. One is installed for a block (``observing``) or for the
process (``observe_process``). An observer is a plain synchronous function, called on the thread of the run in the
order of events; it must return fast. One that raises is reported once and does not disturb the run.
"""

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol, runtime_checkable

from loomlab.core.events import Event


@runtime_checkable
class Observer(Protocol):
    """Anything that wants to see events. ``wants_chunks`` asks for the reply token by token (streaming)."""

    wants_chunks: bool

    def on_event(self, event: Event) -> None:
        """See one event."""


_scoped: ContextVar[tuple[Observer, ...]] = ContextVar("loomlab_observers", default=())
_process: list[Observer] = []


class _Nobody(tuple[Observer, ...]):
    """The observers of a block that nobody may watch."""


_NOBODY = _Nobody()
_reported: set[int] = set()


def current_observers() -> tuple[Observer, ...]:
    """The observers of this context and of the process."""
    scoped = _scoped.get()
    if scoped is _NOBODY:
        return ()
    return (*_process, *(one for one in scoped if one not in _process)) if _process else scoped


@contextmanager
def unobserved() -> Iterator[None]:
    """Show the block's events to nobody, those who watch the process included: what happens is no run of anybody's."""
    outer = _scoped.get()
    _scoped.set(_NOBODY)
    try:
        yield
    finally:
        _scoped.set(outer)


@contextmanager
def observing(*observers: Observer) -> Iterator[None]:
    """Show the block's events to ``observers`` too."""
    outer = _scoped.get()
    _scoped.set(outer + tuple(one for one in observers if one not in outer))
    try:
        yield
    finally:
        _scoped.set(outer)


def observe_process(observer: Observer) -> Callable[[], None]:
    """Show every event of the process to ``observer``, until the returned function is called."""
    if observer not in _process:
        _process.append(observer)

    def stop() -> None:
        if observer in _process:
            _process.remove(observer)

    return stop


def tell(observers: tuple[Observer, ...], event: Event) -> None:
    """Hand ``event`` to each observer; a failing one is reported once."""
    for observer in observers:
        try:
            observer.on_event(event)
        except Exception as exc:  # a watcher's fault must not become the run's
            if id(observer) not in _reported:
                _reported.add(id(observer))
                warnings.warn(
                    f"{type(observer).__name__} failed on {event.kind.value}: {exc!r}; the run goes on unwatched by it",
                    RuntimeWarning,
                    stacklevel=2,
                )
