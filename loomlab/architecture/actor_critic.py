"""Actor and critic: one agent answers, another judges, until the judge is content."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

from pydantic import BaseModel, Field

from loomlab.architecture.bases import END, START, shape_of
from loomlab.architecture.reading import read_lines, read_score
from loomlab.architecture.workers import checked_worker, consult, fill, send
from loomlab.core.events import Event
from loomlab.core.results import EndReason
from loomlab.core.session import AgentSession
from loomlab.core.shape import Shape
from loomlab.runtime import Run

CRITIQUE_TEMPLATE = """\
Judge the answer to the task. Be strict and concrete: name what is wrong, missing or unclear.

Task:
{prompt}

Answer:
{output}

Reply with one JSON object and nothing else. Its fields: "issues", a list of short sentences, each about one fault of \
this answer, empty when there is nothing to mend; "score", a number from 0 (useless) to 1 (cannot be better); \
"summary", one sentence about this answer."""

REFINE_TEMPLATE = """\
Task:
{prompt}

Your last answer:
{output}

What a critic found:
{issues_bulleted}
{critique}

Write the answer again with every point mended. Give only the new answer."""


class Verdict(BaseModel):
    """What the critic said: a score from 0 to 1, what to mend, one sentence."""

    issues: list[str] = Field(default_factory=list)
    score: float = Field(ge=0.0, le=1.0)
    summary: str = ""


class ActorCritic:
    """Two agents: the actor answers, the critic scores and names faults, the actor writes again.

    Use it when faults are easier to see with other eyes: give the critic another model than the actor's, so that it
    does not share its blind spots. Costs two runs a round, up to ``max_rounds``.

    Source: the actor-critic of reinforcement learning (Barto, Sutton & Anderson, 1983) as a pattern for agents; see
    also the evaluator-optimizer in Anthropic, "Building effective agents", 2024.

    Ends when the score reaches ``approval_threshold`` or after ``max_rounds``. A verdict that cannot be read is a
    ``parse.failed`` event and approves nothing; its text is still what the actor gets to mend. Templates may use
    ``{prompt}``, ``{output}``, ``{issues_bulleted}`` and ``{critique}``.

    Raises ValueError for a number of rounds below 1 and a threshold outside 0 to 1.
    """

    name = "actor-critic"

    def __init__(
        self,
        *,
        actor: Any,
        critic: Any,
        max_rounds: int = 3,
        approval_threshold: float = 0.9,
        critique_template: str | None = None,
        refine_template: str | None = None,
    ) -> None:
        if max_rounds < 1:
            raise ValueError("ActorCritic: max_rounds must be at least 1")
        if not 0.0 <= approval_threshold <= 1.0:
            raise ValueError("ActorCritic: approval_threshold is from 0 to 1")
        self.actor = checked_worker(actor, "ActorCritic: the actor")
        self.critic = checked_worker(critic, "ActorCritic: the critic")
        self.max_rounds = max_rounds
        self.approval_threshold = approval_threshold
        self.critique_template = critique_template or CRITIQUE_TEMPLATE
        self.refine_template = refine_template or REFINE_TEMPLATE

    async def run(self, session: AgentSession, deps: Run, prompt: str) -> AsyncIterator[Event]:
        """Lead the run; the actor's last version is the answer."""
        task, form = prompt, deps.output_schema
        score: float | None = None
        for n in range(1, self.max_rounds + 1):
            yield deps.note(session, "actor_critic.actor_started", round=n)
            suffix, blame = f"actor_{n}", f"actor:round_{n}"
            output = await send(deps, session, self.actor, task, suffix=suffix, blame=blame, schema=form)
            session.output = output or session.output
            yield deps.note(session, "actor_critic.actor_completed", round=n, output=output)
            if session.interrupted:
                return
            yield deps.note(session, "actor_critic.critic_started", round=n)
            asked = fill(self.critique_template, prompt=prompt, output=session.output)
            suffix, blame = f"critic_{n}", f"critic:round_{n}"
            answer = await consult(
                deps, session, self.critic, asked, Verdict, role="critic", suffix=suffix, blame=blame, read=_read
            )
            if session.interruption_reason:
                return
            verdict = answer.value
            score = None if verdict is None else verdict.score
            issues = [] if verdict is None else verdict.issues
            critique = answer.text if verdict is None else verdict.summary
            yield deps.note(session, "actor_critic.critique", round=n, score=score, issues=issues, summary=critique)
            if score is not None and score >= self.approval_threshold:
                yield deps.note(session, "actor_critic.approved", round=n, score=score)
                return
            points = "\n".join(f"- {one}" for one in issues)
            task = fill(
                self.refine_template, prompt=prompt, output=session.output, issues_bulleted=points, critique=critique
            )
        if score is None:
            session.ended = EndReason.PARSE_FAILURE
        yield deps.note(session, "actor_critic.max_rounds_reached", rounds=self.max_rounds, score=score)

    def declared_workers(self) -> Mapping[str, Any]:
        """The two of them."""
        return {"actor": self.actor, "critic": self.critic}

    def shape(self) -> Shape:
        """Two boxes and the way back."""
        approved = ("critic", "end", f"score ≥ {self.approval_threshold:g}")
        return shape_of(
            [START, ("actor", "actor", "worker"), ("critic", "critic", "worker"), END],
            [("start", "actor", "generate"), ("actor", "critic", "critique"), ("critic", "actor", "refine"), approved],
        )


def _read(text: str) -> Verdict | None:
    """A verdict in prose: its score, and the points of its list."""
    score = read_score(text)
    return None if score is None else Verdict(score=score, issues=read_lines(text), summary=text.strip())
