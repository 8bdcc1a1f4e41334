"""The public face: tests/snapshots/api.txt lists every public name, so that review sees each one that comes or goes.

After a change that is meant: ``LOOMLAB_UPDATE_SNAPSHOTS=1 python3 dev.py test tests/guards/test_public_names.py``.
"""

import importlib
import os
import pkgutil
from types import ModuleType

import pytest

import loomlab

CALLED_BY_OTHERS = {"TYPE_CHECKING", "load_ipython_extension", "unload_ipython_extension"}
"""Names whose spelling is not ours: type checkers and IPython look for them."""


def _rooms() -> list[str]:
    """The package and its rooms; a room without ``__all__`` has no public names of its own."""
    names = [one.name for one in pkgutil.iter_modules(loomlab.__path__) if not one.name.startswith("_")]
    return ["loomlab", *(f"loomlab.{name}" for name in sorted(names))]


def _public(room: ModuleType) -> list[str]:
    return [f"{room.__name__}.{name}" for name in sorted(room.__all__)]


def test_the_public_names_are_those_of_the_snapshot(pytestconfig: pytest.Config) -> None:
    path = pytestconfig.rootpath / "tests" / "snapshots" / "api.txt"
    names = [name for room in _rooms() for name in _public(importlib.import_module(room))]
    if os.environ.get("LOOMLAB_UPDATE_SNAPSHOTS") == "1":
        path.write_text("\n".join(names) + "\n", encoding="utf-8")
    assert names == path.read_text(encoding="utf-8").split()


@pytest.mark.parametrize("name", _rooms())
def test_all_is_what_is_there(name: str) -> None:
    room = importlib.import_module(name)
    assert len(room.__all__) == len(set(room.__all__))
    assert [one for one in room.__all__ if getattr(room, one, None) is None] == []
    there = {
        key
        for key, value in vars(room).items()
        if not key.startswith("_")
        and not isinstance(value, ModuleType)
        and str(getattr(value, "__module__", "loomlab")).startswith("loomlab")
    }
    assert there - set(room.__all__) - CALLED_BY_OTHERS == set()


@pytest.mark.parametrize("name", _rooms())
def test_dir_offers_the_public_names(name: str) -> None:
    room = importlib.import_module(name)
    assert set(room.__all__) <= set(dir(room))


def test_a_star_import_gives_exactly_the_public_names() -> None:
    space: dict[str, object] = {}
    exec("from loomlab import *", space)
    assert set(space) - {"__builtins__"} == set(loomlab.__all__)
