"""How the tools of skills are named, so that two skills never clash."""

import re

from loomlab.skills.errors import SkillError

_TOOL = re.compile(r"[A-Za-z0-9_-]{1,64}")


def tool_name(skill: str, tool: str, where: str) -> str:
    """``skill__tool``, with ``_`` for the hyphens of the skill's name."""
    name = f"{skill.replace('-', '_')}__{tool}"
    if not _TOOL.fullmatch(name):
        raise SkillError(
            f"{where}: {name!r} is no name for a tool: skill and tool together are at most 64 letters, digits, '_' "
            "and '-'; shorten one of them"
        )
    return name
