"""Who pays: what code below the runtime (a memory that extracts, an embedder) needs of the run it works for.

A call to a model made on behalf of a run belongs on that run's bill, passes its budget and shows up in its trace,
whoever makes it. ``current_payer()`` is that run, None outside any.
"""

from collections.abc import Sequence
from contextvars import ContextVar
from typing import Any, Protocol

from loomlab.core.messages import Message, Usage
from loomlab.core.protocols import Model
from loomlab.core.remembered import Fact


class Payer(Protocol):
    """A run, as seen from below."""

    async def ask_as(self, role: str, model: Model, messages: Sequence[Message], *, schema: Any = None) -> str:
        """A model's text, through the run's accountant: budget, retries, usage and cost under ``role``.

        It is no turn of the run. Raises the model's own ``ModelError``, and ``BudgetExceeded`` when the run's budget
        does not allow the call; neither changes how the run ends.
        """

    async def count(self, role: str, model: str, usage: Usage) -> None:
        """Put a call that was already made (an embedding, say) on the bill."""

    async def wrote_facts(self, facts: Sequence[Fact]) -> None:
        """Tell those who watch that facts went into memory."""


PAYER: ContextVar[Payer | None] = ContextVar("loomlab_run", default=None)
"""Set by the runtime for the time of a run."""


def current_payer() -> Payer | None:
    """The run that pays for what happens here, None outside any."""
    return PAYER.get()
