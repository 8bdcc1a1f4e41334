"""ReWOO: plan every tool call beforehand, make them, answer from the evidence."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

from loomlab.architecture.asking import Answer, ask_for, talk, with_tools
from loomlab.architecture.bases import END, START, TOOLS, shape_of
from loomlab.architecture.conversing import plain_instructions
from loomlab.architecture.rewoo_draft import ReWOODraft, draft_for, read_rewoo
from loomlab.architecture.rewoo_plan import ReWOOPlan, as_text
from loomlab.architecture.rewoo_steps import ReWOOStepResult, carry_out, evidence
from loomlab.core.events import Event
from loomlab.core.protocols import Model
from loomlab.core.results import EndReason
from loomlab.core.session import AgentSession
from loomlab.core.shape import Shape
from loomlab.runtime import Run

PLANNER_PROMPT = """\
You are the planner. List the tool calls (at most {max_steps}) that gather what is needed to answer the task. \
Do not answer it yourself. A call may use the result of another: write {{E1}} for the result of step E1.
Reply with JSON only: {"steps": [{"id": "E1", "tool": "name", "args": {}}, {"id": "E2", "tool": "name", \
"args": {"text": "{{E1}}"}}]}
Tools:
{tools}"""

SOLVER_PROMPT = """\
You write the final answer. Answer the task from the evidence that the tools gave; say so where it is missing."""

UNUSABLE = {
    "empty_plan": "Planner produced no steps.",
    "cyclic_plan": "Planner produced a cyclic plan: its steps wait for one another, so none could run.",
}


class ReWOO:
    """A planner lists all tool calls at once; the calls run level by level; a solver answers from what they gave.

    Use it where the tools needed are known beforehand: the growing conversation of ReAct is never sent. Costs two
    model calls, however many tools run.

    Source: Xu et al., "ReWOO: Decoupling Reasoning from Observations for Efficient Augmented Language Models", 2023.

    A plan is cut to ``max_steps``. Steps that need not wait for one another run together, unless ``parallel_levels`` is
    False. A step whose tool fails or is denied, or that refers to a failed or unknown step, is an error of that step;
    the others go on and the solver is told. A plan that is unreadable, empty or cyclic ends the run before any tool:
    ``result.ended`` is ``parse_failure``. Where no step at all succeeds, it is ``denied`` or ``tool_error``.
    ``planner_prompt`` may use ``{tools}`` and ``{max_steps}``. ``session.metadata`` keeps ``rewoo_plan`` and
    ``rewoo_results``.
    """

    name = "rewoo"

    def __init__(
        self,
        *,
        max_steps: int = 8,
        planner_prompt: str = PLANNER_PROMPT,
        solver_prompt: str = SOLVER_PROMPT,
        parallel_levels: bool = True,
        planner_model: Model | str | None = None,
        solver_model: Model | str | None = None,
    ) -> None:
        if max_steps < 1:
            raise ValueError("ReWOO: max_steps must be at least 1")
        self.max_steps = max_steps
        self.planner_prompt, self.solver_prompt = planner_prompt, solver_prompt
        self.parallel_levels = parallel_levels
        self.planner_model, self.solver_model = planner_model, solver_model

    async def run(self, session: AgentSession, deps: Run, prompt: str) -> AsyncIterator[Event]:
        """Lead the run; the solver's text is the answer."""
        yield deps.note(session, "rewoo.planner_started", max_steps=self.max_steps)
        drafted = await self._drafted(session, deps, prompt)
        try:
            plan = (drafted.value or ReWOODraft(steps=[])).plan(self.max_steps)
        except ValueError as exc:
            plan = ReWOOPlan([])
            yield deps.note(session, "parse.failed", role="planner", cause=str(exc), text=drafted.text[:500])
        levels = plan.levels()
        steps = [{"id": one.id, "tool": one.tool, "args": one.args, "depends_on": one.depends_on} for one in plan.steps]
        results: list[ReWOOStepResult] = []
        session.metadata.update(rewoo_plan=plan, rewoo_results=results)
        if not levels:
            fault = "empty_plan" if levels is not None else "cyclic_plan"
            yield deps.note(session, f"rewoo.{fault}", steps=steps, text=drafted.text[:500])
            session.output, session.ended = UNUSABLE[fault], EndReason.PARSE_FAILURE
            return
        yield deps.note(session, "rewoo.plan_created", steps=steps, levels=[[one.id for one in row] for row in levels])
        for number, level in enumerate(levels):
            yield deps.note(session, "rewoo.level_started", level=number, steps=[one.id for one in level])
            for batch in [level] if self.parallel_levels else [[one] for one in level]:
                done = await carry_out(deps, session, batch, plan, results)
                results += done
                for one in done:
                    output = None if one.error is not None else as_text(one.output)
                    yield deps.note(
                        session, "rewoo.step_completed", step=one.step_id, tool=one.tool, output=output, error=one.error
                    )
        if all(one.error is not None for one in results):
            session.ended = EndReason.DENIED if any(one.denied for one in results) else EndReason.TOOL_ERROR
        yield deps.note(session, "rewoo.solver_started", steps=len(results))
        session.messages = talk(
            f"{session.instructions}\n\n{self.solver_prompt}",
            f"Task:\n{prompt}\n\nEvidence:\n{evidence(plan, results)}\n\nAnswer the task:",
        )
        reply = await deps.ask(session, role="solver", model=self.solver_model, schema=deps.output_schema)
        session.messages.append(reply.message())
        session.output = reply.text
        yield deps.note(session, "rewoo.completed", steps=len(results))

    async def _drafted(self, session: AgentSession, deps: Run, prompt: str) -> Answer[ReWOODraft]:
        tools = await deps.list_tools()
        planner = with_tools(self.planner_prompt, tools).replace("{max_steps}", str(self.max_steps))
        instructions = f"{plain_instructions(deps, session)}\n\n{planner}"
        messages = (await deps.recall(session, prompt)).messages(instructions, prompt)
        return await ask_for(
            deps, session, messages, draft_for(tools), role="planner", model=self.planner_model, read=read_rewoo
        )

    def declared_workers(self) -> Mapping[str, Any]:
        """None: one agent plans and solves."""
        return {}

    def shape(self) -> Shape:
        """Planner, tools, solver."""
        return shape_of(
            [START, ("planner", "planner", "model"), TOOLS, ("solver", "solver", "model"), END],
            [
                ("start", "planner"),
                ("planner", "tools", "calls"),
                ("planner", "end", "no plan"),
                ("tools", "tools", "next level"),
                ("tools", "solver", "evidence"),
                ("solver", "end"),
            ],
        )
