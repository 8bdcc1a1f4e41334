"""The skills of an agent: what is known of all, and what has been read."""

import warnings
from collections.abc import Callable, Iterable, Iterator

from loomlab.core.nearest import did_you_mean
from loomlab.skills.errors import SkillError
from loomlab.skills.metadata import SkillMetadata
from loomlab.skills.skill import Skill
from loomlab.skills.source import SkillSource, SkillSpec
from loomlab.tools import Tool

_CATALOG = (
    "## Skills\n"
    "These are instructions for particular tasks. When a task fits one, call load_skill with its name first and do as "
    "it says."
)


class SkillRegistry:
    """Skills by name. Of two with one name the later wins, so that a project's layer can replace a user's."""

    def __init__(self, items: Iterable[SkillSpec] | None = None) -> None:
        self._skills: dict[str, Skill] = {}
        self._loaded: set[str] = set()
        self._listeners: list[Callable[[], None]] = []
        if isinstance(items, (str, Skill, SkillSource)):
            items = [items]
        for item in items or ():
            self.add(item)

    def add(self, item: SkillSpec) -> list[Skill]:
        """Add a skill, or all skills of a source; what was added. A source without any is a warning."""
        found = [item] if isinstance(item, Skill) else SkillSource.coerce(item).discover()
        if not found:
            warnings.warn(f"no skill (a folder with a SKILL.md) was found in {item!r}", UserWarning, stacklevel=2)
        for skill in found:
            self._skills.pop(skill.name, None)
            self._skills[skill.name] = skill
            self._loaded.discard(skill.name)
        self._changed()
        return found

    def remove(self, name: str) -> bool:
        """Take a skill away; whether it was there. Tools that it brought stay where they are."""
        there = self._skills.pop(name, None) is not None
        self._loaded.discard(name)
        self._changed()
        return there

    def names(self) -> list[str]:
        """The names, in order."""
        return sorted(self._skills)

    def get(self, name: str) -> Skill:
        """A skill by name. Raises ``SkillError`` for one that is not here."""
        if name not in self._skills:
            raise SkillError(f"Unknown skill {name!r}: {did_you_mean(name, self.names())}")
        return self._skills[name]

    def metadata_map(self) -> dict[str, SkillMetadata]:
        """What is known of each skill without reading it."""
        return {name: self._skills[name].metadata for name in self.names()}

    def catalog_section(self) -> str:
        """What stands in every prompt: one line a skill; nothing where there are none."""
        if not self._skills:
            return ""
        return "\n".join((_CATALOG, *(one.to_catalog_line() for one in self.metadata_map().values())))

    def load(self, name: str) -> str:
        """The instructions of a skill, which now counts as read."""
        body = self.get(name).load_body()
        self._loaded.add(name)
        return body

    def load_with_tools(self, name: str) -> tuple[str, list[Tool]]:
        """The instructions, and the tools that come with them: the first time only, as then they are there."""
        first = not self.is_loaded(name)
        body = self.load(name)
        return body, self.get(name).pending_tools if first else []

    def is_loaded(self, name: str) -> bool:
        """Whether a skill was read."""
        return name in self._loaded

    def on_change(self, listener: Callable[[], None]) -> None:
        """Have ``listener()`` called whenever skills come or go."""
        self._listeners.append(listener)

    def _changed(self) -> None:
        for listener in self._listeners:
            listener()

    def __contains__(self, name: object) -> bool:
        return name in self._skills

    def __len__(self) -> int:
        return len(self._skills)

    def __iter__(self) -> Iterator[Skill]:
        return iter([self._skills[name] for name in self.names()])

    def __repr__(self) -> str:
        return f"SkillRegistry({', '.join(self.names())})"
