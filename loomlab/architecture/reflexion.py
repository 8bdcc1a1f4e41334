"""Reflexion: try, be judged, draw a lesson, try again with it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

from loomlab.architecture.asking import talk, tool_menu
from loomlab.architecture.bases import BASE, END, START, default_base, shape_of
from loomlab.architecture.lessons import Lessons
from loomlab.architecture.scoring import judge
from loomlab.core.documents import VectorStore
from loomlab.core.events import Event
from loomlab.core.protocols import Architecture, Model
from loomlab.core.results import EndReason
from loomlab.core.session import AgentSession
from loomlab.core.shape import Shape
from loomlab.runtime import Run

EVALUATOR_PROMPT = """\
You grade answers. Say in one sentence what is right and what is wrong about the answer to the task, then give it a \
score from 0.0 (useless) to 1.0 (nothing to add). Reply with JSON that has a "reason" and a "score"."""

REFLECTOR_PROMPT = """\
An answer to the task below was graded too low. In one or two sentences, give the lesson: what went wrong, and what to \
do differently next time. Speak about the approach, so that the lesson also helps with similar tasks."""

HEADING = "Lessons from earlier attempts:"


class Reflexion:
    """A base strategy tries, an evaluator scores the answer; below the threshold a reflector draws a lesson from it.

    Use it where an answer can be judged better than it can be got right at once, and where lessons outlive a run. Costs
    the base run and two calls an attempt, one call in an attempt that is good enough.

    Source: Shinn et al., "Reflexion: Language Agents with Verbal Reinforcement Learning", NeurIPS 2023.

    ``base`` makes the attempts (default: ReAct). Lessons go to the working block ``lessons_block_name`` of the user's
    memory, or, with ``lesson_store`` (any vector store), there, of which each attempt sees the ``top_k_lessons`` that
    fit its prompt. They are the user's own, and go with ``memory.forget(user_id=…)``. The best-scored answer wins, of
    equals the last. A judgement without a readable score counts as 0.0 and is told (``parse.failed``); if no attempt
    got a readable one, ``result.ended`` is ``parse_failure``.
    """

    name = "reflexion"

    def __init__(
        self,
        *,
        base: Architecture | None = None,
        max_attempts: int = 3,
        threshold: float = 0.8,
        evaluator_prompt: str = EVALUATOR_PROMPT,
        reflector_prompt: str = REFLECTOR_PROMPT,
        lessons_block_name: str = "reflexion_lessons",
        lesson_store: VectorStore | None = None,
        top_k_lessons: int = 5,
        evaluator_model: Model | str | None = None,
        reflector_model: Model | str | None = None,
    ) -> None:
        if max_attempts < 1:
            raise ValueError("Reflexion: max_attempts must be at least 1")
        if not 0.0 <= threshold <= 1.0:
            raise ValueError("Reflexion: threshold must be from 0 to 1")
        if top_k_lessons < 1:
            raise ValueError("Reflexion: top_k_lessons must be at least 1")
        self.base = base or default_base()
        self.max_attempts, self.threshold = max_attempts, threshold
        self.evaluator_prompt, self.reflector_prompt = evaluator_prompt, reflector_prompt
        self.lessons_block_name, self.top_k_lessons = lessons_block_name, top_k_lessons
        self.lesson_store = lesson_store
        self._lessons = Lessons(lesson_store, lessons_block_name, top_k_lessons)
        self.evaluator_model, self.reflector_model = evaluator_model, reflector_model

    async def run(self, session: AgentSession, deps: Run, prompt: str) -> AsyncIterator[Event]:
        """Lead the run; the best-scored attempt is the answer."""
        best: tuple[float, str, EndReason | None] = (-1.0, "", None)
        readable = False
        tools = await deps.list_tools()
        evaluator = self.evaluator_prompt + (f"\n\nTools that the worker has:\n{tool_menu(tools)}" if tools else "")
        for attempt in range(1, self.max_attempts + 1):
            yield deps.note(session, "reflexion.attempt_started", attempt=attempt)
            session.ended = None
            lessons = await self._lessons.find(deps, prompt)
            if lessons:
                yield deps.note(session, "reflexion.lessons_recalled", attempt=attempt, lessons=lessons)
            instructions = session.instructions
            session.instructions = "\n- ".join([f"{instructions}\n\n{HEADING}", *lessons]) if lessons else instructions
            async for event in self.base.run(session, deps, prompt):
                yield event
            session.instructions = instructions
            if session.interrupted:
                session.output = best[1] or session.output
                return
            material = f"Task:\n{prompt}\n\nAnswer:\n{session.output}"
            judged = await judge(deps, session, evaluator, f"{material}\n\nYour judgement:", model=self.evaluator_model)
            score, readable = judged.value.score if judged.value else 0.0, readable or judged.value is not None
            reason = judged.value.reason if judged.value else judged.text
            yield deps.note(session, "reflexion.evaluated", attempt=attempt, score=score, reason=reason)
            if score >= best[0]:
                best = (score, session.output, session.ended)
            if judged.value is not None and score >= self.threshold:
                yield deps.note(session, "reflexion.threshold_met", attempt=attempt, score=score)
                return
            material += f"\n\nJudgement, score {score}:\n{reason}\n\nThe lesson:"
            # Should a cap stop the run from here on, the best answer so far stands.
            session.output, session.ended = best[1:]
            reflected = await deps.ask(
                session, talk(self.reflector_prompt, material), role="reflector", model=self.reflector_model
            )
            lesson = reflected.text.strip()
            yield deps.note(session, "reflexion.lesson_produced", attempt=attempt, lesson=lesson)
            if lesson:
                where = await self._lessons.keep(deps, lesson, prompt, attempt=attempt, score=score)
                yield deps.note(session, "reflexion.lesson_persisted", attempt=attempt, where=where)
        if not readable:
            session.ended = EndReason.PARSE_FAILURE
        yield deps.note(session, "reflexion.max_attempts_reached", attempts=self.max_attempts, best_score=best[0])

    def declared_workers(self) -> Mapping[str, Any]:
        """Those of the base; judging needs none."""
        return self.base.declared_workers()

    def shape(self) -> Shape:
        """The base, judged; below the threshold a lesson leads to the next attempt."""
        where = "vector store" if self.lesson_store is not None else self.lessons_block_name
        return shape_of(
            [
                START,
                BASE,
                ("evaluator", "evaluator", "check"),
                ("reflector", "reflector", "model"),
                ("lessons", where, "memory"),
                END,
            ],
            [
                ("start", "base"),
                ("base", "evaluator", "answer"),
                ("evaluator", "end", f"score ≥ {self.threshold:g}"),
                ("evaluator", "reflector", "below"),
                ("reflector", "lessons", "lesson"),
                ("lessons", "base", "next attempt"),
                ("reflector", "end", "last attempt"),
            ],
        )
