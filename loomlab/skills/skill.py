"""One skill: a folder with a SKILL.md, or a text."""

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from loomlab.skills.errors import SkillError
from loomlab.skills.front_matter import split
from loomlab.skills.metadata import SkillMetadata, read_metadata
from loomlab.skills.python_tools import python_tools
from loomlab.skills.script_tools import script_tools
from loomlab.tools import Tool

_FILE = "SKILL.md"
_LONGEST = 1_000_000
"""Bytes of a SKILL.md; what a model is to read in one piece is far shorter."""


class Skill:
    """A playbook in the format of Anthropic's Agent Skills: front matter in YAML, then instructions in Markdown.

    ``path`` is the folder or its SKILL.md (``~`` is the home folder). Scripts that the front matter declares under
    ``tools:`` and functions of a ``tools.py`` marked with ``@tool`` become tools named ``skill__tool``. A ``tools.py``
    is imported here: it is code that runs with your rights, so take skills only from where you would take code.

    Raises ``SkillError`` for a missing or unreadable skill.
    """

    path: Path | None
    metadata: SkillMetadata
    _body: str
    _tools: tuple[Tool, ...]

    def __init__(self, path: str | os.PathLike[str], *, source_label: str | None = None) -> None:
        given = Path(path).expanduser()
        self.path = given.parent if given.is_file() or given.name == _FILE else given
        file = self.path / _FILE
        if not file.is_file():
            what = "is no folder" if not self.path.is_dir() else f"holds no {_FILE}"
            raise SkillError(f"No SKILL.md: {str(self.path)!r} {what}; a skill is a folder with a file of that name")
        fields = self._read(_text(file), str(file), source_label)
        declared = script_tools(fields.get("tools"), self.path, self.name, str(file))
        imported = python_tools(self.path, self.name)
        names = {one.name for one in declared}
        for one in imported:
            if one.name in names:
                raise SkillError(f"{file}: two tools are named {one.name!r}, one under tools:, one in tools.py")
        self._tools = (*declared, *imported)
        self.metadata = replace(self.metadata, has_python_tools=bool(imported), declared_tool_count=len(self._tools))

    @classmethod
    def from_text(cls, text: str, *, source_label: str | None = None) -> "Skill":
        """A skill without a folder. It brings no tools of its own, as there is nothing to run."""
        made = cls.__new__(cls)
        made.path = None
        fields = made._read(text, "this skill", source_label)
        if fields.get("tools"):
            raise SkillError("Inline skills have no tools: scripts need a folder; write the skill into one")
        made._tools = ()
        return made

    def _read(self, text: str, where: str, label: str | None) -> Mapping[str, Any]:
        fields, self._body = split(text, where)
        self.metadata = read_metadata(fields, where, label)
        return fields

    @property
    def name(self) -> str:
        """Its name, which is what a model asks for."""
        return self.metadata.name

    @property
    def description(self) -> str:
        """What it is for and when to use it."""
        return self.metadata.description

    @property
    def pending_tools(self) -> list[Tool]:
        """The tools that come with it once it is loaded."""
        return list(self._tools)

    def load_body(self) -> str:
        """The instructions, as the file says them now."""
        if self.path is not None:
            file = self.path / _FILE
            _, self._body = split(_text(file), str(file))
        return self._body

    def list_files(self) -> list[Path]:
        """The files beside SKILL.md, relative to the skill's folder, in order of name."""
        if self.path is None:
            return []
        found: list[Path] = []
        for folder, below, files in os.walk(self.path):
            below[:] = sorted(name for name in below if not name.startswith(".") and name != "__pycache__")
            found += [Path(folder, name).relative_to(self.path) for name in files if not name.startswith(".")]
        return sorted(one for one in found if one != Path(_FILE))

    def read_file(self, name: str) -> str:
        """The text of one of its files. Raises ``SkillError`` for one that is not in its folder or no text."""
        files = self.list_files()
        known = ", ".join(str(one) for one in files) or "none"
        if self.path is None or Path(name) not in files:
            raise SkillError(f"skill {self.name!r} has no file {name!r}; its files: {known}")
        file = (self.path / name).resolve()
        if not file.is_relative_to(self.path.resolve()):
            raise SkillError(f"the file {name!r} of skill {self.name!r} is a link that leads out of its folder")
        return _text(file)

    def __repr__(self) -> str:
        return f"Skill({self.name!r}, {len(self._tools)} tools)"


def _text(file: Path) -> str:
    try:
        if file.stat().st_size > _LONGEST:
            raise SkillError(f"{file}: {file.stat().st_size:,} bytes; at most {_LONGEST:,} are read: split it up")
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise SkillError(f"{file} is no text in UTF-8; save it as such") from None
    except OSError as exc:
        raise SkillError(f"{file} can't be read: {exc.strerror or exc}") from None
