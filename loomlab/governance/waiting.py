"""Those who wait for room in a budget: woken on the event loop, and in the thread, that they wait in."""

from collections.abc import Hashable
from contextlib import suppress
from typing import Any

import anyio
from anyio.lowlevel import current_token

from loomlab.core import BudgetStatus
from loomlab.governance.tally import Account, Amounts


class Wish:
    """One call that wants to be made, maybe inside of others that hold what they may use.

    ``status`` is the answer, None while there is none; ``amounts`` are held then, for ``account``.
    """

    __slots__ = (
        "_event", "_loop", "account", "amounts", "budget", "given", "inside", "kind", "started", "status",
        "unknown", "user_id",
    )  # fmt: skip

    def __init__(
        self,
        budget: object,
        user_id: str | None,
        kind: Hashable,
        given: tuple[int | None, int | None, float | None],
        started: float,
        inside: tuple["Wish", ...],
    ) -> None:
        self.budget = budget
        self.user_id = user_id
        self.given = given
        self.started = started
        self.inside = inside
        self.kind = kind
        self.unknown = False
        self.status: BudgetStatus | None = None
        self.amounts: Amounts = (0, 0, 0.0)
        self.account: Account | None = None
        self._event: anyio.Event | None = None
        self._loop: Any = None

    def will_wait(self) -> None:
        """From now on the wish can be told of an answer."""
        self._event = anyio.Event()
        self._loop = _running_loop()

    async def wait(self, seconds: float | None) -> None:
        """Until there is an answer, or that many seconds have gone by."""
        assert self._event is not None
        with anyio.move_on_after(seconds):
            await self._event.wait()

    def wake(self) -> None:
        """Tell that there is an answer; may be called from any thread."""
        assert self._event is not None
        if _running_loop() is self._loop:
            self._event.set()
            return
        soon = getattr(self._loop, "call_soon_threadsafe", None) or self._loop.run_sync_soon
        with suppress(RuntimeError):  # its loop is over, and the wish with it
            soon(self._event.set)


def _running_loop() -> Any:
    """The event loop that runs here, as its own library knows it; None outside any."""
    try:
        token: Any = current_token()
    except RuntimeError:
        return None
    return getattr(token, "native_token", token)  # older releases of anyio give the loop's own at once
