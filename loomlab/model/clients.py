"""SDK clients and event loops: a client's connections live on the loop that opened them."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any
from weakref import WeakKeyDictionary

import anyio
from anyio.lowlevel import RunVar

_clients: "RunVar[WeakKeyDictionary[LoopClients, Any]]" = RunVar("loomlab_model_clients")


class LoopClients:
    """One client a loop, so that an agent may be used from several ``run`` calls of a script one after the other.

    ``make`` is called at once: wrong settings show where the model is made. A client ``given`` from outside is used as
    it is on every loop, and never closed.
    """

    def __init__(self, make: Callable[[], Any], *, given: Any = None) -> None:
        self._make = make
        self._given = given
        self._spare = make() if given is None else None

    def get(self) -> Any:
        """The client for the running event loop."""
        if self._given is not None:
            return self._given
        clients = self._here()
        if self not in clients:
            clients[self], self._spare = self._spare or self._make(), None
        return clients[self]

    async def aclose(self) -> None:
        """Close the running loop's client; a later ``get`` makes a new one."""
        client = self._here().pop(self, None)
        if client is not None:
            await close(client)

    def _here(self) -> "WeakKeyDictionary[LoopClients, Any]":
        try:
            return _clients.get()
        except LookupError:
            clients: WeakKeyDictionary[LoopClients, Any] = WeakKeyDictionary()
            _clients.set(clients)
            return clients


def without_retries(client: Any) -> Any:
    """The client with the SDK's own retries switched off: attempts are counted, waited for and shown in one place."""
    if getattr(type(client), "with_options", None) is None:
        return client
    return client.with_options(max_retries=0)


async def close(thing: Any) -> None:
    """Close a client or a response stream, also while the caller is being cancelled."""
    shut = getattr(thing, "aclose", None) or getattr(thing, "close", None)
    if shut is None:
        return
    with anyio.move_on_after(2, shield=True), suppress(Exception):
        outcome = shut()
        if hasattr(outcome, "__await__"):
            await outcome
