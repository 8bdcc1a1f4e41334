"""What an agent has in its hand: each tool, where it comes from, whether it may be used, and what became of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from loomlab.core.redact import redact
from loomlab.display import format as fmt
from loomlab.display.grid import RIGHT, column, grid
from loomlab.display.table import table_text
from loomlab.display.text import clip, escape, preview
from loomlab.display.theme import fitting

ROWS = 60
_ARGUMENTS = 8
_MARKS = {
    "allowed": ("✓ allowed", "ok"),
    "asks": ("? asks", "hm"),
    "denied": ("✕ denied", "no"),
    "gone": ("–", "s"),
    "": ("depends on the call", "s"),
}
_OFFERED = ("tool", "source", "arguments")
_COLUMNS = (*_OFFERED, "permission", "calls", "failed", "denied")
_FIGURES = ("calls", "failed", "denied")


@dataclass(frozen=True, slots=True)
class HeldTool:
    """One tool of an agent.

    ``source`` is where it comes from, ``permission`` what the policy says to it: ``allowed``, ``asks``, ``denied``,
    "" where that depends on the call, ``gone`` for a tool that was called and is not there; ``why`` its reason.
    ``calls``, ``failed`` and ``refused`` are None where no log says.
    """

    name: str
    source: str
    description: str = ""
    schema: Mapping[str, Any] | None = None
    destructive: bool = False
    permission: str = "allowed"
    why: str = ""
    calls: int | None = None
    failed: int | None = None
    refused: int | None = None


def tools_html(title: str, tools: Sequence[HeldTool], notes: Sequence[str] = (), *, held: bool = True) -> str:
    """The tools as a whole output; descriptions are folded. ``held``: an agent holds them, so that it can be said what
    is allowed and what was called.
    """
    sizes = ((ROWS, 800), (ROWS, 160), (20, 60))
    return fitting(_body(title, tools, notes, most, room, held=held) for most, room in sizes)


def tools_text(title: str, tools: Sequence[HeldTool], notes: Sequence[str] = (), *, held: bool = True) -> str:
    """The same as text."""
    if not tools:
        return "\n".join([_title(title, tools), *(preview(redact(one), 300) for one in notes)])
    rows = [
        [
            one.name,
            one.source,
            arguments_of(one.schema),
            _mark(one)[0],
            *("–" if value is None else value for value in (one.calls, one.failed, one.refused)),
        ]
        for one in tools
    ]
    columns = _COLUMNS if held else _OFFERED
    table = table_text(columns, [row[: len(columns)] for row in rows], title=_title(title, tools), limit=ROWS)
    return "\n".join([table, *(preview(redact(one), 300) for one in notes)])


def arguments_of(schema: Mapping[str, Any] | None) -> str:
    """The arguments of a tool in short: ``city: string, days: integer = 1, unit?: "c" or "f"``."""
    found = schema.get("properties") if isinstance(schema, Mapping) else None
    if not isinstance(found, Mapping):
        return ""
    required = schema.get("required") if isinstance(schema, Mapping) else None
    needed = set(map(str, required)) if isinstance(required, (list, tuple)) else set()
    said = [_argument(str(name), one, str(name) in needed) for name, one in list(found.items())[:_ARGUMENTS]]
    more = len(found) - len(said)
    return ", ".join([*said, *([f"and {more} more"] if more else [])])


def _argument(name: str, schema: Any, needed: bool) -> str:
    schema = schema if isinstance(schema, Mapping) else {}
    default = schema.get("default")
    given = f" = {preview(repr(default), 20)}" if default is not None else ""
    return f"{preview(name, 40)}{'' if needed or given else '?'}: {_type(schema)}{given}"


def _type(schema: Mapping[str, Any]) -> str:
    choices = schema.get("enum")
    if isinstance(choices, (list, tuple)) and choices:
        more = " or …" if len(choices) > 4 else ""
        return " or ".join(preview(repr(one), 20) for one in choices[:4]) + more
    kind = schema.get("type")
    if kind == "array":
        inner = schema.get("items")
        return f"list of {_type(inner)}" if isinstance(inner, Mapping) and inner else "list"
    if isinstance(kind, str):
        return preview(kind, 20)
    ways = kind if isinstance(kind, list) else schema.get("anyOf") or schema.get("oneOf")
    if isinstance(ways, list):
        said = [_type(one) if isinstance(one, Mapping) else preview(str(one), 20) for one in ways[:4]]
        return " or ".join(dict.fromkeys(one for one in said if one != "null")) or "null"
    return "object" if "$ref" in schema or "properties" in schema else "any"


def _body(title: str, tools: Sequence[HeldTool], notes: Sequence[str], most: int, room: int, *, held: bool) -> str:
    above = f"<p>{escape(_title(title, tools))}</p>"
    above += "".join(f'<p class="note">{escape(clip(redact(one), 800))}</p>' for one in notes)
    if not tools:
        return above
    lines = []
    for one in tools[:most]:
        mark, css = _mark(one)
        why = f'<br><span class="s">{escape(preview(redact(one.why), 120))}</span>' if one.why else ""
        world = '<span class="s">changes the world</span>' if one.destructive else ""
        said = clip(redact(one.description), room)
        name = f"<code>{escape(preview(one.name, 80))}</code>"
        fold = f"<details><summary>{name}</summary>{escape(said)}</details>" if said else f"{name} "
        counts = ((one.calls, False), (one.failed, True), (one.refused, True))
        figures = "".join(_figure(value, bad) for value, bad in counts)
        lines.append(
            f'<tr><th scope="row">{fold}{world}</th><td>{escape(preview(redact(one.source), 80))}</td>'
            f"<td>{escape(preview(arguments_of(one.schema), 240))}</td>"
            + (f'<td><span class="{css}">{mark}</span>{why}</td>{figures}' if held else "")
            + "</tr>"
        )
    head = "".join(column(name, right=name in _FIGURES) for name in (_COLUMNS if held else _OFFERED))
    left = f'<p class="s">{fmt.plural(len(tools) - most, "more tool")} not shown</p>' if len(tools) > most else ""
    return above + grid(head, "".join(lines), wide=True) + left


def _title(title: str, tools: Sequence[HeldTool]) -> str:
    denied = sum(one.permission == "denied" for one in tools)
    asks = sum(one.permission == "asks" for one in tools)
    parts = [preview(redact(title), 100), fmt.plural(len(tools), "tool")]
    parts += [f"{asks} asks" if asks == 1 else f"{asks} ask"] if asks else []
    return " · ".join([*parts, *([f"{denied} denied"] if denied else [])])


def _mark(one: HeldTool) -> tuple[str, str]:
    return _MARKS[one.permission]


def _figure(value: int | None, bad: bool) -> str:
    said = "–" if value is None else fmt.count(value)
    shown = f'<span class="no">{said}</span>' if bad and value else said
    return f"<td{RIGHT}>{shown}</td>"
