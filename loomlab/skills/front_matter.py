"""The two halves of a SKILL.md: YAML between ``---`` lines, then Markdown."""

import re
from typing import Any

from loomlab.skills.errors import SkillError

_LONGEST = 64 * 1024
"""Characters of front matter; a playbook's head is a page at most."""
_FENCE = re.compile(r"---[ \t]*(?:\n|\Z)")


def split(text: str, where: str) -> tuple[dict[str, Any], str]:
    """The fields of the front matter and the Markdown under it. ``where`` names the text in errors.

    Raises ``SkillError`` where there is no front matter, it isn't closed, or it isn't a mapping in YAML.
    """
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").lstrip("\n \t")
    opening = _FENCE.match(text)
    if opening is None:
        raise SkillError(f"{where}: no frontmatter: a skill begins with a line '---', then name: and description:")
    for closing in re.finditer(r"(?m)^---[ \t]*(?:\n|\Z)", text[opening.end() :]):
        head = text[opening.end() : opening.end() + closing.start()]
        return _fields(head, where), text[opening.end() + closing.end() :].strip("\n")
    raise SkillError(f"{where}: the frontmatter is not closed: put a line '---' between its fields and the text")


def _fields(head: str, where: str) -> dict[str, Any]:
    if len(head) > _LONGEST:
        raise SkillError(f"{where}: the frontmatter has {len(head):,} characters; at most {_LONGEST:,} are read")
    try:
        import yaml
    except ImportError:
        raise SkillError("skills are read with the package pyyaml: pip install 'loomlab[skills]'") from None
    try:
        # An alias can stand for a document of any size.
        if any(isinstance(one, yaml.AliasToken) for one in yaml.scan(head, Loader=yaml.SafeLoader)):
            raise SkillError(f"{where}: the frontmatter holds a YAML alias (*name); write the value out")
        fields = yaml.safe_load(head)
    except (yaml.YAMLError, ValueError, RecursionError) as exc:
        raise SkillError(f"{where}: the frontmatter is no YAML: {' '.join(str(exc).split())}") from None
    if not isinstance(fields, dict):
        raise SkillError(f"{where}: the frontmatter is no mapping; it holds lines such as 'name: my-skill'")
    return {str(key): value for key, value in fields.items()}
