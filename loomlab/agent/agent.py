"""The agent: instructions, a model, tools, a way to think, and the layers that guard and record it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping
from typing import Any

from loomlab.agent.configured import Configured
from loomlab.agent.drive import Drive, scope
from loomlab.agent.durable import DurableAgent
from loomlab.agent.extra_tools import WithExtraTools
from loomlab.agent.extraction import extracting
from loomlab.agent.parts import AgentParts
from loomlab.agent.skilled import skilled
from loomlab.architecture import resolve_architecture
from loomlab.architecture.bases import role_models
from loomlab.core.context import RunContext
from loomlab.core.errors import ConfigError
from loomlab.core.events import Event
from loomlab.core.observers import Observer
from loomlab.core.protocols import (
    ApprovalHandler,
    Architecture,
    AuditLog,
    Budget,
    EmitCallback,
    HookHost,
    Memory,
    Model,
    Permissions,
    Runtime,
    Secrets,
    Telemetry,
)
from loomlab.core.results import RunResult
from loomlab.data import FreshnessPolicy, LineagePolicy
from loomlab.governance import NoBudget, RetryPolicy
from loomlab.memory import resolve_memory
from loomlab.model.resolve import resolve_model
from loomlab.observability import NoTelemetry
from loomlab.runtime import InProcRuntime, Offered, Run, value_policies
from loomlab.runtime.as_tool import runnable_tool
from loomlab.runtime.channel import Channel
from loomlab.runtime.declared import MEMORY_METHODS, user_aware
from loomlab.runtime.stream import EventStream
from loomlab.security import AllowAll, EnvSecrets, HookRegistry
from loomlab.security.approval import remembering
from loomlab.tools import Tool, ensure_host


class Agent(DurableAgent, Configured, AgentParts):
    """An LLM agent.

    ``model`` is required: a ``Model`` or a name ("local", "echo", "gpt-4.1-mini", "claude-opus-4-7", …).
    ``architecture`` is how it thinks: a name ("react", "self-refine") or an instance. ``tools`` takes functions,
    ``Tool`` objects or a tool host. Every other layer defaults to one that does nothing and costs nothing. One agent
    serves many users at once: what belongs to a user is kept apart by the ``user_id`` of each run.

    ``memory`` is None (in this process), a spec ("sqlite:./bot.db", "postgres://…", …) or a Memory; ``auto_extract``
    makes facts out of what users say after each run, None: with models that call a provider.
    ``skills`` are folders of them, ``Skill`` objects, or a ``SkillRegistry``: one line of each stands in the
    instructions, and the model reads the rest when it needs it.
    ``retry_policy`` None retries transient errors of the network models only. ``approval_handler`` decides what
    permissions leave open; without one the answer is no. ``run_log`` records this agent's runs wherever they happen.
    ``freshness`` and ``lineage`` (``loomlab.data``) keep certified values that are stale, or from a source that is not
    allowed, from the model: of this agent's tools, and of all agents that it runs.

    Raises ``ConfigError`` for settings that cannot work, ``TypeError`` for tools of an unknown form.
    """

    def __init__(
        self,
        instructions: str,
        *,
        model: Model | str | None = None,
        memory: Memory | str | Mapping[str, Any] | None = None,
        runtime: Runtime | None = None,
        budget: Budget | None = None,
        permissions: Permissions | None = None,
        hooks: HookHost | None = None,
        tools: Any = None,
        telemetry: Telemetry | None = None,
        audit_log: AuditLog | None = None,
        max_turns: int = 50,
        auto_consolidate: bool = False,
        auto_extract: bool | None = None,
        architecture: Architecture | str | None = None,
        skills: Iterable[Any] | None = None,
        retry_policy: RetryPolicy | None = None,
        approval_handler: ApprovalHandler | None = None,
        secrets: Secrets | None = None,
        output_schema: Any = None,
        name: str = "agent",
        run_log: Observer | None = None,
        freshness: FreshnessPolicy | None = None,
        lineage: LineagePolicy | None = None,
    ) -> None:
        if max_turns < 1:
            raise ConfigError(f"max_turns must be at least 1, not {max_turns}")
        self._instructions = instructions
        self._given = {
            "memory": memory,
            "auto_extract": auto_extract,
            "skills": skills,
            "freshness": freshness,
            "lineage": lineage,
        }
        self._tool_host, self._skills = skilled(tools, skills)
        self._secrets = secrets or EnvSecrets()
        self._model = resolve_model(model, secrets=self._secrets)
        self._memory: Memory = resolve_memory(memory)
        self._takes_memory = memory is None
        self._runtime = runtime or InProcRuntime()
        self._budget = budget or NoBudget()
        self._permissions = permissions or AllowAll()
        self._hooks = hooks if hooks is not None else HookRegistry()
        self._telemetry = telemetry or NoTelemetry()
        self._remembering = extracting(self._memory, self._model, auto_extract, telemetry)
        self._audit_log = audit_log
        self.max_turns = max_turns
        self.auto_consolidate = auto_consolidate
        self._architecture = resolve_architecture(architecture)
        network = bool(getattr(self._model, "network", False))
        self._role_models: dict[str, Model] = {}
        for spec in role_models(self._architecture):
            self._model_for(spec)
        self._retry = retry_policy if retry_policy is not None else (RetryPolicy() if network else None)
        self._approval_handler = approval_handler
        self._output_schema = output_schema
        self.name = name
        self._observers: tuple[Observer, ...] = (run_log,) if run_log is not None else ()
        self._run_options: dict[str, Any] = {
            "model": self._model,
            "memory": user_aware(self._remembering, "Memory", MEMORY_METHODS),
            "runtime": self._runtime,
            "budget": user_aware(self._budget, "Budget", ("allows_step", "consume")),
            "permissions": user_aware(self._permissions, "Permissions", ("check",)),
            "telemetry": self._telemetry,
            "audit_log": None if audit_log is None else user_aware(audit_log, "AuditLog", ("append",)),
            "max_turns": max_turns,
            "approval_handler": remembering(approval_handler),
            "retry_policy": self._retry if self._retry is not None and self._retry.is_enabled() else None,
            "name": name,
            "observers": self._observers,
            "model_for": self._model_for,
            "values": None if freshness is None and lineage is None else value_policies(freshness, lineage),
        }

    def _model_for(self, spec: Any) -> Model:
        """The model behind a name that a strategy gives one of its roles; made once."""
        if not isinstance(spec, str):
            return resolve_model(spec, secrets=self._secrets)
        if spec not in self._role_models:
            self._role_models[spec] = resolve_model(spec, secrets=self._secrets)
        return self._role_models[spec]

    # ---- running ------------------------------------------------------------------------------------------

    async def run(
        self,
        prompt: str,
        *,
        user_id: str | None = None,
        session_id: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        context: RunContext | None = None,
        extra_tools: Any = None,
        emit: EmitCallback | None = None,
        output_schema: Any = None,
        output_validation_retries: int = 1,
    ) -> RunResult:
        """Answer one prompt.

        ``user_id`` is the partition of everything remembered; ``session_id`` continues a conversation;
        ``metadata`` is read by tools through ``get_run_context()``. Explicit arguments beat ``context``.
        ``extra_tools`` are there for this run only. ``emit`` is awaited with every event. ``output_schema`` (a pydantic
        model class or a union of them) makes ``result.parsed`` a validated object; an answer that does not fit is
        asked for again up to ``output_validation_retries`` times.

        Raises ``OutputValidationError`` when it never fits, and the model's ``ModelError`` when it fails for good.
        """
        return await self._drive(
            prompt,
            scope(context, user_id, session_id, metadata),
            extra_tools,
            output_schema,
            output_validation_retries,
            emit=emit,
        ).go()

    def stream(
        self,
        prompt: str,
        *,
        user_id: str | None = None,
        session_id: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        context: RunContext | None = None,
        extra_tools: Any = None,
        output_schema: Any = None,
        output_validation_retries: int = 1,
    ) -> AsyncIterator[Event]:
        """``run`` as a stream of events: STARTED first, COMPLETED with the result last.

        A slow consumer slows the run down (128 events may wait). Leaving the loop early cancels the run. An error
        comes as an ERROR event, then as itself.
        """
        where = scope(context, user_id, session_id, metadata)

        async def produce(channel: Channel[Event]) -> object:
            return await self._drive(
                prompt, where, extra_tools, output_schema, output_validation_retries, channel=channel
            ).go()

        return EventStream(self, produce)

    def as_tool(self, *, name: str | None = None, description: str | None = None, input_arg: str = "input") -> Tool:
        """This agent as a tool for others: one text in, its answer out.

        It runs for the user of the caller, in a conversation of its own; what it uses counts in the caller's run.
        An answer that it could not reach comes back as an error. ``description`` defaults to its instructions' first
        line.
        """
        first = next((line.strip() for line in self._instructions.splitlines() if line.strip()), "")
        return runnable_tool(self, name or self.name, description or first, input_arg)

    def _drive(
        self,
        prompt: str,
        context: RunContext,
        extra_tools: Any,
        output_schema: Any,
        retries: int,
        *,
        emit: EmitCallback | None = None,
        channel: Channel[Event] | None = None,
    ) -> Drive:
        tools = self._tool_host
        offered = extra_tools if isinstance(extra_tools, Offered) else ()
        if extra_tools and not offered:
            tools = WithExtraTools(tools, ensure_host(extra_tools))
        run = Run(
            **self._run_options,
            tools=tools,
            hooks=self._hooks,
            context=context,
            emit=emit,
            channel=channel,
            offered=offered,
        )
        if self._takes_memory and run.lends is not None:
            run.memory = run.lends
        schema = output_schema if output_schema is not None else self._output_schema
        return Drive(self, run, prompt, schema, retries)
