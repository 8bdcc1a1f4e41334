"""Two parts of the Berkeley Function Calling Leaderboard (v4), from the package bfcl-eval."""

import json
import zipfile
from pathlib import Path
from typing import Any

from converters.write import Made, python_package

PACKAGE, VERSION = "bfcl-eval", "2026.3.23"
SHA256 = "3bb6dfa5f0c68ad403c9ec50b00db2bb3b4cc9b38ab1ff33f48fe30d853d3a0a"
RETRIEVED = "2026-11-22"
_TYPES = {"dict": "object", "float": "number", "tuple": "array"}

FAULTS = {
    "simple_python": [
        "simple_python_307: the key allows true for the parameter 'venue', whose schema says string.",
        "A few questions ask for more than the one function can do; the key then has the one call that fits.",
    ],
    "multiple": [
        "multiple_76: the key allows 'bronze', which the schema's enum writes 'Bronze'; ignore case.",
    ],
}
BOTH = [
    "Upstream's own checker counted a call that does not parse as not calling; score it as wrong.",
    "Only one form of most free-text arguments is in the key; an answer that says the same otherwise counts as wrong.",
]


def simple(source: Path | None, scratch: Path) -> Made:
    return _convert("simple_python", "bfcl_simple", "one question, one function to call", source, scratch)


def multiple(source: Path | None, scratch: Path) -> Made:
    return _convert(
        "multiple", "bfcl_multiple", "one question, two to four functions, one of them to call", source, scratch
    )


def _convert(part: str, name: str, what: str, source: Path | None, scratch: Path) -> Made:
    wheel = python_package(PACKAGE, VERSION, SHA256, source, scratch)
    with zipfile.ZipFile(wheel) as archive:
        asked = read_lines(archive, f"bfcl_eval/data/BFCL_v4_{part}.json")
        keys = {row["id"]: row for row in read_lines(archive, f"bfcl_eval/data/possible_answer/BFCL_v4_{part}.json")}
    cases = [_case(row, keys[row["id"]]) for row in asked]
    card = {
        "name": name,
        "description": f"Tool calling: {what}.",
        "source": "Berkeley Function Calling Leaderboard v4 (gorilla, UC Berkeley)",
        "package": f"{PACKAGE} {VERSION} (PyPI), wheel sha256 {SHA256}",
        "files": [f"bfcl_eval/data/BFCL_v4_{part}.json", f"bfcl_eval/data/possible_answer/BFCL_v4_{part}.json"],
        "licence": "Apache-2.0",
        "licence_stated": "package metadata (License: Apache 2.0) and the front matter of bfcl_eval/data/README.md",
        "retrieved": RETRIEVED,
        "language": "en",
        "changed": [
            "schema types dict, float, tuple became object, number, array; the type any was left out",
            "an argument whose key allows the empty value is listed under 'optional' and the empty value taken out",
        ],
        "columns": {
            "input": "the question",
            "target": "the right calls: name, allowed values of each argument, and which arguments may be left out",
            "metadata.tools": "the functions offered, with JSON schemas",
        },
    }
    licence = (
        "The data in this folder stem from the Berkeley Function Calling Leaderboard\n"
        "(gorilla, Sky Computing Lab, UC Berkeley; package bfcl-eval) and were changed as card.toml says.\n\n"
        "Licensed under the Apache License, Version 2.0; its text is the file LICENSE at the root of this repository.\n"
    )
    return Made(cases, card, licence, [*FAULTS[part], *BOTH])


def read_lines(archive: zipfile.ZipFile, path: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in archive.read(path).decode().split("\n") if line.strip()]


def _case(row: dict[str, Any], key: dict[str, Any]) -> dict[str, Any]:
    ((message,),) = row["question"]
    tools = [
        {"name": one["name"], "description": one["description"], "parameters": _schema(one["parameters"])}
        for one in row["function"]
    ]
    target = [_call(name, arguments) for call in key["ground_truth"] for name, arguments in call.items()]
    return {"id": row["id"], "input": message["content"], "target": target, "metadata": {"tools": tools}}


def _call(name: str, arguments: dict[str, list[Any]]) -> dict[str, Any]:
    allowed = {key: [value for value in values if value != ""] for key, values in arguments.items()}
    optional = [key for key, values in arguments.items() if "" in values]
    return {"name": name, "arguments": allowed, **({"optional": optional} if optional else {})}


def _schema(schema: Any) -> Any:
    """Upstream's Python-flavoured schema as JSON schema; ``properties`` holds names, not keywords."""
    if isinstance(schema, list):
        return [_schema(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    clean = {}
    for key, value in schema.items():
        if key == "properties":
            clean[key] = {name: _schema(one) for name, one in value.items()}
        elif key == "type" and isinstance(value, str):
            if value != "any":
                clean[key] = _TYPES.get(value, value)
        elif key != "optional":
            clean[key] = _schema(value) if key == "items" else value
    return clean
