"""What a suite file says of an arm, of a model and of a dataset."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from loomlab.agent import Agent
from loomlab.architecture import resolve_architecture
from loomlab.core.errors import ConfigError
from loomlab.core.protocols import Model
from loomlab.evals.case_tools import CaseTools
from loomlab.evals.sampled import sampled
from loomlab.evals.teams import WITHOUT_TOOLS, build_team, is_team

SEPARATOR = "/"
"""Between the name of an arm and the name of its model, where a suite has several models."""


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """One ``[[model]]``: each arm runs on it. Sampling given here goes over what the arm says."""

    name: str
    model: str
    temperature: float | None = None
    max_tokens: int | None = None


@dataclass(frozen=True, slots=True)
class DataSpec:
    """One ``[[dataset]]``: an evaluation of its own. What is None is as ``[suite]`` says.

    ``where`` keeps the cases whose metadata has these values; ``instructions`` are those of the arms on this dataset.
    """

    dataset: str
    name: str | None = None
    scorers: tuple[str | Mapping[str, Any], ...] | None = None
    sample: int | None = None
    where: Mapping[str, Any] = field(default_factory=dict)
    instructions: str | None = None
    expect: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PairSpec:
    """One ``[[compare]]``: arms to compare. ``b = "*"`` is every other arm; a name without a model means each model."""

    a: str
    b: str
    margin: float | None = None
    scorer: str | None = None


@dataclass(frozen=True, slots=True)
class ArmSpec:
    """One ``[[arm]]``: an agent to be built.

    ``options`` are those of the architecture, ``workers`` the members of a team: for each its ``instructions``, a
    ``description`` and whether it gets the ``tools`` of a case. ``models`` names the ``[[model]]``s it runs on, all
    of them by default; ``base`` is its name without the model's.
    """

    name: str
    model: str
    architecture: str = "react"
    instructions: str = "Answer the question."
    options: Mapping[str, Any] = field(default_factory=dict)
    temperature: float | None = None
    max_tokens: int | None = None
    max_turns: int = 50
    workers: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    models: tuple[str, ...] = ()
    base: str = ""

    def build(self, model: Model) -> Agent:
        """The agent, on a model that may be shared with other arms."""
        settings = {"temperature": self.temperature, "max_tokens": self.max_tokens}
        chosen = {key: value for key, value in settings.items() if value is not None}
        asked = sampled(model, **chosen) if chosen else model
        return Agent(
            self.instructions,
            model=asked,
            architecture=self._architecture(asked),
            max_turns=self.max_turns,
            name=self.name,
        )

    def _architecture(self, model: Model) -> Any:
        if not is_team(self.architecture):
            if self.workers:
                raise ConfigError(f"architecture {self.architecture!r} has no workers; take [arm.workers] out")
            return resolve_architecture(self.architecture, **self.options)
        if not self.workers:
            raise ConfigError(f"architecture {self.architecture!r} is a team: it needs a table [arm.workers]")
        members = {
            name: Agent(
                given.get("instructions", self.instructions),
                model=model,
                tools=CaseTools() if given.get("tools", name not in WITHOUT_TOOLS) else None,
                max_turns=self.max_turns,
                name=name,
            )
            for name, given in self.workers.items()
        }
        described = {name: str(given.get("description", "")) for name, given in self.workers.items()}
        return build_team(self.architecture, members, described, self.options)
