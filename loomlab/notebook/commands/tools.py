"""``%loom tools AGENT``: what an agent has in its hand."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from loomlab.agent import Agent
from loomlab.core.errors import ConfigError
from loomlab.core.messages import ToolCall, ToolDef
from loomlab.core.protocols import Permissions
from loomlab.display.tools import HeldTool, tools_html, tools_text
from loomlab.notebook.bridge import answer, running_loop
from loomlab.notebook.cell import fill
from loomlab.notebook.commands.command import Command
from loomlab.notebook.face import Face
from loomlab.notebook.names import find, is_agent, names_of
from loomlab.notebook.notebook import Notebook
from loomlab.notebook.options import Option, parse, split
from loomlab.security.callables import takes_keyword
from loomlab.tools import Tool

OF = "%loom tools"
OPTIONS = (Option("user", "what this user is allowed, instead of the notebook's", "NAME", "user"),)
_CALLS = (
    "SELECT tool_calls.tool AS tool, count(*) AS calls, "
    "count(*) FILTER (WHERE NOT ok AND NOT coalesce(denied, false)) AS failed, "
    "count(*) FILTER (WHERE denied) AS refused "
    "FROM tool_calls JOIN runs ON runs.run_id = tool_calls.run_id "
    "WHERE runs.agent = $agent AND list_contains($runs, runs.run_id) GROUP BY tool_calls.tool"
)
_BUILT_IN = "loomlab.tools."
_RUNNABLE = "loomlab.runtime."


def _run(notebook: Notebook, rest: str) -> Face:
    words = split(rest)
    name = words.pop(0) if words and not words[0].startswith("-") else None
    if name is None:
        agents = names_of(notebook.space, is_agent)
        known = f"{OF} {agents[0]}" if agents else "there is none in this notebook yet"
        raise ConfigError(f"{OF} needs the variable of an agent: {known}")
    options = parse(words, OPTIONS, of=OF)
    user = fill(notebook, options["user"]) if "user" in options else notebook.settings["user"]
    agent: Agent = find(name, notebook.space, is_agent, "agent")
    tools, notes = answer(lambda: held(agent, user), loop=notebook.loop, kernel_loop=running_loop())
    tools = _counted(tools, _calls(notebook, agent.name))
    title = f"tools of {name}" + (f" for {user}" if user else "")
    return Face(tools_html(title, tools, notes), tools_text(title, tools, notes))


async def held(agent: Agent, user: str | None) -> tuple[list[HeldTool], list[str]]:
    """The tools of an agent as a user may use them, with those that a skill brings when it is read; and what is wrong
    with where they come from.
    """
    listed = list(await agent.tool_host.list_tools())
    names = {one.name for one in listed}
    skills = list(agent.skills or ())
    brought = {one.name: skill.name for skill in skills for one in skill.pending_tools}
    waiting = [one.to_def() for skill in skills for one in skill.pending_tools if one.name not in names]
    found = []
    for one in [*listed, *waiting]:
        state, why = await _allowed(agent.permissions, one, user)
        source = _source(agent.tool_host, one, brought, loads=bool(skills))
        source += ", once it is read" if one.name not in names else ""
        found.append(HeldTool(one.name, source, one.description, one.input_schema, one.destructive, state, why))
    return found, [text for host in _hosts(agent.tool_host) for text in _failures(host)]


async def _allowed(permissions: Permissions, one: ToolDef, user: str | None) -> tuple[str, str]:
    """What the policy says to a call without arguments, and why; "" where it can't say without them."""
    call = ToolCall(tool=one.name, tool_def=one, destructive=one.destructive)
    keywords: dict[str, Any] = {"user_id": user} if takes_keyword(permissions.check, "user_id") else {}
    try:
        decision = await permissions.check(call, context={}, **keywords)
    except Exception as exc:  # a policy of the user's own may want arguments
        return "", f"{type(exc).__name__}: {exc}"
    state = "allowed" if decision.allow else "denied" if decision.deny else "asks"
    return state, decision.reason or "" if state != "allowed" else ""


def _source(host: Any, one: ToolDef, brought: Mapping[str, str], *, loads: bool) -> str:
    if one.server:
        return f"MCP server {one.server}"
    if one.name in brought:
        return f"skill {brought[one.name]}"
    made = next((found for part in _hosts(host) if (found := _tool(part, one.name)) is not None), None)
    if made is None:
        return type(host).__name__
    module = str(getattr(made.fn, "__module__", ""))
    if loads and module.startswith("loomlab.skills."):
        return "skills"
    if module.startswith(_BUILT_IN):
        return "built-in"
    if module.startswith(_RUNNABLE):
        return "agent or workflow"
    return "function" if module in ("__main__", "") else f"function of {module.rpartition('.')[2]}"


def _hosts(host: Any) -> Iterator[Any]:
    """A host and those that it is made of; the ones that win come first."""
    yield host
    for part in (getattr(host, "extra", None), getattr(host, "own", None)):
        if part is not None:
            yield from _hosts(part)


def _tool(host: Any, name: str) -> Tool | None:
    get = getattr(host, "get", None)
    found = get(name) if callable(get) else None
    return found if isinstance(found, Tool) else None


def _failures(host: Any) -> list[str]:
    """Servers that did not answer: their tools are missing in the list."""
    failures = getattr(host, "failures", None)
    return [str(one) for one in failures.values()] if isinstance(failures, Mapping) else []


def _calls(notebook: Notebook, agent: str) -> dict[str, tuple[int, int, int]] | None:
    """Calls, failures and denials by tool, in this notebook's runs of agents of that name; None without a log."""
    runs = notebook.seen.every
    if not runs:
        return {}
    try:
        frame = notebook.log.sql(_CALLS, {"agent": agent, "runs": runs})
    except ConfigError:
        return None
    rows = zip(frame["tool"], frame["calls"], frame["failed"], frame["refused"], strict=True)
    return {str(tool): (int(calls), int(failed), int(refused)) for tool, calls, failed, refused in rows}


def _counted(tools: list[HeldTool], calls: dict[str, tuple[int, int, int]] | None) -> list[HeldTool]:
    if calls is None:
        return tools
    known = {one.name for one in tools}
    found = []
    for one in tools:
        made, failed, refused = calls.get(one.name, (0, 0, 0))
        found.append(replace(one, calls=made, failed=failed, refused=refused))
    gone = [
        HeldTool(name, "not there", permission="gone", calls=made, failed=failed, refused=refused)
        for name, (made, failed, refused) in sorted(calls.items())
        if name not in known
    ]
    return found + gone


def _complete(notebook: Notebook, words: list[str]) -> Iterable[str]:
    if not words:
        return names_of(notebook.space, is_agent)
    return () if words[-1] == "--user" else [f"--{one.name}" for one in OPTIONS if f"--{one.name}" not in words]


COMMAND = Command(
    "tools",
    "%loom tools AGENT [--user NAME]",
    "the tools of an agent: where they come from, what is allowed, what became of their calls",
    _run,
    _complete,
)
