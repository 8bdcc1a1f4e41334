"""Write ``src/generated``: TypeScript types of what loomlab stores, tells and answers, so that neither side drifts.

``python extension/make_types.py`` writes; ``--check`` says what would change and exits with 1. Sources: the tables of
the run log, the kinds of events and what they carry, the JSON of the server's routes, the version, and ``morph.js``.
"""

import importlib
import json
import re
import sys
import types
import typing
from collections.abc import Callable, Iterator
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Any

from pydantic import BaseModel

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
if str(ROOT) not in sys.path:  # the clone that this file is part of, whatever else is installed
    sys.path.insert(0, str(ROOT))

COMMAND = "python extension/make_types.py"
TARGET = HERE / "src" / "generated"
_HEAD = f"// Made by `{COMMAND}`. Do not edit: change the Python it is made from, and run that again.\n\n"
_PLAIN = {str: "string", int: "number", float: "number", bool: "boolean", type(None): "null", datetime: "string"}
_COLUMN = {
    "VARCHAR": "string",
    "BIGINT": "number",
    "DOUBLE": "number",
    "BOOLEAN": "boolean",
    "TIMESTAMPTZ": "string",
    "JSON": "string",
}


def made() -> dict[str, str]:
    """The text of every generated file, by its name."""
    return {
        "rows.ts": _HEAD + "\n".join(_rows()),
        "events.ts": _HEAD + "\n".join(_events()),
        "shapes.ts": _HEAD + "\n".join(_shapes()),
        "version.ts": _HEAD + _version(),
        "morph.ts": _HEAD + _morph(),
        "options.ts": _HEAD + _options(),
    }


def drifted() -> list[str]:
    """Names of files in ``src/generated`` that are not what the Python says now."""
    wanted = made()
    return [name for name, text in wanted.items() if not (TARGET / name).is_file() or _read(TARGET / name) != text]


def main(arguments: list[str]) -> int:
    """Write the files, or with ``--check`` only say which differ."""
    names = drifted()
    if "--check" in arguments:
        if names:
            print(f"extension/src/generated is not what the Python says ({', '.join(names)}): run {COMMAND}")
        return 1 if names else 0
    TARGET.mkdir(parents=True, exist_ok=True)
    wanted = made()
    for name in names:
        (TARGET / name).write_text(wanted[name], encoding="utf-8", newline="\n")
        print(f"wrote extension/src/generated/{name}")
    return 0


# ---------------------------------------------------------------------------------------------- what is written


def _rows() -> Iterator[str]:
    from loomlab.runlog.schema import SCHEMA_VERSION, TABLES

    yield f"/** The schema of the run log that is written. */\nexport const SCHEMA_VERSION = {SCHEMA_VERSION};\n"
    for table in TABLES.values():
        name = _camel(table.name)
        yield f"{_comment(table.meaning)}export interface {name}Row {{"
        for column in table.columns:
            yield f"{_comment(column.meaning, '  ')}  {column.name}: {_COLUMN[column.type]} | null;"
        yield "}\n"


def _events() -> Iterator[str]:
    from loomlab.core.events import EventKind

    models: dict[str, str] = {}
    kinds = " | ".join(f"'{kind.value}'" for kind in EventKind)
    payloads = list(_payloads(_collector(models)))
    yield f"/** Every kind of event there is. */\nexport type EventKind = {kinds};\n"
    yield "/** One thing that happened in a run. */\nexport interface Event<K extends EventKind = EventKind> {"
    yield "  kind: K;\n  session_id: string;\n  at: string;\n  run_id: string;\n  parent_run_id: string | null;"
    yield "  payload: Payloads[K];\n}\n"
    yield "/** What each kind carries. Fields may be added; a reader ignores what it does not know. */"
    yield "export interface Payloads {"
    yield from payloads
    yield "}\n"
    for name in sorted(models):
        yield models[name]


