"""Self-Refine: answer, criticise the answer, answer again."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping
from typing import Any

from loomlab.architecture.bases import default_base
from loomlab.core.events import Event
from loomlab.core.messages import Message, Role
from loomlab.core.protocols import Architecture
from loomlab.core.session import AgentSession
from loomlab.runtime import Run

CRITIC_PROMPT = """\
You review answers. Name the concrete faults of the answer: what is wrong, missing or unclear, one a line. \
If there is nothing worth changing, reply with exactly: {stop_phrase}"""

REFINER_PROMPT = """\
You improve answers. Write the answer to the task again with every fault that the review names mended. \
Give only the new answer."""


class SelfRefine:
    """One model answers, reviews its own answer and writes it again, until the review finds nothing.

    Use it for texts whose faults are easier to see than to avoid. Costs the base run plus two calls a round, one
    in the last.

    Source: Madaan et al., "Self-Refine: Iterative Refinement with Self-Feedback", NeurIPS 2023.

    ``base`` makes the first answer (default: ReAct). The loop ends when a line of the review is nothing but
    ``stop_phrase`` (a review that only mentions it goes on), or after ``max_rounds``. ``critic_prompt`` may use
    ``{stop_phrase}``.
    """

    name = "self-refine"

    def __init__(
        self,
        *,
        base: Architecture | None = None,
        max_rounds: int = 3,
        critic_prompt: str = CRITIC_PROMPT,
        refiner_prompt: str = REFINER_PROMPT,
        stop_phrase: str = "no issues",
    ) -> None:
        if max_rounds < 1:
            raise ValueError("SelfRefine: max_rounds must be at least 1")
        self.base = base or default_base()
        self.max_rounds = max_rounds
        self.critic_prompt = critic_prompt.replace("{stop_phrase}", stop_phrase)
        self.refiner_prompt = refiner_prompt
        self.stop_phrase = stop_phrase

    async def run(self, session: AgentSession, deps: Run, prompt: str) -> AsyncIterator[Event]:
        """Lead the run; the last version is the answer."""
        async for event in self.base.run(session, deps, prompt):
            yield event
        for round_ in range(1, self.max_rounds + 1):
            if session.interrupted:
                return
            yield deps.note(session, "self_refine.round_started", round=round_)
            task = f"Task:\n{prompt}\n\nAnswer:\n{session.output}"
            review = (await deps.ask(session, _talk(self.critic_prompt, task), role="critic")).text
            yield deps.note(session, "self_refine.critique", round=round_, critique=review)
            if self._satisfied(review):
                yield deps.note(session, "self_refine.converged", round=round_)
                return
            material = f"{task}\n\nReview:\n{review}"
            reply = await deps.ask(
                session, _talk(self.refiner_prompt, material), role="refiner", schema=deps.output_schema
            )
            session.output = reply.text
            yield deps.note(session, "self_refine.refined", round=round_, output=reply.text)
        yield deps.note(session, "self_refine.max_rounds_reached", rounds=self.max_rounds)

    def _satisfied(self, review: str) -> bool:
        wanted = _bare(self.stop_phrase)
        return any(_bare(line) == wanted for line in review.splitlines())

    def declared_workers(self) -> Mapping[str, Any]:
        """None: one agent wears every hat."""
        return {}


def _talk(instructions: str, material: str) -> list[Message]:
    return [Message(role=Role.SYSTEM, content=instructions), Message(role=Role.USER, content=material)]


def _bare(text: str) -> str:
    return re.sub(r"[^\w ]+", "", text).strip().lower()
