"""Debate: several agents answer alone, then argue, then a judge or a vote decides."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from functools import partial
from typing import Any

from loomlab.architecture.bases import END, START, shape_of
from loomlab.architecture.convergence import majority, similarity
from loomlab.architecture.workers import checked_worker, send
from loomlab.core.events import Event
from loomlab.core.session import AgentSession
from loomlab.core.shape import NodeKind, Shape
from loomlab.runtime import Run, together

DEBATER_INSTRUCTIONS = """\
Several agents answer the same task and read one another. Check the others' reasons against yours: keep your answer \
where it stands, change it where they are right. Write your whole answer, and end with one line:
Answer: <the answer itself, in as few words as possible>"""

JUDGE_INSTRUCTIONS = """\
Several agents debated the task. Weigh their reasons, not their number, and give the best answer to the task itself, \
complete and in your own words. Do not tell how the debate went."""


class MultiAgentDebate:
    """Debaters answer independently, see one another's answers for some rounds, and a judge makes the final one.

    Use it for questions with one right answer that single tries often miss, best with debaters that differ. Costs one
    run a debater for each of up to ``rounds`` + 1 rounds (those of a round in parallel), and one for the judge.

    Source: Du et al., "Improving Factuality and Reasoning in Language Models through Multiagent Debate", ICML 2024;
    the judge: Liang et al., "Encouraging Divergent Thinking in Large Language Models through Multi-Agent Debate", 2023.

    With ``convergence_check`` the debate ends as soon as every pair of replies is at least ``convergence_similarity``
    alike (Jaccard, over words; over the final answers where all name one); agreement before the first round is the
    answer at once. Without ``judge`` the commonest answer wins, of several the earliest debater's.

    Raises ValueError for fewer than two debaters, rounds below 0 and a similarity outside 0 to 1.
    """

    name = "debate"

    def __init__(
        self,
        *,
        debaters: Sequence[Any],
        judge: Any | None = None,
        rounds: int = 2,
        convergence_check: bool = True,
        convergence_similarity: float = 0.85,
        debater_instructions: str | None = None,
        judge_instructions: str | None = None,
    ) -> None:
        if len(debaters) < 2:
            raise ValueError(f"MultiAgentDebate needs at least two debaters, not {len(debaters)}")
        if rounds < 0:
            raise ValueError("MultiAgentDebate: rounds must be at least 0")
        if not 0.0 <= convergence_similarity <= 1.0:
            raise ValueError("MultiAgentDebate: convergence_similarity is from 0 to 1")
        self.debaters = [checked_worker(one, f"MultiAgentDebate: debater {i}") for i, one in enumerate(debaters)]
        self.judge = None if judge is None else checked_worker(judge, "MultiAgentDebate: the judge")
        self.rounds = rounds
        self.convergence_check = convergence_check
        self.convergence_similarity = convergence_similarity
        self.debater_instructions = debater_instructions or DEBATER_INSTRUCTIONS
        self.judge_instructions = judge_instructions or JUDGE_INSTRUCTIONS

    async def run(self, session: AgentSession, deps: Run, prompt: str) -> AsyncIterator[Event]:
        """Lead the run; the judge's word, the agreed or the commonest answer is the answer."""
        replies: list[str] = []
        for round_ in range(self.rounds + 1):
            yield deps.note(session, "debate.round_started", round=round_)
            replies = await together(
                [
                    partial(
                        send,
                        deps,
                        session,
                        debater,
                        self._task(prompt, replies, i),
                        suffix=f"debater_{i}_round_{round_}",
                        blame=f"specialist:debater_{i}",
                    )
                    for i, debater in enumerate(self.debaters)
                ]
            )
            for i, text in enumerate(replies):
                yield deps.note(session, "debate.response", debater=f"debater_{i}", round=round_, text=text)
            if session.interrupted:
                session.output = replies[majority(replies)[0]]
                return
            alike = similarity(replies)
            if self.convergence_check and alike >= self.convergence_similarity:
                yield deps.note(session, "debate.converged", round=round_, similarity=alike)
                if round_ == 0:
                    session.output = replies[0]
                    return
                break
        if self.judge is None:
            place, votes = majority(replies)
            session.output = replies[place]
            yield deps.note(session, "debate.synthesized", by="vote", debater=f"debater_{place}", votes=votes)
            return
        yield deps.note(session, "debate.judging")
        form = deps.output_schema
        task = f"{self.judge_instructions}\n\nTask:\n{prompt}\n\n{_said(replies)}"
        session.output = await send(deps, session, self.judge, task, suffix="judge", blame="judge", schema=form)
        yield deps.note(session, "debate.synthesized", by="judge")

    def _task(self, prompt: str, replies: Sequence[str], me: int) -> str:
        if not replies:
            return f"{self.debater_instructions}\n\nTask:\n{prompt}"
        others = _said([text for i, text in enumerate(replies) if i != me])
        return f"{self.debater_instructions}\n\nTask:\n{prompt}\n\nYour last answer:\n{replies[me]}\n\n{others}"

    def declared_workers(self) -> Mapping[str, Any]:
        """``debater_0``, ``debater_1`` …, and ``judge`` where there is one."""
        workers = {f"debater_{i}": one for i, one in enumerate(self.debaters)}
        return workers if self.judge is None else {**workers, "judge": self.judge}

    def shape(self) -> Shape:
        """The debaters side by side, the rounds as a way back, judge or vote at the end."""
        names = [f"debater_{i}" for i in range(len(self.debaters))]
        last = "vote" if self.judge is None else "judge"
        nodes: list[tuple[str, str, NodeKind]] = [START, *((name, name, "worker") for name in names)]
        edges: list[tuple[str, str] | tuple[str, str, str]] = [("start", name) for name in names]
        if self.rounds:
            nodes.append(("round", "agreed?", "check"))
            edges += [(name, "round", "responses") for name in names]
            edges += [("round", name, f"round, up to {self.rounds}") for name in names]
            edges.append(("round", last, "responses"))
        else:
            edges += [(name, last, "responses") for name in names]
        nodes.append((last, "majority vote", "check") if self.judge is None else (last, last, "worker"))
        return shape_of([*nodes, END], [*edges, (last, "end")])


def _said(replies: Sequence[str]) -> str:
    return "\n\n".join(f"Agent {number} says:\n{text}" for number, text in enumerate(replies, 1))
