"""A suite: one TOML file that says which datasets, which arms on which models, which scorers.

[suite]
name = "quickstart"
dataset = "capitals"          # as in Dataset.load; a path is looked for beside this file first
scorers = ["includes"]        # or tables: [{ name = "numeric", tolerance = 0.01 }]
sample = 40                   # default: every case
seed = 7                      # draws the sample, and the order where shuffle = true
epochs = 1
max_concurrency = 4
per_minute = 60               # model calls that may begin in a minute, over all arms
timeout = 60                  # seconds a case may take; default: no limit
cache = "replies.sqlite"      # replies of models, kept beside this file
resume = true                 # go on with the newest run of this suite that was cut off
expect = ["accuracy(react) >= 0.7 @95%"]

[budget]                      # the most a case may use, the same for every arm: calls, tokens, cost_usd, seconds
calls = 8

[sequential]                  # two arms: stop as soon as it is decided
margin = 0.05

[defaults]                    # what the arms share
model = "local"
instructions = "Answer with the name only."

[[dataset]]                   # several datasets, each an evaluation; instead of dataset = … above
dataset = "arithmetic"
scorers = ["numeric"]
where = { level = 1 }         # metadata of the cases to keep

[[model]]                     # several models: every arm on each, as self-refine/greedy
name = "greedy"
model = "local"
temperature = 0

[[arm]]
name = "self-refine"
architecture = "self-refine"
options = { max_rounds = 1 }  # of the architecture
max_tokens = 40               # a model call; also temperature, and max_turns

[[arm]]
name = "debate"
architecture = "debate"       # a team
workers = { first = {}, second = { instructions = "Be brief." }, judge = {} }

[[compare]]                   # decision cards
a = "react"
b = "*"
margin = 0.05
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import anyio
from anyio import to_thread

from loomlab.agent import Agent
from loomlab.core.errors import ConfigError, LoomError
from loomlab.core.protocols import Model
from loomlab.evals.arm_spec import ArmSpec, DataSpec, PairSpec
from loomlab.evals.case_budget import CaseBudget
from loomlab.evals.controls import Controls
from loomlab.evals.dataset import Dataset
from loomlab.evals.evaluation import Evaluation
from loomlab.evals.expectation import Expectation
from loomlab.evals.journal import EvaluationLog
from loomlab.evals.pairs import pairs_of
from loomlab.evals.progress import Progress
from loomlab.evals.resume import IfSame
from loomlab.evals.runner import evaluate
from loomlab.evals.scorers import Scorer, from_spec, scorer_name
from loomlab.evals.sequential import Sequential
from loomlab.model.resolve import resolve_model

__all__ = ["ArmSpec", "Suite"]


@dataclass(frozen=True, slots=True)
class Suite:
    """A suite as it was read. ``path`` is the file it came from; ``datasets`` are those of its ``[[dataset]]`` tables.

    A suite with several datasets is several evaluations: ``parts`` has one suite for each.
    """

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
    per_minute: float | None = None
    cache: str | None = None
    resume: bool = False
    shuffle: bool = False
    expect: tuple[str, ...] = ()
    where: Mapping[str, Any] = field(default_factory=dict)
    datasets: tuple[DataSpec, ...] = ()
    budget: Mapping[str, float] | None = None
    sequential: Mapping[str, Any] | None = None
    pairs: tuple[PairSpec, ...] = ()
    label: str | None = None

    @property
    def parts(self) -> tuple["Suite", ...]:
        """One suite a dataset; their names tell the dataset too."""
        return tuple(self._part(one) for one in self.datasets) if self.datasets else (self,)

    def _part(self, data: DataSpec) -> "Suite":
        arms = self.arms
        if data.instructions is not None:
            arms = tuple(replace(arm, instructions=data.instructions) for arm in arms)
        return replace(
            self,
            name=f"{self.name}: {data.name or Path(data.dataset).stem}",
            label=data.name,
            dataset=data.dataset,
            scorers=data.scorers or self.scorers,
            sample=data.sample or self.sample,
            where={**self.where, **data.where},
            expect=(*self.expect, *data.expect),
            arms=arms,
            datasets=(),
        )

    @property
    def dataset_name(self) -> str:
        """The dataset's name without folder and ending."""
        return self.label or Path(self.dataset).stem

    @property
    def compared(self) -> tuple[PairSpec, ...]:
        """The pairs of arms to compare, by their full names."""
        return pairs_of(self.pairs, self.arms)

    def check_expectations(self) -> tuple[Expectation, ...]:
        """What the evaluation is expected to show. Raises ConfigError for a line that can't be held against it."""
        found = []
        names = [scorer_name(from_spec(spec)) for spec in self.scorers]
        for line in self.expect:
            try:
                expectation = Expectation.parse(line)
                expectation.require_known([arm.name for arm in self.arms], names, self.epochs)
            except ConfigError as exc:
                raise ConfigError(f"{self.path or self.name}, expect: {exc}") from exc
            found.append(expectation)
        return tuple(found)

    def load_dataset(self) -> Dataset:
        """The dataset, cut to the sample. Raises ConfigError that says where it was looked for."""
        near = self.path.resolve().parent if self.path else None
        dataset = Dataset.load(self.dataset, near=near)
        if self.where:
            wanted = self.where.items()
            dataset = dataset.filter(lambda case: all(case.metadata.get(key) == value for key, value in wanted))
            if not len(dataset):
                raise ConfigError(f"{self.path or self.name}: no case of {self.dataset!r} has {dict(self.where)}")
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
        datasets = self.datasets
        if "sample" in given:
            datasets = tuple(replace(one, sample=given["sample"]) for one in datasets)
        return replace(self, arms=arms, datasets=datasets, **given)

    async def run(
        self,
        *,
        run_log: EvaluationLog | None = None,
        on_progress: Callable[[Progress], None] | None = None,
        resume: bool | str | IfSame | None = None,
        controls: Controls | None = None,
    ) -> Evaluation:
        """Evaluate the arms on the one dataset, as ``evaluate`` does. ``resume`` None is as the suite says."""
        if self.datasets:
            raise ConfigError(f"{self.path or self.name} has {len(self.datasets)} datasets: run each of its parts")
        judges = [from_spec(spec) for spec in self.scorers]
        dataset = await to_thread.run_sync(self.load_dataset)
        arms = await to_thread.run_sync(self.build_arms)
        try:
            return await self._evaluate(dataset, arms, judges, run_log, on_progress, resume, controls)
        finally:
            await _close({id(agent.model): agent.model for agent in arms.values()}.values())

    async def _evaluate(
        self,
        dataset: Dataset,
        arms: Mapping[str, Agent],
        judges: Sequence[Scorer],
        run_log: EvaluationLog | None,
        on_progress: Callable[[Progress], None] | None,
        resume: bool | str | IfSame | None,
        controls: Controls | None,
    ) -> Evaluation:
        return await evaluate(
            dataset,
            arms,
            scorers=judges,
            epochs=self.epochs,
            max_concurrency=self.max_concurrency,
            timeout=self.timeout,
            seed=self.seed if self.shuffle or self.sequential is not None else None,
            run_log=run_log,
            on_progress=on_progress,
            name=self.name,
            until=None if self.sequential is None else Sequential(**self.sequential),
            budget=None if self.budget is None else CaseBudget(**self.budget),  # type: ignore[arg-type]  # the file was checked
            cache=self._cache(),
            per_minute=self.per_minute,
            resume=self.resume if resume is None else resume,
            controls=controls,
        )

    def _cache(self) -> Path | None:
        if self.cache is None:
            return None
        path = Path(self.cache).expanduser()
        return path if path.is_absolute() or self.path is None else self.path.resolve().parent / path


async def _close(models: Iterable[Any]) -> None:
    """Let go of connections; arms that share a model close it twice, which does no harm."""
    with anyio.CancelScope(shield=True):
        for model in models:
            close = getattr(model, "aclose", None)
            if callable(close):
                await close()
