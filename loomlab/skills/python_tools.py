"""Tools that a skill brings as Python: the public ``@tool`` functions of its ``tools.py``."""

import hashlib
import importlib.util
import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType

from loomlab.skills.errors import SkillError
from loomlab.skills.naming import tool_name
from loomlab.tools import Tool


def python_tools(folder: Path, skill: str) -> list[Tool]:
    """Import ``tools.py`` of a skill, if there is one, and take its tools. Raises ``SkillError`` where it can't be."""
    file = folder / "tools.py"
    if not file.is_file():
        return []
    module = _import(file, skill)
    found: list[Tool] = []
    for name, value in vars(module).items():
        if isinstance(value, Tool) and not name.startswith("_"):
            found.append(replace(value, name=tool_name(skill, value.name, str(file))))
    return found


def _import(file: Path, skill: str) -> ModuleType:
    # One name a file: the tools may be pickled and may refer to their module, and two skills must not share one.
    name = f"loomlab_skill_{hashlib.sha256(str(file.resolve()).encode()).hexdigest()[:16]}"
    # A package, so that tools.py can say ``from . import helper``.
    spec = importlib.util.spec_from_file_location(name, file, submodule_search_locations=[str(file.parent)])
    if spec is None or spec.loader is None:
        raise SkillError(f"Error importing {file} of skill {skill!r}: Python can't load it")
    module = importlib.util.module_from_spec(spec)
    before = sys.modules.get(name)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as exc:
        sys.modules.pop(name, None)
        if before is not None:
            sys.modules[name] = before
        raise SkillError(f"Error importing {file} of skill {skill!r}: {type(exc).__name__}: {exc}") from exc
    return module
