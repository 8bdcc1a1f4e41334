"""Another end of a run: its beginning replayed from the journal, what follows done differently, both side by side."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from loomlab.architecture import resolve_architecture
from loomlab.architecture.bases import role_models
from loomlab.core.errors import ConfigError
from loomlab.core.events import Event
from loomlab.core.ids import new_id
from loomlab.core.messages import Message, Role
from loomlab.core.nearest import did_you_mean
from loomlab.core.observers import unobserved
from loomlab.core.results import RunResult
from loomlab.governance import RetryPolicy
from loomlab.model.resolve import resolve_model
from loomlab.runlog import Alignment, align
from loomlab.runtime.durable import digest_of
from loomlab.runtime.journal.intent import INTENT, Intent
from loomlab.runtime.journal.store import Place, Row
from loomlab.runtime.lanes import PrefixEnd

if TYPE_CHECKING:
    from loomlab.agent.agent import Agent

Messages = Sequence[Message] | Callable[[list[Message]], Sequence[Message]]
"""What a model is asked instead: messages, or what makes them of those that it was asked."""


@dataclass(frozen=True, slots=True)
class Fork:
    """A run and another end of it. ``at`` is the first step that was done anew.

    ``result`` is the fork's; ``events`` and ``original`` tell of both runs from their beginning, replayed parts
    included. ``session_id`` is the fork's own: it can be resumed, and forked again.
    """

    run_id: str
    at: str
    session_id: str
    result: RunResult
    events: list[Event]
    original: list[Event]

    @property
    def output(self) -> str:
        """The fork's answer."""
        return self.result.output

    @property
    def alignment(self) -> Alignment:
        """Both runs step by step: what they share, and the two suffixes side by side."""
        return align({"original": self.original, "fork": self.events})


async def fork(
    agent: Agent,
    run_id: str,
    at: str | int | Event,
    model: Any,
    architecture: Any,
    messages: Messages | None,
    options: dict[str, Any],
) -> Fork:
    """See ``Agent.fork``."""
    runtime: Any = agent.runtime
    if not hasattr(runtime, "hold"):
        raise ConfigError("a fork needs the journal of a durable runtime: Agent(…, runtime=SqliteRuntime(path))")
    place: Place | None = await runtime.durable.find_run(run_id)
    if place is None:
        raise ConfigError(
            f"the journal of this agent holds no run {run_id!r}; only outermost runs can be forked, and a run that was "
            "forgotten is gone"
        )
    if not place.prompt and place.digest != digest_of(agent.name, agent.architecture.name, ""):
        raise ConfigError(
            f"the run {run_id} is from before journals kept prompts, so it can be resumed, and not forked: ask again"
        )
    rows: list[Row] = await runtime.durable.rows(place)
    step = step_name(at)
    prefix = before(rows, place, step)
    session = f"{place.session_id}__fork_{new_id()[-10:].lower()}"
    variant = varied(agent, model, architecture)
    intent = Intent(at=step, messages=messages)
    if architecture is not None:
        await _seed(agent, place, f"{session}_prefix", prefix)
        talk = await _conversation(agent, place, f"{session}_prefix")
        await runtime.forget(user_id=place.user_id, session_id=f"{session}_prefix")
        if messages is not None:
            talk = list(messages(talk) if callable(messages) else messages)
        prefix, intent = [], Intent(history=[one for one in talk if one.role is not Role.SYSTEM])
    await _seed(variant, place, session, prefix)
    events: list[Event] = []
    result = await _run(variant, place, intent, session, events, options)
    return Fork(run_id, step, session, result, events, await _original(agent, place, rows, f"{session}_original"))


def step_name(at: str | int | Event) -> str:
    """The step that is meant: by its name, by the number of a model call, or by an event that tells of it."""
    if isinstance(at, int):
        return f"model_call_{at}"
    if isinstance(at, str):
        return at
    call = at.payload.get("call")
    name = at.payload.get("step") or (call.get("step") if isinstance(call, dict) else None)
    if isinstance(name, str):
        return name
    raise ConfigError(
        f"the event {at.kind.value} is no step of a durable run; give a tool's call or result, the finish of a model "
        "call, or the name of a step (await runtime.steps(run_id))"
    )


def before(rows: list[Row], place: Place, step: str) -> list[Row]:
    """What was done before ``step``; of that step itself nothing, its inside included."""
    skip = len("" if place.epoch == 1 else f"epoch_{place.epoch}/")
    names = [row.name[skip:] for row in rows]
    first = next((row.seq for row, name in zip(rows, names, strict=True) if name == step), None)
    if first is None:
        raise ConfigError(f"the run has no step {step!r}; {did_you_mean(step, names)}")
    inside = f"{step}/"
    return [
        row
        for row, name in zip(rows, names, strict=True)
        if row.seq < first and not name.startswith(inside) and row.text is not None
    ]


def varied(agent: Agent, model: Any, architecture: Any) -> Agent:
    """The agent with another model or architecture, all else being the same."""
    made = copy.copy(agent)
    made._run_options = dict(agent._run_options)
    if model is not None:
        made._model = made._run_options["model"] = resolve_model(model, secrets=agent._secrets)
        if agent._run_options["retry_policy"] is None and getattr(made._model, "network", False):
            made._run_options["retry_policy"] = RetryPolicy()
    if architecture is not None:
        made._architecture = resolve_architecture(architecture)
        for spec in role_models(made._architecture):
            made._model_for(spec)
    return made


async def _seed(agent: Agent, place: Place, session: str, rows: list[Row]) -> None:
    """Begin a session in which this agent finds these rows when it is given the prompt."""
    runtime: Any = agent.runtime
    digest = digest_of(agent.name, agent.architecture.name, place.prompt)
    await runtime.durable.seed(Place(session, place.user_id, 1, digest, f"run_{new_id()}", place.prompt), rows)


async def _run(
    agent: Agent, place: Place, intent: Intent, session: str, events: list[Event], options: dict[str, Any]
) -> RunResult:
    async def emit(event: Event) -> None:
        events.append(event)

    outer = INTENT.get()
    INTENT.set(intent)
    try:
        return await agent.run(place.prompt, session_id=session, user_id=place.user_id, emit=emit, **options)
    finally:
        INTENT.set(outer)


async def _conversation(agent: Agent, place: Place, session: str) -> list[Message]:
    """What the model would have been asked at the end of the prefix."""
    intent = Intent(fenced=True)
    try:
        with unobserved():
            await _run(agent, place, intent, session, [], {})
    except BaseException as exc:
        found = _end_of(exc)
        if found is None:
            raise
        return list(found.messages)
    return []


async def _original(agent: Agent, place: Place, rows: list[Row], session: str) -> list[Event]:
    """What the run did, told again from the journal, up to where it came."""
    runtime: Any = agent.runtime
    events: list[Event] = []
    await _seed(agent, place, session, [row for row in rows if row.text is not None])
    try:
        with unobserved():
            await _run(agent, place, Intent(fenced=True), session, events, {})
    except BaseException as exc:
        if _end_of(exc) is None:
            raise
    finally:
        await runtime.forget(user_id=place.user_id, session_id=session)
    return events


def _end_of(exc: BaseException) -> PrefixEnd | None:
    if isinstance(exc, PrefixEnd):
        return exc
    if isinstance(exc, BaseExceptionGroup):
        return next((found for one in exc.exceptions if (found := _end_of(one)) is not None), None)
    return None
