"""A row of any source as a case: which column means what, and an id for those that have none."""

import json
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from typing import Any

from loomlab.core.errors import ConfigError
from loomlab.core.ids import deterministic_hash
from loomlab.core.nearest import did_you_mean
from loomlab.evals.case import Case

FIELDS = ("id", "input", "target", "cluster", "metadata")

RowReader = Callable[[Mapping[str, Any], str], Case]


def row_reader(columns: Mapping[str, str]) -> RowReader:
    """A function (row, where) -> Case that also guards against the same id twice and names both places."""
    for ours in columns:
        if ours not in FIELDS:
            raise ConfigError(f"columns= maps {ours!r}, which no case has; {did_you_mean(ours, FIELDS)}")
    theirs = {ours: columns.get(ours, ours) for ours in FIELDS}
    places: dict[str, str] = {}

    def read(row: Mapping[str, Any], where: str) -> Case:
        case = _case(row, theirs, where)
        if case.id in places:
            same = "has the same content as" if theirs["id"] not in row else f"has the id {case.id!r} of"
            raise ConfigError(f"{where} {same} {places[case.id]}; ids must be unique")
        places[case.id] = where
        return case

    return read


def _case(row: Mapping[str, Any], theirs: Mapping[str, str], where: str) -> Case:
    names = set(theirs.values())
    if theirs["input"] not in row:
        near = get_close_matches(theirs["input"], list(row), n=1, cutoff=0.6)
        hint = f"did you mean {near[0]!r}?" if near else f"it has {', '.join(map(repr, row)) or 'nothing'}"
        raise ConfigError(f"{where}: there is no {theirs['input']!r}; {hint} (columns= can map other names)")
    extra = {key: value for key, value in row.items() if key not in names}
    for key in extra:
        near = get_close_matches(key, [name for name in names if name not in row], n=1, cutoff=0.8)
        if near:
            raise ConfigError(f"{where}: {key!r} looks like a slip for {near[0]!r}; rename it")
    metadata = {**extra, **_mapping(row.get(theirs["metadata"]), where)}
    target, cluster = row.get(theirs["target"]), row.get(theirs["cluster"])
    given = row.get(theirs["id"])
    if given is None:
        content = deterministic_hash(row[theirs["input"]], target, cluster, metadata)
        return Case(f"case-{content[:12]}", row[theirs["input"]], target, _label(cluster, "cluster", where), metadata)
    return Case(
        str(_label(given, "id", where)), row[theirs["input"]], target, _label(cluster, "cluster", where), metadata
    )


def _label(value: Any, what: str, where: str) -> str | None:
    if value is None or (isinstance(value, str) and value):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise ConfigError(f"{where}: the {what} is {value!r}; it must be a text that is not empty, or a whole number")


def _mapping(value: Any, where: str) -> Mapping[str, Any]:
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            raise ConfigError(f"{where}: metadata is not a JSON object") from None
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise ConfigError(f"{where}: metadata is {type(value).__name__}, not an object")
    return value
