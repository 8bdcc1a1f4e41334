"""Wrong arguments in words: one readable sentence for each, so that the model can correct itself."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from loomlab.core.nearest import did_you_mean

_SHOWN = 80


def unknown_arguments(extra: Iterable[str], names: Collection[str]) -> list[str]:
    """A sentence for each argument that the tool does not have, with the nearest of those it has."""
    return [
        f"there is no argument {name!r}: {did_you_mean(name, names) if names else 'the tool takes none'}"
        for name in sorted(extra)
    ]


def describe_problems(problem: ValidationError, given: Mapping[str, Any]) -> list[str]:
    """One sentence for each thing that is wrong with ``given``."""
    told: dict[str, list[str]] = {}
    for error in problem.errors(include_url=False, include_context=False):
        path = _path(error["loc"], given)
        if error["type"] == "missing":
            told.setdefault(f"argument {path!r} is missing", [])
        else:
            message = error["msg"].removeprefix("Input ").removeprefix("Value error, ")
            reasons = told.setdefault(f"argument {path!r} {{}}, not {_shown(error['input'])}", [])
            if message not in reasons:
                reasons.append(message)
    return [head.replace("{}", " or ".join(reasons), 1) if reasons else head for head, reasons in told.items()]


def _path(loc: Sequence[int | str], given: Any) -> str:
    """``items[2].price``: the steps that lead through the data, without the names of union members between them."""
    path, here = "", given
    for depth, step in enumerate(loc):
        if isinstance(step, int) and isinstance(here, (list, tuple)) and step < len(here):
            path, here = f"{path}[{step}]", here[step]
        elif isinstance(step, str) and isinstance(here, Mapping) and (step in here or depth == len(loc) - 1):
            path, here = (f"{path}.{step}" if path else step), here.get(step)
        elif not path:
            path, here = str(step), None
    return path


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
