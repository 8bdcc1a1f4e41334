"""What a config would do beyond its own folder: for those who run one that somebody else may have written."""

from collections.abc import Iterator
from typing import Any

from loomlab.agent.config.dotted import dotted_paths, is_within
from loomlab.agent.config.files import Loaded
from loomlab.agent.config.places import Place
from loomlab.agent.config.schema.base import Table
from loomlab.agent.config.schema.layers import FileRef
from loomlab.agent.config.schema.sources import BuiltinTable, MCPTable, SkillTable

PROGRAMS = ("bash", "python")


def reaches(loaded: Loaded) -> list[str]:
    """One sentence for each thing that needs trust: code from outside of the folder, programs, files outside."""
    found = []
    folder = loaded.folder
    for place, path in dotted_paths(loaded.table):
        if folder is None or not is_within(path, folder):
            found.append(f"{loaded.at(place)} imports {path}, which is not beside the file")
    found += [f"{loaded.at(place)} {what}" for place, what in _acts(loaded, loaded.table, ())]
    for member in loaded.members.values():
        found += reaches(member)
    return found


def _acts(loaded: Loaded, value: Any, place: Place) -> Iterator[tuple[Place, str]]:
    if isinstance(value, MCPTable) and value.command is not None:
        yield place, f"starts the program {value.command}"
    elif isinstance(value, BuiltinTable) and value.builtin in PROGRAMS:
        yield place, f"lets the model run {value.builtin}"
    elif isinstance(value, BuiltinTable) and value.workdir is not None and _outside(loaded, value.workdir):
        yield place, f"gives the model the folder {value.workdir}"
    elif isinstance(value, FileRef) and _outside(loaded, value.file):
        yield place, f"reads {value.file}, which is outside of its folder"
    elif isinstance(value, SkillTable) and _outside(loaded, value.path):
        yield place, f"takes skills from {value.path}, which is outside of its folder"
    elif isinstance(value, Table):
        for key in value.model_fields_set:
            yield from _inside(loaded, getattr(value, key), (*place, key))
    elif isinstance(value, (dict, list)):
        for step, one in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _inside(loaded, one, (*place, step))


def _inside(loaded: Loaded, value: Any, place: Place) -> Iterator[tuple[Place, str]]:
    if isinstance(value, str) and "tools" in place and value.removeprefix("builtin:") in PROGRAMS:
        yield place, f"lets the model run {value}"
    elif isinstance(value, str) and "skills" in place[-2:] and _outside(loaded, value):
        yield place, f"takes skills from {value}, which is outside of its folder"
    else:
        yield from _acts(loaded, value, place)


def _outside(loaded: Loaded, given: str) -> bool:
    path = loaded.path(given).resolve()
    return loaded.folder is None or loaded.folder.resolve() not in (path, *path.parents)
