"""What is known of a skill before it is read: the part that stands in every prompt."""

import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from loomlab.skills.errors import SkillError

_NAME = re.compile(r"[a-z0-9-]+")
_RESERVED = ("anthropic", "claude")
_LONGEST_NAME = 64
_LONGEST_DESCRIPTION = 1_024
_FIELDS = ("name", "description", "license", "compatibility", "metadata", "allowed-tools", "allowed_tools", "tools")


@dataclass(frozen=True, slots=True)
class SkillMetadata:
    """Name and purpose of a skill, and what its author says about it.

    ``extra`` is the mapping under ``metadata``, and what fields there are that the format does not know.
    ``allowed_tools`` are tools that the author says it works with; they allow nothing by themselves. ``source_label``
    says which layer it came from. ``declared_tool_count`` is how many tools it brings.
    """

    name: str
    description: str
    license: str | None = None
    compatibility: str | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)
    allowed_tools: tuple[str, ...] | None = None
    source_label: str | None = None
    has_python_tools: bool = False
    declared_tool_count: int = 0

    def to_catalog_line(self) -> str:
        """The line that stands for this skill in a prompt."""
        tools = self.declared_tool_count
        count = f" [+{tools} tool{'s' if tools > 1 else ''}]" if tools else ""
        label = f" [{self.source_label}]" if self.source_label else ""
        return f"  - {self.name}{count}{label}: {' '.join(self.description.split())}"


def read_metadata(fields: Mapping[str, Any], where: str, label: str | None) -> SkillMetadata:
    """The metadata in front-matter fields. Raises ``SkillError`` for what the format does not allow."""
    extra = fields.get("metadata") or {}
    if not isinstance(extra, dict):
        raise SkillError(f"{where}: metadata in the frontmatter is a mapping, not {extra!r}")
    # Skills written for other programs have fields of theirs; one that only looks like ours is a slip of the pen.
    others = {key: value for key, value in fields.items() if key not in _FIELDS}
    for key in others:
        if near := get_close_matches(key, _FIELDS, n=1, cutoff=0.8):
            warnings.warn(f"{where}: the frontmatter has {key!r}; did you mean {near[0]!r}?", UserWarning, stacklevel=2)
    name = _name(fields.get("name"), where)
    description = _text(fields, "description", where)
    if not description:
        raise SkillError(f"{where}: the frontmatter has no description; say what the skill does and when to use it")
    if len(description) > _LONGEST_DESCRIPTION:
        raise SkillError(f"{where}: the description exceeds {_LONGEST_DESCRIPTION} characters ({len(description)})")
    return SkillMetadata(
        name=name,
        description=description,
        license=_text(fields, "license", where),
        compatibility=_text(fields, "compatibility", where),
        extra={**others, **extra},
        allowed_tools=_allowed(fields, where),
        source_label=label,
    )


def _name(name: Any, where: str) -> str:
    if not isinstance(name, str) or not name:
        raise SkillError(f"{where}: the frontmatter has no name; a name is text such as 'my-skill'")
    if len(name) > _LONGEST_NAME:
        raise SkillError(f"{where}: the name exceeds {_LONGEST_NAME} characters ({len(name)})")
    if not _NAME.fullmatch(name):
        raise SkillError(f"{where}: the name {name!r} must match [a-z0-9-]+: lower-case letters, digits and hyphens")
    for word in _RESERVED:
        if word in name:
            raise SkillError(f"{where}: the name {name!r} holds the reserved word {word!r}")
    return name


def _text(fields: Mapping[str, Any], key: str, where: str) -> str | None:
    value = fields.get(key)
    if value is None:
        return None
    if not isinstance(value, str):
        raise SkillError(f"{where}: {key} in the frontmatter is text, not {value!r}; put it in quotes")
    return value.strip()


def _allowed(fields: Mapping[str, Any], where: str) -> tuple[str, ...] | None:
    value = fields.get("allowed-tools", fields.get("allowed_tools"))
    if value is None:
        return None
    if isinstance(value, str):
        # One line of names: commas or spaces between them, but not within parentheses, as in Bash(git: *).
        return tuple(one for one in re.findall(r"[^\s,()]+(?:\([^)]*\))?", value) if one)
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return tuple(value)
    raise SkillError(f"{where}: allowed-tools in the frontmatter is a list of names, not {value!r}")
