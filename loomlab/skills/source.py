"""Where skills come from: folders in layers, the later one winning."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from loomlab.skills.errors import SkillError
from loomlab.skills.skill import Skill

FILE = "SKILL.md"


@dataclass(frozen=True, slots=True)
class SkillSource:
    """A folder that is a skill, or holds some at any depth. ``label`` says in the catalogue which layer it is."""

    path: Path
    label: str | None = None

    @classmethod
    def coerce(cls, item: "SkillSource | str | os.PathLike[str] | tuple[str | os.PathLike[str], str]") -> "SkillSource":
        """A source of itself, a path, or ``(path, label)``; TypeError for anything else."""
        if isinstance(item, SkillSource):
            return item
        if isinstance(item, (str, os.PathLike)):
            return cls(Path(item).expanduser())
        match item:
            case (str() | os.PathLike() as path, str() as label):
                return cls(Path(path).expanduser(), label)
        raise TypeError(f"a source of skills is a path or (path, label), not {item!r}")

    def discover(self) -> list[Skill]:
        """The skills in it, by path. Raises ``SkillError`` where it does not exist or one of them can't be read."""
        path = self.path.expanduser()
        if not path.exists():
            raise SkillError(f"the source of skills {str(self.path)!r} does not exist; make the folder or leave it out")
        if path.is_file() or (path / FILE).is_file():
            return [Skill(path, source_label=self.label)]
        return [Skill(folder, source_label=self.label) for folder in sorted(_folders(path))]


def _folders(top: Path) -> list[Path]:
    """Every folder below with a SKILL.md; a link is followed, but no folder is looked at twice."""
    found: list[Path] = []
    seen: set[str] = set()
    for folder, below, files in os.walk(top, followlinks=True):
        real = os.path.realpath(folder)
        if real in seen:
            below.clear()
            continue
        seen.add(real)
        below[:] = sorted(name for name in below if not name.startswith(".") and name != "__pycache__")
        if FILE in files:
            found.append(Path(folder))
            below.clear()  # what lies within a skill belongs to it
    return found


SkillSpec: TypeAlias = "Skill | SkillSource | str | os.PathLike[str] | tuple[str | os.PathLike[str], str]"
