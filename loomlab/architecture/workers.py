"""Working with other agents: who they are, sending them a task, asking them for something with a form."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from pydantic import BaseModel

from loomlab.architecture.asking import EXCERPT, Answer, understand
from loomlab.core.errors import OutputValidationError
from loomlab.core.session import AgentSession
from loomlab.runtime import OfferedTool, Run
from loomlab.runtime.declared import declares

T = TypeVar("T", bound=BaseModel)

ABOUT = 200
"""Characters of a worker's instructions that describe it to others."""


def checked_workers(workers: Mapping[Any, Any], owner: str) -> dict[str, Any]:
    """A copy of ``workers``. ValueError where there is none or a name is empty, TypeError for one that can't run."""
    if not workers:
        raise ValueError(f"{owner} needs at least one worker")
    for name, worker in workers.items():
        if not isinstance(name, str) or not name.strip():
            raise ValueError(f"{owner}: {name!r} is no name for a worker; give a non-empty text")
        checked_worker(worker, f"{owner}: worker {name!r}")
    return dict(workers)


def checked_worker(worker: Any, what: str) -> Any:
    """``worker`` itself; TypeError where it is not an agent (an object with ``run``)."""
    if isinstance(worker, type) or not callable(getattr(worker, "run", None)):
        raise TypeError(f"{what} is {worker!r}, which has no run(); give an Agent")
    return worker


def about(worker: Any, description: str | None = None) -> str:
    """What others are told about a worker: its description, else the beginning of its instructions."""
    text = description or getattr(worker, "instructions", "") or ""
    return str(text)[:ABOUT].strip() or "(no description)"


def roster(workers: Mapping[str, Any], descriptions: Mapping[str, str | None] | None = None) -> str:
    """The workers, one a line: name, what it is for."""
    given = descriptions or {}
    return "\n".join(f"- {name}: {about(worker, given.get(name))}" for name, worker in workers.items())


async def send(
    deps: Run,
    session: AgentSession,
    worker: Any,
    prompt: str,
    *,
    suffix: str,
    blame: str,
    offering: Sequence[OfferedTool] = (),
    schema: Any = None,
) -> str:
    """Have a worker do a task; its answer. One that was interrupted interrupts ``session``: ``<blame>:<reason>``.

    ``schema`` is the form that the answer should have: a wish, for whoever asked can still mend the text.
    """
    wishes: dict[str, Any] = {}
    if schema is not None and declares(worker.run, "output_schema"):
        wishes = {"output_schema": schema, "output_validation_retries": 0}
    try:
        result: Any = await deps.delegate(session, worker, prompt, suffix=suffix, offering=offering, **wishes)
    except OutputValidationError as exc:
        if schema is None or exc.schema != schema:
            raise
        return exc.raw
    # A workflow as a worker ends or raises; only agents are interrupted.
    if getattr(result, "interrupted", False):
        reason = f"{blame}:{result.interruption_reason or 'stopped'}"
        session.interrupt(reason)
        if deps.session is not None:  # which is another where a strategy holds a conversation aside
            deps.session.interrupt(reason)
    return result.output if isinstance(result.output, str) else str(result.output)


async def consult(
    deps: Run,
    session: AgentSession,
    worker: Any,
    prompt: str,
    schema: type[T],
    *,
    role: str,
    suffix: str,
    blame: str,
    read: Callable[[str], T | None] | None = None,
) -> Answer[T]:
    """Ask a worker for a value of ``schema``, as ``ask_for`` asks a model: what can't be read is ``parse.failed``."""
    held = getattr(getattr(worker, "model", None), "native_schema", False)
    form = schema if held else None  # the prompt says the form; a second telling would confuse more than help
    text = await send(deps, session, worker, prompt, suffix=suffix, blame=blame, schema=form)
    answer = understand(text, schema, read)
    if answer.value is None and deps.watched and not session.interrupted:
        await deps.send(deps.note(session, "parse.failed", role=role, cause=answer.cause, text=text[:EXCERPT]))
    return answer


def fill(template: str, **values: str) -> str:
    """``template`` with its ``{names}`` replaced at once; braces of values and of other text stay as they are."""
    return re.sub(r"\{(\w+)\}", lambda found: values.get(found[1], found[0]), template)
