"""Skills: playbooks that a model reads when it needs them. Open ``skill.py`` first, then ``registry.py``.

Names load when they are first used: an agent without skills need not load the room.
"""

from typing import TYPE_CHECKING

from loomlab.core.lazy import lazily as _lazily

if TYPE_CHECKING:
    from loomlab.skills.errors import SkillError
    from loomlab.skills.load_tool import make_load_skill_tool
    from loomlab.skills.metadata import SkillMetadata
    from loomlab.skills.registry import SkillRegistry
    from loomlab.skills.skill import Skill
    from loomlab.skills.source import SkillSource, SkillSpec

__all__ = [
    "Skill",
    "SkillError",
    "SkillMetadata",
    "SkillRegistry",
    "SkillSource",
    "SkillSpec",
    "make_load_skill_tool",
]

__getattr__ = _lazily(
    __name__,
    {
        "Skill": "skill",
        "SkillError": "errors",
        "SkillMetadata": "metadata",
        "SkillRegistry": "registry",
        "SkillSource": "source",
        "SkillSpec": "source",
        "make_load_skill_tool": "load_tool",
    },
)
