"""A code cell that takes a run of the log up again. What the run says is data there: it never becomes code."""

import re

from loomlab.architecture.resolve import ARCHITECTURES
from loomlab.core.errors import ConfigError
from loomlab.model.resolve import adapter_of
from loomlab.runlog import RunRecord
from loomlab.server.shapes import ForkCell

_PLAIN = re.compile(r"[A-Za-z0-9_@/][A-Za-z0-9_.@:/+-]{0,99}")
"""What may stand in the first line of a cell: nothing there that the shell of IPython, or an f-string, would read."""


def fork_cell(run: RunRecord) -> ForkCell:
    """Another end of the run, where a journal holds its steps; else the same question again."""
    step = _last_step(run)
    if step is not None:
        source = (
            "# agent: the Agent of that run, on the same durable runtime. What comes before at= is replayed for free;\n"
            "# add model=, architecture= or messages= to let the rest go another way.\n"
            f"fork = await agent.fork({run.run_id!a}, at={step!a})\nfork"
        )
        return {"source": source, "kind": "fork"}
    return {"source": _again(run), "kind": "again"}


def _last_step(run: RunRecord) -> str | None:
    """The last model call that the run's journal knows. Only outermost runs can be forked."""
    if run.info["parent_run_id"] is not None:
        return None
    for event in reversed(run.events):
        call = event.payload.get("call")
        step = call.get("step") if event.run_id == run.run_id and isinstance(call, dict) else None
        if isinstance(step, str) and step:
            return step
    return None


def _again(run: RunRecord) -> str:
    """As a ``%%loom`` cell; as Python where the user's name could not stand in its first line."""
    prompt, user = run.info["prompt"] or "", run.info["user_id"]
    options = {"arch": _architecture(run), "model": _model(run), "user": user}
    named = {name: value for name, value in options.items() if value is not None}
    if prompt.strip() and all(_PLAIN.fullmatch(value) for value in named.values()):
        return f"%%loom --raw{''.join(f' --{name}={value}' for name, value in named.items())}\n{prompt}"
    given = [("architecture", options["arch"])] if options["arch"] else []
    made = "".join(f", {name}={value!a}" for name, value in [("model", options["model"] or "local"), *given])
    asked = "" if user is None else f", user_id={user!a}"
    return (
        f'from loomlab import Agent\n\nagent = Agent("You are a helpful assistant."{made})\n'
        f"await agent.run({prompt!a}{asked})"
    )


def _architecture(run: RunRecord) -> str | None:
    name = run.info["architecture"]
    return name if name in ARCHITECTURES else None


def _model(run: RunRecord) -> str | None:
    """The model's name where it alone is enough to ask it again."""
    name = run.info["model"]
    try:
        adapter_of(name or "")
    except ConfigError:
        return None
    return str(name)
