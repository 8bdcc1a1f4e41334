"""Which scorer a dataset wants, where nobody named one."""

from collections.abc import Mapping
from typing import Any

from loomlab.core.errors import ConfigError
from loomlab.evals.dataset import Dataset


def default_scorer(dataset: Dataset) -> str:
    """The name of the scorer for ``dataset``: what its card says, else what its cases call for.

    Cases that name scorers want ``by_case``, cases with a world ``end_state``, targets that are calls ``tool_calls``,
    numbers ``numeric``, other data ``json_match``, texts ``includes``. Raises ConfigError where no case has a target.
    """
    named = dataset.card.fields.get("scorer") if dataset.card is not None else None
    if isinstance(named, str):
        return named
    cases = [case for case in dataset if case.target is not None]
    if any("scorer" in case.metadata for case in dataset):
        return "by_case"
    if any("world" in case.metadata for case in dataset):
        return "end_state"
    if not cases:
        raise ConfigError(f"no case of {dataset.name!r} has a target; name a scorer that needs none, as model_judge")
    targets = [case.target for case in cases]
    if all(_are_calls(target) for target in targets):
        return "tool_calls"
    if all(isinstance(target, (int, float)) and not isinstance(target, bool) for target in targets):
        return "numeric"
    return "includes" if all(_are_texts(target) for target in targets) else "json_match"


def _are_calls(target: Any) -> bool:
    calls = target if isinstance(target, (list, tuple)) else ()
    return bool(calls) and all(isinstance(one, Mapping) and {"name", "arguments"} <= set(one) for one in calls)


def _are_texts(target: Any) -> bool:
    texts = target if isinstance(target, (list, tuple)) else (target,)
    return all(isinstance(one, str) for one in texts)
