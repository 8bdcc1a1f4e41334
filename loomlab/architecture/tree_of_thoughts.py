"""Tree of Thoughts: several next thoughts from each of the best ones, judged, level by level."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from functools import partial
from typing import Any

from loomlab.architecture.bases import END, START, shape_of
from loomlab.architecture.conversing import plain_instructions
from loomlab.architecture.scoring import judge
from loomlab.architecture.thoughts import ThoughtNode, ThoughtTree, best_of
from loomlab.core.events import Event
from loomlab.core.messages import Message
from loomlab.core.protocols import Model
from loomlab.core.results import EndReason
from loomlab.core.session import AgentSession
from loomlab.core.shape import Shape
from loomlab.runtime import Run, together

PROPOSER_PROMPT = """\
Write the next thought towards the answer of the task, in a few sentences. Take the thoughts so far one step further, \
or correct them. The thought must stand on its own: if the answer is in reach, state it in full."""

PLACE = "Task:\n{}\n\nThoughts so far:\n{}\n\n{}"
WAYS = (
    "Take the most direct way.",
    "Take another way than the first that comes to mind.",
    "Start from what the answer must look like, and work back.",
    "Look for what was overlooked so far.",
)
"""What tells the thoughts of one place apart; models that answer the same question the same way need it."""

EVALUATOR_PROMPT = """\
You judge a line of thought. Say in one sentence how far it leads towards a right answer, then give a score from 0.0 \
(a dead end) to 1.0 (the task is solved, and correctly). Reply with JSON that has a "reason" and a "score"."""


class TreeOfThoughts:
    """A beam search: each kept thought gets several continuations, an evaluator scores them, the best go on.

    Use it for puzzles and plans in which the first idea is often wrong and a partial solution can be judged. Costs two
    calls a thought: at most ``branch_factor * (1 + beam_width * (max_depth - 1))`` thoughts.

    Source: Yao et al., "Tree of Thoughts: Deliberate Problem Solving with Large Language Models", NeurIPS 2023: breadth
    first, thoughts made independently of one another and valued one by one.

    Thoughts below ``min_score`` are dropped, the best ``beam_width`` of a level kept; a thought of at least
    ``solved_threshold`` ends the search. The best-scored thought is the answer, of equals the deepest. With
    ``parallel`` the calls of a level go out together, in the same order. An unreadable score counts as 0.0 and is told
    (``parse.failed``). Thoughts use no tools. ``session.metadata`` keeps ``tot_nodes`` and ``tot_winner_id``.
    """

    name = "tree-of-thoughts"

    def __init__(
        self,
        *,
        branch_factor: int = 3,
        max_depth: int = 3,
        beam_width: int = 2,
        solved_threshold: float = 1.0,
        min_score: float = 0.0,
        parallel: bool = True,
        proposer_prompt: str = PROPOSER_PROMPT,
        evaluator_prompt: str = EVALUATOR_PROMPT,
        proposer_model: Model | str | None = None,
        evaluator_model: Model | str | None = None,
    ) -> None:
        for option, count in {"branch_factor": branch_factor, "max_depth": max_depth, "beam_width": beam_width}.items():
            if count < 1:
                raise ValueError(f"TreeOfThoughts: {option} must be at least 1")
        for option, share in {"solved_threshold": solved_threshold, "min_score": min_score}.items():
            if not 0.0 <= share <= 1.0:
                raise ValueError(f"TreeOfThoughts: {option} must be from 0 to 1")
        self.branch_factor, self.max_depth, self.beam_width = branch_factor, max_depth, beam_width
        self.solved_threshold, self.min_score, self.parallel = solved_threshold, min_score, parallel
        self.proposer_prompt, self.evaluator_prompt = proposer_prompt, evaluator_prompt
        self.proposer_model, self.evaluator_model = proposer_model, evaluator_model

    async def run(self, session: AgentSession, deps: Run, prompt: str) -> AsyncIterator[Event]:
        """Lead the run; the best thought is the answer."""
        yield deps.note(session, "tot.started", branch_factor=self.branch_factor, max_depth=self.max_depth)
        recalled = await deps.recall(session, prompt)
        instructions = f"{plain_instructions(deps, session)}\n\n{self.proposer_prompt}"
        tree = ThoughtTree()
        session.metadata.update(tot_nodes=[], tot_winner_id=None)
        beam: list[ThoughtNode | None] = [None]
        for depth in range(1, self.max_depth + 1):
            yield deps.note(session, "tot.level_started", level=depth, beam=len(beam))
            parents = [parent for parent in beam for _ in range(self.branch_factor)]
            places = [
                recalled.messages(instructions, PLACE.format(prompt, tree.line(parent), WAYS[branch % len(WAYS)]))
                for parent in beam
                for branch in range(self.branch_factor)
            ]
            proposals = [partial(self._propose, session, deps, place) for place in places]
            fresh = tree.grow(parents, await together(proposals, parallel=self.parallel), depth)
            session.metadata["tot_nodes"] = list(tree.nodes.values())
            for node in fresh:
                yield deps.note(session, "tot.proposed", **node.told())
            if not fresh:
                break
            session.output = session.output or fresh[0].content  # should a cap stop the run before anything is judged
            lines = [f"Task:\n{prompt}\n\nLine of thought:\n{tree.line(node)}\n\nYour judgement:" for node in fresh]
            judgements = [
                partial(judge, deps, session, self.evaluator_prompt, line, model=self.evaluator_model) for line in lines
            ]
            for node, answer in zip(fresh, await together(judgements, parallel=self.parallel), strict=True):
                tree.grade(node, None if answer.value is None else answer.value.score)
                yield deps.note(session, "tot.evaluated", **node.told(), score=node.score)
            winner = tree.best()
            session.output, session.metadata["tot_winner_id"] = winner.content, winner.id
            kept = best_of(fresh, self.beam_width, self.min_score)
            dropped = [one.id for one in fresh if one not in kept]
            yield deps.note(session, "tot.pruned", level=depth, kept=[one.id for one in kept], dropped=dropped)
            if tree.judged and winner.score >= self.solved_threshold:
                yield deps.note(session, "tot.solved", **winner.told(), score=winner.score)
                break
            if not kept:
                yield deps.note(session, "tot.empty_beam", level=depth, min_score=self.min_score)
                break
            beam = [*kept]
        if not tree.nodes:
            yield deps.note(session, "tot.no_thoughts")
            session.output = "The proposer produced no thoughts."
        if not tree.judged:
            session.ended = EndReason.PARSE_FAILURE
        yield deps.note(session, "tot.completed", thoughts=len(tree.nodes), winner=session.metadata["tot_winner_id"])

    async def _propose(self, session: AgentSession, deps: Run, place: Sequence[Message]) -> str:
        return (await deps.ask(session, place, role="proposer", model=self.proposer_model)).text.strip()

    def declared_workers(self) -> Mapping[str, Any]:
        """None: one agent proposes and judges."""
        return {}

    def shape(self) -> Shape:
        """Proposer and evaluator in a ring, with the beam between them."""
        return shape_of(
            [START, ("proposer", "proposer", "model"), ("evaluator", "evaluator", "check"), END],
            [
                ("start", "proposer"),
                ("proposer", "evaluator", f"{self.branch_factor} thoughts each"),
                ("evaluator", "proposer", f"best {self.beam_width}"),
                ("evaluator", "end", "solved or deep enough"),
            ],
        )
