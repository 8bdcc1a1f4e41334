"""Plan-and-Execute: plan once, work through the steps, put the results together."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

from loomlab.architecture.asking import ask_for, talk, with_tools
from loomlab.architecture.bases import END, START, TOOLS, shape_of
from loomlab.architecture.conversing import converse, plain_instructions
from loomlab.architecture.plan import PlanDraft, StepResult, read_plan, told
from loomlab.core.events import Event
from loomlab.core.protocols import Model
from loomlab.core.results import EndReason
from loomlab.core.session import AgentSession
from loomlab.core.shape import Shape
from loomlab.runtime import Run

PLANNER_PROMPT = """\
You are the planner. Break the task into at most {max_steps} short steps that another worker carries out one by one. \
Each step is one sentence that says what to do. Do not answer the task yourself.
Reply with JSON only: an object whose "steps" is the list of these sentences.
Tools that the worker has:
{tools}"""

EXECUTOR_PROMPT = """\
You carry out one step of a plan. Use the results of the steps before it. Give only the result of this step."""

SYNTHESIZER_PROMPT = """\
You write the final answer. Every step of the plan is done; answer the task from their results."""


class PlanAndExecute:
    """A planner writes all the steps first; an executor works through them; a synthesizer answers from the results.

    Use it for tasks whose parts are known beforehand: a strong model plans, a cheap one executes. Costs one call for
    the plan, one a step (one more for each round of tools a step wants), one for the answer.

    Source: Wang et al., "Plan-and-Solve Prompting", ACL 2023, with an executor that may act, as is common practice.

    A plan is cut to ``max_steps``. ``executor_tools=False`` keeps the agent's tools from the executor: one text call a
    step, whatever tools there are. ``planner_prompt`` may use ``{tools}`` and ``{max_steps}``. A plan that nobody
    can read, or an empty one, ends the run: ``result.ended`` is ``parse_failure``.
    ``session.metadata`` keeps ``plan`` and ``step_results``.
    """

    name = "plan-and-execute"

    def __init__(
        self,
        *,
        max_steps: int = 8,
        planner_prompt: str = PLANNER_PROMPT,
        executor_prompt: str = EXECUTOR_PROMPT,
        synthesizer_prompt: str = SYNTHESIZER_PROMPT,
        executor_tools: bool = True,
        planner_model: Model | str | None = None,
        executor_model: Model | str | None = None,
        synthesizer_model: Model | str | None = None,
    ) -> None:
        if max_steps < 1:
            raise ValueError("PlanAndExecute: max_steps must be at least 1")
        self.max_steps = max_steps
        self.planner_prompt, self.executor_prompt = planner_prompt, executor_prompt
        self.synthesizer_prompt = synthesizer_prompt
        self.executor_tools = executor_tools
        self.planner_model, self.executor_model = planner_model, executor_model
        self.synthesizer_model = synthesizer_model

    async def run(self, session: AgentSession, deps: Run, prompt: str) -> AsyncIterator[Event]:
        """Lead the run; the synthesizer's text is the answer."""
        recalled = await deps.recall(session, prompt)
        instructions = plain_instructions(deps, session)
        tools = await deps.list_tools() if self.executor_tools else []
        yield deps.note(session, "plan.planner_started", max_steps=self.max_steps)
        planner = with_tools(self.planner_prompt, tools).replace("{max_steps}", str(self.max_steps))
        drafted = await ask_for(
            deps,
            session,
            recalled.messages(f"{instructions}\n\n{planner}", prompt),
            PlanDraft,
            role="planner",
            model=self.planner_model,
            read=read_plan,
        )
        plan = (drafted.value or PlanDraft(steps=[])).plan(self.max_steps)
        session.metadata["plan"] = plan
        results: list[StepResult] = []
        session.metadata["step_results"] = results
        if not plan.steps:
            yield deps.note(session, "plan.empty_plan", text=drafted.text[:500])
            session.output, session.ended = "Planner produced no steps.", EndReason.PARSE_FAILURE
            return
        yield deps.note(session, "plan.created", steps=[one.description for one in plan.steps])
        for step in plan.steps:
            yield deps.note(session, "plan.step_started", step=step.id, description=step.description)
            material = f"Task:\n{prompt}\n\nResults so far:\n{told(results)}\n\n"
            output = await converse(
                deps,
                session,
                recalled.messages(
                    f"{instructions}\n\n{self.executor_prompt}", f"{material}Now do this step:\n{step.description}"
                ),
                role="executor",
                model=self.executor_model,
                tools=self.executor_tools,
            )
            results.append(StepResult(step.id, step.description, output))
            # What there is of an answer, should a cap stop the run before the synthesizer.
            session.output = output
            yield deps.note(session, "plan.step_completed", step=step.id, output=output)
        yield deps.note(session, "plan.synthesizer_started", steps=len(results))
        session.messages = talk(
            f"{session.instructions}\n\n{self.synthesizer_prompt}",
            f"Task:\n{prompt}\n\nResults of the steps:\n{told(results)}\n\nAnswer the task:",
        )
        reply = await deps.ask(session, role="synthesizer", model=self.synthesizer_model, schema=deps.output_schema)
        session.messages.append(reply.message())
        session.output = reply.text
        yield deps.note(session, "plan.completed", steps=len(results))

    def declared_workers(self) -> Mapping[str, Any]:
        """None: one agent plays every role."""
        return {}

    def shape(self) -> Shape:
        """Planner, executor with its tools, synthesizer."""
        tools = [TOOLS] * self.executor_tools
        acting = [("executor", "tools", "wants tools"), ("tools", "executor", "results")] * self.executor_tools
        return shape_of(
            [
                START,
                ("planner", "planner", "model"),
                ("executor", "executor", "model"),
                *tools,
                ("synthesizer", "synthesizer", "model"),
                END,
            ],
            [
                ("start", "planner"),
                ("planner", "executor", "steps"),
                ("planner", "end", "no plan"),
                *acting,
                ("executor", "executor", "next step"),
                ("executor", "synthesizer", "all done"),
                ("synthesizer", "end"),
            ],
        )