def _payloads(typed: Callable[[Any], str]) -> Iterator[str]:
    import payload_fields

    for kind, fields in payload_fields.FIELDS.items():
        said = payload_fields.told(kind)
        if strange := [name for name in fields if name not in re.findall(r"[a-z_]+", said)]:
            raise SystemExit(f"loomlab.core.payloads no longer says {strange} of {kind.value}: mend payload_fields.py")
        yield f"{_comment(said, '  ')}  {kind.value}: {{"
        for field, hint in fields.items():
            yield f"    {field}?: {typed(hint)};"
        yield "    [more: string]: unknown;\n  };"


def _shapes() -> Iterator[str]:
    for path in sorted((ROOT / "loomlab" / "server").glob("shapes*.py")):
        room = importlib.import_module(f"loomlab.server.{path.stem}")
        for name, item in vars(room).items():
            if typing.is_typeddict(item) and item.__module__ == room.__name__:
                yield _interface(name, item.__doc__, _typed_dict(item))


def _version() -> str:
    package = json.loads(_read(HERE / "package.json"))
    return (
        f"/** Version of this extension, as `package.json` says. */\nexport const VERSION = '{package['version']}';\n"
    )


def _options() -> str:
    if str(HERE) not in sys.path:
        sys.path.append(str(HERE))
    return str(importlib.import_module("make_options").source())


def _morph() -> str:
    code = _read(ROOT / "loomlab" / "notebook" / "static" / "morph.js")
    return f"// @ts-nocheck\n{code.rstrip()}\n\nexport {{ morph, parsed }};\n"


# ---------------------------------------------------------------------------------------------- types


def _collector(into: dict[str, str]) -> Callable[[Any], str]:
    """A translator of hints that also writes down the models which they name."""

    def typed(hint: Any) -> str:
        return _typescript(hint, model)

    def model(kind: type[BaseModel]) -> str:
        if kind.__name__ not in into:
            into[kind.__name__] = ""
            hints = typing.get_type_hints(kind)
            fields = [(name, False, typed(hints[name])) for name in kind.model_fields]
            into[kind.__name__] = _interface(kind.__name__, kind.__doc__, fields)
        return kind.__name__

    return typed


def _typed_dict(kind: Any) -> list[tuple[str, bool, str]]:
    hints = typing.get_type_hints(kind, include_extras=True)
    fields = []
    for name, hint in hints.items():
        maybe = name in kind.__optional_keys__
        if typing.get_origin(hint) in {typing.NotRequired, typing.Required}:
            hint = typing.get_args(hint)[0]
        fields.append((name, maybe, _typescript(hint)))
    return fields


def _typescript(hint: Any, model: Callable[[type[BaseModel]], str] | None = None) -> str:
    origin, inside = typing.get_origin(hint), typing.get_args(hint)
    if hint in _PLAIN:
        return _PLAIN[hint]
    if origin is typing.Literal:
        return " | ".join(json.dumps(value).replace('"', "'") for value in inside)
    if origin in {typing.Union, types.UnionType}:
        return " | ".join(dict.fromkeys(_typescript(one, model) for one in inside))
    if origin in {list, tuple, set, frozenset}:
        each = _typescript(inside[0], model) if inside else "unknown"
        return f"({each})[]" if "|" in each else f"{each}[]"
    if origin is dict:
        return f"Record<string, {_typescript(inside[1], model)}>"
    if typing.is_typeddict(hint):
        return str(hint.__name__)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return " | ".join(f"'{one.value}'" for one in hint)
    if isinstance(hint, type) and issubclass(hint, BaseModel) and model:
        return model(hint)
    return "unknown"


def _interface(name: str, meaning: str | None, fields: list[tuple[str, bool, str]]) -> str:
    lines = [f"{_comment(meaning or '')}export interface {name} {{"]
    lines += [f"  {field}{'?' if maybe else ''}: {kind};" for field, maybe, kind in fields]
    return "\n".join([*lines, "}\n"])


def _comment(text: str, indent: str = "") -> str:
    words = " ".join(text.partition("\n\n")[0].replace("``", "`").replace("*/", "* /").split())
    return f"{indent}/** {words} */\n" if words else ""


def _camel(name: str) -> str:
    return "".join(word.capitalize() for word in name.split("_"))


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
