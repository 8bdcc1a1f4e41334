"""``%%loom``: one cell as one run of an agent."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from loomlab.agent import Agent
from loomlab.core.errors import ConfigError
from loomlab.core.protocols import Budget, Memory
from loomlab.core.results import RunResult
from loomlab.notebook.aside import Aside
from loomlab.notebook.interpolate import interpolate
from loomlab.notebook.names import checked_name, find, find_tools, is_agent, is_schema
from loomlab.notebook.notebook import Notebook
from loomlab.notebook.options import CELL_OPTIONS, EVALUATION_OPTIONS, parse, split
from loomlab.notebook.pair_cell import run_pair_cell
from loomlab.notebook.pairing import Pairing
from loomlab.notebook.seen import LastResult
from loomlab.notebook.side_by_side import SideBySide, run_side_by_side, ways_of
from loomlab.notebook.spending import budget_for
from loomlab.notebook.trial_cell import run_trial_cell
from loomlab.security import StandardPermissions

OF = "%%loom"
_BRINGS = ("arch", "model", "budget", "ask")


def run_cell(notebook: Notebook, line: str, body: str) -> None:
    """Run the cell; its result is bound to ``_loom`` and to the name after ``--out``, also when it was stopped."""
    __tracebackhide__ = True
    options = parse([fill(notebook, word) for word in split(line)], CELL_OPTIONS, of=OF)
    out = checked_name(options["out"]) if "out" in options else None
    prompt = body if "raw" in options else fill(notebook, body)
    _check_pairs(options)
    if "on" in options:
        run_trial_cell(notebook, options, prompt.strip())
        return
    if not prompt.strip():
        raise ConfigError("this cell asks nothing; write the prompt below the %%loom line")
    ways = ways_of(options["arch"]) if "," in options.get("arch", "") else []
    arguments: dict[str, Any] = {}
    if "ab" not in options:
        way = ways[0] if ways else options.get("arch", notebook.settings["arch"])
        agent, arguments = _agent(notebook, options, way)
    if "schema" in options:
        arguments["output_schema"] = _schema(notebook, options["schema"])
    if "new" in options:
        notebook.new_session()
    arguments["user_id"] = options.get("user", notebook.settings["user"])
    arguments["session_id"] = options.get("session") or notebook.settings["session"] or notebook.session
    if "ab" in options:
        _pair(notebook, options, prompt.strip("\n"), arguments, out)
        return
    if ways:
        _side_by_side(notebook, options, ways, prompt.strip("\n"), arguments, out)
        return
    last = LastResult()
    try:
        notebook.run(lambda: agent.run(prompt.strip("\n"), **arguments), last, quiet="quiet" in options)
    finally:
        if isinstance(last.result, RunResult):
            _bind(notebook, out, last.result)


def fill(notebook: Notebook, text: str) -> str:
    """``text`` with the notebook's values for its ``{expressions}``."""
    return interpolate(text, notebook.shell.ev)


def _side_by_side(
    notebook: Notebook,
    options: Mapping[str, str],
    ways: Sequence[str],
    prompt: str,
    arguments: Mapping[str, Any],
    out: str | None,
) -> None:
    """The cell several ways at once. Each starts from the conversation so far; none of their answers joins it."""
    __tracebackhide__ = True
    budget = budget_for(notebook.budget, options.get("budget"))
    agents = {way: _agent(notebook, options, way, budget, Aside(notebook.memory))[0] for way in ways}
    quiet = "quiet" in options
    found, ended = run_side_by_side(notebook, agents, lambda one: one.run(prompt, **arguments), quiet=quiet)
    _bind(notebook, out, found)
    if ended is not None:
        raise ended


def _pair(
    notebook: Notebook, options: Mapping[str, str], prompt: str, arguments: Mapping[str, Any], out: str | None
) -> None:
    """Two arms and a vote. Each starts from the conversation so far; neither answer joins it."""
    __tracebackhide__ = True
    budget = budget_for(notebook.budget, options.get("budget"))

    def make(way: str) -> Agent:
        return _agent(notebook, options, way, budget, Aside(notebook.memory))[0]

    found, ended = run_pair_cell(notebook, options, make, prompt, arguments)
    _bind(notebook, out, found)
    if ended is not None:
        raise ended


def _check_pairs(options: Mapping[str, str]) -> None:
    """Options of evaluations and votes stand with --ab, and those of evaluations with --on too."""
    alone = [f"--{name}" for name in EVALUATION_OPTIONS if name in options and "on" not in options]
    if "on" in options and "ab" not in options:
        raise ConfigError("--on says which cases, but not who answers them; add --ab react,rewoo")
    if alone:
        raise ConfigError(f"{' and '.join(alone)} belongs to an evaluation; add --on and a dataset, as --on capitals")
    if "blind" in options and "ab" not in options:
        raise ConfigError("--blind hides which of two arms is which; add --ab react,rewoo")
    if "seed" in options and "ab" not in options:
        raise ConfigError("--seed draws cases, or the order of --blind; add --ab react,rewoo")
    clash = [f"--{name}" for name in ("arch", "agent") if name in options and "ab" in options]
    if clash:
        raise ConfigError(f"--ab names the arms, so it can't be given {' and '.join(clash)}; leave out one")


def _bind(notebook: Notebook, out: str | None, result: RunResult | SideBySide | Pairing) -> None:
    notebook.shell.user_ns["_loom"] = result
    if out is not None:
        notebook.shell.user_ns[out] = result


def _agent(
    notebook: Notebook,
    options: Mapping[str, str],
    way: str | None,
    budget: Budget | None = None,
    memory: Memory | None = None,
) -> tuple[Agent, dict[str, Any]]:
    """The agent of the cell, and what its run takes beside the prompt."""
    space, settings = notebook.space, notebook.settings
    if "agent" in options:
        both = [f"--{name}" for name in _BRINGS if name in options]
        if both:
            raise ConfigError(
                f"--agent runs an agent as it is, so it can't be given {' and '.join(both)}; leave out one"
            )
        agent: Agent = find(options["agent"], space, is_agent, "agent")
        return agent, {"extra_tools": find_tools(options["tools"], space)} if "tools" in options else {}
    tools = options.get("tools", settings["tools"])
    asks = "ask" in options or settings["ask"] == "on"
    made = Agent(
        settings["instructions"] or "",
        model=notebook.model_for(options.get("model")),
        memory=memory or notebook.memory,
        tools=find_tools(tools, space) if tools else None,
        architecture=way,
        budget=budget or budget_for(notebook.budget, options.get("budget")),
        permissions=StandardPermissions() if asks else None,
        # One for all cells: what is allowed for the session, or for good, is asked for once.
        approval_handler=notebook.approval if asks else None,
    )
    return made, {}


def _schema(notebook: Notebook, text: str) -> Any:
    """``Model``, or a union of several: ``A|B``."""
    found = [find(name, notebook.space, is_schema, "pydantic model") for name in re.split(r"\s*\|\s*", text.strip())]
    schema = found[0]
    for one in found[1:]:
        schema = schema | one
    return schema
