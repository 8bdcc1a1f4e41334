"""The reference: one page a room, written from ``__all__`` and the docstrings each time the documentation is built.

The pages lie in ``api/`` beside this file and are not kept. A name that two rooms offer is told of in one of them, and
the other leads there.
"""

import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

import loomlab

PAGES = Path(__file__).resolve().parent / "api"
STOP_AT = "object, BaseModel, Exception, BaseException, dict, list, tuple, str, int, Enum, Protocol, Generic, Mapping"
INSIDE = ("loomlab.agent.config",)
"""Packages within a room that users import from as well."""

KINDS = {"Classes": "autoclass", "Functions": "autofunction", "Values": "autodata", "More": "automodule"}
FENCE = re.compile(r"^```(\w*)\s*$")


def rooms() -> list[ModuleType]:
    """Every package of the library that offers names, in the order of the alphabet."""
    found = [
        importlib.import_module(f"loomlab.{one.name}") for one in pkgutil.iter_modules(loomlab.__path__) if one.ispkg
    ]
    return [room for room in found if getattr(room, "__all__", None)]


def offered(room: ModuleType) -> dict[str, Any]:
    """The public names of a room and what they are."""
    return {name: getattr(room, name) for name in sorted(room.__all__, key=str.lower) if name != "__version__"}


def homes() -> dict[int, str]:
    """By identity, the one name under which each public thing is told of: in the room whose file defines it."""
    found: dict[int, str] = {}
    for room in rooms():
        for name, value in offered(room).items():
            where = getattr(value, "__module__", None) or ""
            own = where == room.__name__ or where.startswith(f"{room.__name__}.")
            if own or id(value) not in found:
                found[id(value)] = f"{room.__name__}.{name}"
    return found


# ---------------------------------------------------------------------------------------------- pages


def _kind(value: Any) -> str:
    if inspect.ismodule(value):
        return "automodule"
    if inspect.isclass(value):
        return "autoclass"
    return "autofunction" if inspect.isroutine(value) else "autodata"


def _entry(full: str, value: Any) -> Iterator[str]:
    kind = _kind(value)
    yield f".. {kind}:: {full}"
    if kind == "autoclass":
        yield "   :members:"
        yield f"   :inherited-members: {STOP_AT}"
        yield "   :exclude-members: model_config, model_post_init"
    if kind == "automodule":
        yield "   :members:"
        yield "   :imported-members:"
    yield ""


def _heading(title: str, line: str) -> list[str]:
    return [title, line * len(title), ""]


def room_page(room: ModuleType, known: dict[int, str]) -> str:
    """The page of a room: what it is for, its names, and where the names lead that are told of elsewhere."""
    here = {name: value for name, value in offered(room).items() if known[id(value)] == f"{room.__name__}.{name}"}
    there = {name: known[id(value)] for name, value in offered(room).items() if name not in here}
    lines = [*_heading(room.__name__, "="), f".. automodule:: {room.__name__}", ""]
    for title, kind in (
        ("Classes", "autoclass"),
        ("Functions", "autofunction"),
        ("Values", "autodata"),
        ("More", "automodule"),
    ):
        entries = {name: value for name, value in here.items() if _kind(value) == kind}
        if entries:
            lines += _heading(title, "-")
            for name, value in entries.items():
                lines += _entry(f"{room.__name__}.{name}", value)
    if there:
        lines += [*_heading("Also offered here", "-"), *_table(there), ""]
    return "\n".join(lines)


def _table(names: dict[str, str]) -> list[str]:
    rows = [".. list-table::", "   :widths: 40 60", ""]
    for name, full in names.items():
        rows += [f"   * - ``{name}``", f"     - :py:obj:`{full}`"]
    return rows


def front_page(known: dict[int, str]) -> str:
    """The page of ``loomlab`` itself: the names to begin with, and all rooms."""
    lines = [*_heading("Reference", "="), "Names to import from ``loomlab`` itself, each told of in its room:", ""]
    lines += [*_table({name: known[id(value)] for name, value in offered(loomlab).items()}), ""]
    lines += [*_heading("Rooms", "-"), ".. toctree::", "   :maxdepth: 1", ""]
    return "\n".join([*lines, *(f"   {room.__name__}" for room in rooms()), ""])


