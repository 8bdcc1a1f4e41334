"""The run of a workflow, as the runs inside it see it: above them, with the step that they belong to."""

from __future__ import annotations

import copy
from collections.abc import AsyncIterator, Iterable
from typing import Any

from loomlab.core.errors import ConfigError
from loomlab.core.messages import Usage
from loomlab.core.paying import PAYER
from loomlab.core.session import AgentSession
from loomlab.runtime import Run
from loomlab.tools import InProcessToolHost

NO_TOOLS = InProcessToolHost()
NOTHING = Usage()


class NoModel:
    """The model of a workflow, which has none. With a cassette among its agents, that one keeps the figures."""

    name = ""

    def __init__(self, tape: Any = None) -> None:
        if tape is not None:
            self.measure = tape.measure

    def stream(self, messages: Any, **_: Any) -> AsyncIterator[Any]:
        """Refuses."""
        raise ConfigError("a workflow has no model of its own; say which one: ask(…, model=…), or make an Agent a step")


class WorkflowRun(Run):
    """One run of a workflow, or one strand of it: of steps that run side by side, each has its own.

    What an agent uses inside of a step is counted on a frame, made when the first agent of that step begins: so the
    sum of a step is known, and steps without agents pay nothing for it.
    """

    node = ""
    frame: WorkflowRun | None = None
    visit = 0
    way: tuple[int, ...] = ()
    """Of steps side by side, on which of the ways this strand is: the second way of the first fan-out is ``(1,)``."""

    path = ""
    """Put before the names of durable steps, in a workflow inside of another one."""

    def begin_step(self, node: str, visit: int) -> None:
        """A step begins on this strand."""
        self.node = node
        self.visit = visit
        self.frame = None
        PAYER.set(self)  # a run inside the step before has left its own there

    def end_step(self) -> AgentSession | None:
        """The step is over: what the runs inside it used, None where there were none."""
        self.node = ""
        frame = self.frame
        if frame is None:
            return None
        self.frame = None
        PAYER.set(self)
        if frame.session is None or self.session is None:
            return None
        self.session.turns += frame.session.turns
        return frame.session

    def used(self) -> dict[str, Any]:
        """What the runs inside of the step under way have used so far, as its last event tells it."""
        session = self.frame.session if self.frame is not None else None
        usage = session.cumulative_usage if session is not None else NOTHING
        return {
            "turns": session.turns if session is not None else 0,
            "tokens_in": usage.input_tokens,
            "tokens_out": usage.output_tokens,
            "cost_usd": usage.cost_usd,
        }

    def inner(self) -> Run:
        """What a run that begins now has above it: the frame of the step that is under way."""
        if not self.node or self.frame is self:
            return self
        if self.frame is None:
            frame = copy.copy(self)
            frame.parent = self
            frame.session = AgentSession(id=self.context.session_id or "", instructions="")
            frame.frame = frame
            frame.step = self.node
            self.frame = frame
        return self.frame

    def strand(self, place: int) -> WorkflowRun:
        """The same run for steps beside others, on the way that has this place among them."""
        strand = copy.copy(self)
        strand.way = (*self.way, place)
        strand.frame, strand.node, strand.step = None, "", ""
        return strand

    def borrow(self) -> None:
        """Inside of another workflow: use its telemetry, audit log and runtime where there is none of our own."""
        above = self.parent
        if not isinstance(above, WorkflowRun):
            return
        self.telemetry = self.telemetry or above.telemetry
        self.audit_log = self.audit_log or above.audit_log
        if self.runtime is None and above.runtime is not None:
            self.runtime = above.runtime
            self.path = f"{above.path}step_{above.step}_{above.visit}/"


def tape_of(steps: Iterable[Any]) -> Any:
    """The first cassette among the models of ``steps`` and what is inside of them, None where there is none."""
    for step in steps:
        model = getattr(step, "model", None)
        if hasattr(model, "measure"):
            return model
        declared = getattr(step, "declared_workers", None)
        if callable(declared) and (found := tape_of(declared().values())) is not None:
            return found
    return None
