"""Self-Refine: answer, criticise the answer, answer again."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping
from typing import Any

from loomlab.architecture.asking import talk, tool_menu
from loomlab.architecture.bases import BASE, END, START, default_base, shape_of
from loomlab.architecture.conversing import converse
from loomlab.core.events import Event
from loomlab.core.protocols import Architecture, Model
from loomlab.core.session import AgentSession
from loomlab.core.shape import Shape
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
    in the last (and one more for each round of tools that the refiner wants: it may use the agent's tools).

    Source: Madaan et al., "Self-Refine: Iterative Refinement with Self-Feedback", NeurIPS 2023.

    ``base`` makes the first answer (default: ReAct). The loop ends when a line of the review is nothing but
    ``stop_phrase`` (a review that only mentions it goes on), or after ``max_rounds``. ``critic_prompt`` may use
    ``{stop_phrase}``. The critic sees the tools' schemas. ``critic_model`` and ``refiner_model`` may be other models.
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
        critic_model: Model | str | None = None,
        refiner_model: Model | str | None = None,
    ) -> None:
        if max_rounds < 1:
            raise ValueError("SelfRefine: max_rounds must be at least 1")
        self.base = base or default_base()
        self.max_rounds = max_rounds
        self.critic_prompt = critic_prompt.replace("{stop_phrase}", stop_phrase)
        self.refiner_prompt = refiner_prompt
        self.stop_phrase = stop_phrase
        self.critic_model, self.refiner_model = critic_model, refiner_model

    async def run(self, session: AgentSession, deps: Run, prompt: str) -> AsyncIterator[Event]:
        """Lead the run; the last version is the answer."""
        async for event in self.base.run(session, deps, prompt):
            yield event
        tools = await deps.list_tools()
        critic = (
            f"{self.critic_prompt}\n\nTools that the writer has:\n{tool_menu(tools)}" if tools else self.critic_prompt
        )
        for round_ in range(1, self.max_rounds + 1):
            if session.interrupted:
                return
            yield deps.note(session, "self_refine.round_started", round=round_)
            task = f"Task:\n{prompt}\n\nAnswer:\n{session.output}"
            reviewed = await deps.ask(
                session, talk(critic, f"{task}\n\nFaults:"), role="critic", model=self.critic_model
            )
            review = reviewed.text
            yield deps.note(session, "self_refine.critique", round=round_, critique=review)
            if self._satisfied(review):
                yield deps.note(session, "self_refine.converged", round=round_)
                return
            material = f"{task}\n\nReview:\n{review}\n\nNew answer:"
            session.output = await converse(
                deps,
                session,
                talk(self.refiner_prompt, material),
                role="refiner",
                model=self.refiner_model,
                schema=deps.output_schema,
            )
            yield deps.note(session, "self_refine.refined", round=round_, output=session.output)
        yield deps.note(session, "self_refine.max_rounds_reached", rounds=self.max_rounds)

    def _satisfied(self, review: str) -> bool:
        wanted = _bare(self.stop_phrase)
        return any(_bare(line) == wanted for line in review.splitlines())

    def declared_workers(self) -> Mapping[str, Any]:
        """Those of the base; reviewing needs none."""
        return self.base.declared_workers()

    def shape(self) -> Shape:
        """The base, then critic and refiner in a ring."""
        return shape_of(
            [START, BASE, ("critic", "critic", "model"), ("refiner", "refiner", "model"), END],
            [
                ("start", "base"),
                ("base", "critic", "answer"),
                ("critic", "refiner", "faults"),
                ("refiner", "critic", "new answer"),
                ("critic", "end", "no issues"),
                ("refiner", "end", "last round"),
            ],
        )


def _bare(text: str) -> str:
    return re.sub(r"[^\w ]+", "", text).strip().lower()
