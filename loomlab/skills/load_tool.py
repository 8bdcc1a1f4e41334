"""The tool by which a model reads a skill."""

from typing import Any

from loomlab.skills.errors import SkillError
from loomlab.skills.registry import SkillRegistry
from loomlab.tools import InProcessToolHost, Tool

_DESCRIPTION = (
    "Read the instructions of a skill before doing a task that it is for. Name one of its files to read that instead."
)


def make_load_skill_tool(
    registry: SkillRegistry, *, host: InProcessToolHost | None = None, tool_name: str = "load_skill"
) -> Tool:
    """A tool that returns the instructions of a skill by its ``name``, or one of its files by ``name`` and ``file``.

    The tools that the skill brings are put on ``host`` at the first reading, and the text ends by naming them. The
    names that a model may ask for are those in ``registry`` at the time.
    """

    def load_skill(name: str, file: str | None = None) -> str:
        try:
            if file is not None:
                return registry.get(name).read_file(file)
            body, _ = registry.load_with_tools(name)
            # Not only those that are new to the registry: another agent's host may share it.
            if host is not None:
                for one in registry.get(name).pending_tools:
                    if host.get(one.name) is not one:
                        host.register(one)
            return body + _footer(registry, name, host)
        except SkillError as exc:
            return f"ERROR: {exc}"

    made = Tool(name=tool_name, description=_DESCRIPTION, fn=load_skill, input_schema=_schema(registry))

    def changed() -> None:
        made.input_schema = _schema(registry)
        if host is not None and host.get(tool_name) is made:
            host.register(made)

    registry.on_change(changed)
    return made


def _footer(registry: SkillRegistry, name: str, host: InProcessToolHost | None) -> str:
    skill, lines = registry.get(name), []
    if host is not None and (tools := skill.pending_tools):
        lines.append("Tools of this skill that you can call now: " + ", ".join(one.name for one in tools))
    if files := skill.list_files():
        shown = ", ".join(str(one) for one in files[:_FILES])
        more = f" and {len(files) - _FILES} more" if len(files) > _FILES else ""
        lines.append(f"Files of this skill that you can read by file=: {shown}{more}")
    return "\n\n---\n" + "\n".join(lines) if lines else ""


_FILES = 20


def _schema(registry: SkillRegistry) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {
            "name": {"type": "string", "description": "The skill's name.", "enum": registry.names()},
            "file": {"type": "string", "description": "A file of the skill, to read instead of its instructions."},
        },
        "required": ["name"],
    }
