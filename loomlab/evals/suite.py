"""A suite: one TOML file that says which dataset, which arms, which scorers.

[suite]
name = "quickstart"
dataset = "capitals"          # as in Dataset.load; a path is looked for beside this file first
scorers = ["includes"]        # or tables: [{ name = "numeric", tolerance = 0.01 }]
sample = 40                   # default: every case
seed = 7                      # draws the sample
epochs = 1
max_concurrency = 4
timeout = 60                  # seconds a case may take; default: no limit

[defaults]                    # what the arms share
model = "local"
instructions = "Answer with the name only."

[[arm]]
name = "self-refine"
architecture = "self-refine"
options = { max_rounds = 1 }  # of the architecture
max_tokens = 40               # a model call; also temperature, and max_turns
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from anyio import to_thread

from loomlab.agent import Agent
from loomlab.architecture import resolve_architecture
from loomlab.core.errors import ConfigError, LoomError
from loomlab.core.protocols import Model
from loomlab.evals.dataset import Dataset
from loomlab.evals.evaluation import Evaluation
from loomlab.evals.journal import EvaluationLog
from loomlab.evals.progress import Progress
from loomlab.evals.runner import evaluate
from loomlab.evals.sampled import sampled
from loomlab.evals.scorers import from_spec
from loomlab.model.resolve import resolve_model


@dataclass(frozen=True, slots=True)
class ArmSpec:
    """One ``[[arm]]``: an agent to be built. ``options`` are those of the architecture."""

    name: str
    model: str
    architecture: str = "react"
    instructions: str = "Answer the question."
    options: Mapping[str, Any] = field(default_factory=dict)
    temperature: float | None = None
    max_tokens: int | None = None
    max_turns: int = 50

    def build(self, model: Model) -> Agent:
        """The agent, on a model that may be shared with other arms."""
        settings = {"temperature": self.temperature, "max_tokens": self.max_tokens}
        chosen = {key: value for key, value in settings.items() if value is not None}
        return Agent(
            self.instructions,
            model=sampled(model, **chosen) if chosen else model,
            architecture=resolve_architecture(self.architecture, **self.options),
            max_turns=self.max_turns,
            name=self.name,
        )


@dataclass(frozen=True, slots=True)
class Suite:
    """A suite as it was read. ``path`` is the file it came from."""

    name: str
    dataset: str
    scorers: tuple[str | Mapping[str, Any], ...]
    arms: tuple[ArmSpec, ...]
    path: Path | None = None
    description: str = ""
    sample: int | None = None
    seed: int = 0
    epochs: int = 1
    max_concurrency: int = 10
    timeout: float | None = None

    def load_dataset(self) -> Dataset:
        """The dataset, cut to the sample. Raises ConfigError that says where it was looked for."""
        near = self.path.resolve().parent if self.path else None
        dataset = Dataset.load(self.dataset, near=near)
        return dataset if self.sample is None else dataset.sample(self.sample, self.seed)

    def build_arms(self) -> dict[str, Agent]:
        """The agents. Arms that name the same model share one, so that a local model is loaded once."""
        models: dict[str, Model] = {}
        agents = {}
        for arm in self.arms:
            try:
                if arm.model not in models:
                    models[arm.model] = resolve_model(arm.model)
                agents[arm.name] = arm.build(models[arm.model])
            except (LoomError, ImportError) as exc:
                where = f"{self.path}, arm {arm.name!r}" if self.path else f"arm {arm.name!r}"
                raise ConfigError(f"{where}: {exc}") from exc
        return agents

    def with_changes(self, *, model: str | None = None, **changes: Any) -> "Suite":
        """A copy with other settings; ``model`` goes to every arm. What is None stays."""
        given = {key: value for key, value in changes.items() if value is not None}
        arms = self.arms if model is None else tuple(replace(arm, model=model) for arm in self.arms)
        return replace(self, arms=arms, **given)

    async def run(
        self,
        *,
        run_log: EvaluationLog | None = None,
        on_progress: Callable[[Progress], None] | None = None,
    ) -> Evaluation:
        """Evaluate the arms on the dataset, as ``evaluate`` does."""
        judges = [from_spec(spec) for spec in self.scorers]
        dataset = await to_thread.run_sync(self.load_dataset)
        arms = await to_thread.run_sync(self.build_arms)
        return await evaluate(
            dataset,
            arms,
            scorers=judges,
            epochs=self.epochs,
            max_concurrency=self.max_concurrency,
            timeout=self.timeout,
            run_log=run_log,
            on_progress=on_progress,
            name=self.name,
        )