def log_page() -> str:
    """The tables of the run log, as the log itself describes them."""
    from loomlab.runlog import SCHEMA_VERSION, TABLES

    lines = _heading("The tables of the run log", "=")
    lines += [f"Schema {SCHEMA_VERSION}. ``describe_schema()`` of ``loomlab.runlog`` prints the same, and"]
    lines += [":doc:`/guides/run_log` says how to ask.", ""]
    for table in TABLES.values():
        lines += [*_heading(table.name, "-"), _plain(table.meaning), ""]
        lines += [".. list-table::", "   :header-rows: 1", "   :widths: 24 16 60", ""]
        lines += ["   * - column", "     - type", "     - meaning"]
        for column in table.columns:
            lines += [f"   * - ``{column.name}``", f"     - {column.type}", f"     - {_plain(column.meaning)}"]
        lines.append("")
    return "\n".join(lines)


def _plain(text: str) -> str:
    return re.sub(r"([*`|\\_])", r"\\\1", " ".join(text.split())) or "\\"


def write_pages(app: Sphinx) -> None:
    """Write the pages, each only if it changed, so that a second build is quick; drop those of rooms that are gone."""
    known = homes()
    pages = {"index": front_page(known), "run_log_tables": log_page()}
    pages |= {room.__name__: room_page(room, known) for room in rooms()}
    PAGES.mkdir(exist_ok=True)
    for name, text in pages.items():
        path = PAGES / f"{name}.rst"
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
    for path in PAGES.glob("*.rst"):
        if path.stem not in pages:
            path.unlink()


# ---------------------------------------------------------------------------------------------- docstrings


def fences(_app: Sphinx, _what: str, _name: str, _value: Any, _options: Any, lines: list[str]) -> None:
    """Examples stand in docstrings as Markdown fences; make code blocks of them."""
    out: list[str] = []
    inside = False
    for line in lines:
        fence = FENCE.match(line.strip())
        if fence and not inside:
            out += ["", f".. code-block:: {fence[1] or 'text'}", ""]
        elif fence:
            out.append("")
        else:
            out.append(f"   {line}" if inside else line)
        inside = inside != bool(fence)
    lines[:] = out


# ---------------------------------------------------------------------------------------------- links


def _found(target: str) -> Any:
    parts = target.split(".")
    for cut in range(len(parts), 0, -1):
        try:
            value: Any = importlib.import_module(".".join(parts[:cut]))
        except ImportError:
            continue
        for part in parts[cut:]:
            if not hasattr(value, part):
                return None
            value = getattr(value, part)
        return value
    return None


def anchor(title: str) -> str:
    """The name of a heading in an address, as JupyterLab, nbconvert and GitHub make it for notebooks."""
    return title.replace(" ", "-")


def resolve(app: Sphinx, env: BuildEnvironment, node: pending_xref, content: nodes.TextElement) -> nodes.Node | None:
    """Where a name leads that has no entry by that spelling.

    The file in which a public thing is defined leads to its entry. Other people's names, and our inner ones in a
    signature, are shown without a link. What a text of ours names and nobody can import stays a warning.
    """
    if node.get("refdomain") != "py":
        return None
    target = node["reftarget"]
    value = _found(target) or _found(f"{node.get('py:module')}.{target}")
    home = app.loomlab_homes.get(id(value)) if value is not None else None  # type: ignore[attr-defined]
    if home is not None:
        return _link(app, env, node, home, content)
    # A name in code that a text of ours writes down has to be there; what stands in a signature need not be public.
    written = isinstance(content, nodes.literal)
    return content if not written or (value is not None and not target.startswith("loomlab")) else None


def _link(app: Sphinx, env: BuildEnvironment, node: pending_xref, home: str, content: nodes.TextElement) -> nodes.Node:
    domain = env.domains.python_domain
    return domain.resolve_xref(env, node["refdoc"], app.builder, "obj", home, node, content) or content


def setup(app: Sphinx) -> dict[str, bool]:
    """Called by Sphinx."""
    app.loomlab_homes = homes()  # type: ignore[attr-defined]
    app.connect("builder-inited", write_pages)
    app.connect("autodoc-process-docstring", fences, priority=100)
    app.connect("missing-reference", resolve)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
