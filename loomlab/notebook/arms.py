"""What ``--ab`` names: ways of thinking, and agents and functions of the notebook."""

import inspect
from collections.abc import Callable
from typing import Any

from loomlab.agent import Agent
from loomlab.architecture import resolve_architecture
from loomlab.architecture.resolve import ARCHITECTURES
from loomlab.core.errors import ConfigError
from loomlab.core.nearest import did_you_mean
from loomlab.notebook.names import Namespace, is_agent, names_of
from loomlab.notebook.notebook import Notebook
from loomlab.workflow import Workflow

MOST = 12


def is_arm(value: Any) -> bool:
    """Whether a variable of the notebook can answer cases: an agent, a workflow, a function written there."""
    return is_agent(value) or isinstance(value, Workflow) or inspect.isfunction(value)


def arm_names(space: Namespace) -> list[str]:
    """Everything that ``--ab`` may name."""
    return [*names_of(space, is_arm), *ARCHITECTURES]


def arms_of(notebook: Notebook, text: str, make: Callable[[str], Agent]) -> dict[str, Any]:
    """The arms in ``a,b,c``, by name; ``make`` builds the agent of a way of thinking. A variable goes first.

    Raises ConfigError for a name that is unknown, given twice, or one too many.
    """
    names = [name.strip() for name in text.split(",")]
    space, arms = notebook.space, {}
    for name in names:
        if not name:
            raise ConfigError(f"--ab {text!r} has a gap; write names with single commas between: --ab react,rewoo")
        if name in arms:
            raise ConfigError(f"--ab names {name!r} twice; each arm runs once")
        arms[name] = space[name] if is_arm(space.get(name)) else make(_way(name, space))
    if len(names) > MOST:
        raise ConfigError(f"--ab names {len(names)} arms; {MOST} can be compared in a cell")
    return arms


def _way(name: str, space: Namespace) -> str:
    try:
        return resolve_architecture(name).name
    except ConfigError as exc:
        if "use Team." in str(exc):
            raise
        raise ConfigError(
            f"there is no way of thinking, agent or function {name!r} for --ab: {did_you_mean(name, arm_names(space))}"
        ) from None
